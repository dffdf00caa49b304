import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.hotlist.conftest import Command
from tests.hotlist.feed_texts import clew_line, clew_text, csv_text
from tests.staff import FOR_STOLEN, Staff

PLATE = "4XYZ123"
PROGRAM = [sys.executable, "-c", "from alpr_edge.cli import main; main()", "hotlist"]


def pacific(hours_ago: float) -> str:
    """A CLEW header's date of so many hours ago."""
    moment = datetime.now(UTC) - timedelta(hours=hours_ago)
    return moment.astimezone(ZoneInfo("America/Los_Angeles")).strftime("%m/%d/%Y %H:%M")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "svs.tbl"
    path.write_bytes(clew_text(clew_line(PLATE), clew_line("5SOW750"), date=pacific(hours_ago=2)))
    return path


@pytest.fixture
def bolo(tmp_path: Path) -> Path:
    path = tmp_path / "bolo.csv"
    path.write_bytes(csv_text('4XYZ123,Wanted person,NV,"TOYT, ""blue"""', header="Plate,Reason,State,Remarks"))
    return path


def run_import(command: Command, path: Path, source: str = "clew-svs", layout: str = "clew", *more: str) -> Result:
    return command("import", path, "--source", source, "--format", layout, *more)


def as_json(result: Result) -> Any:  # noqa: ANN401 - whatever the command prints
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def json_lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_import_reports_the_permission_and_edited_entries(command: Command, settings: Path, bolo: Path) -> None:
    """The permission is that of the settings, which also decides what is shown (policy 462.4(e))."""
    words = run_import(command, bolo, "bolo", "generic-csv").stdout
    assert "Users need the permission for federal data to see its hits.\n" in words
    assert "If it is department data, add to the settings and restart the unit:\n  [[hotlist.source]]\n" in words
    bolo.write_bytes(csv_text("4XYZ123,BOLO,NV,blue Toyota", header="Plate,Reason,State,Vehicle"))
    text, table = settings.read_text(encoding="utf-8"), '[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\n'
    for more, permission in (("", "department"), ('permission = "state"\n', "state")):
        settings.write_text(f"{text}{table}{more}", encoding="utf-8")
        words = command("import", bolo, "--source", "bolo", "--dry-run").stdout
        assert words.splitlines()[-1] == f"Users need the permission for {permission} data to see its hits."
        assert "1 entry kept: 0 added, 0 removed, 1 changed\n" in words
        report = as_json(command("import", bolo, "--source", "bolo", "--dry-run", "--json"))
        assert (report["permission"], report["changed"], report["unread_columns"]) == (permission, 1, [])


def test_an_import_reports_in_words(command: Command, table: Path) -> None:
    result = run_import(command, table)
    assert result.exit_code == 0
    assert "clew-svs: generation 1 is live, issued " in result.stdout
    assert "2 lines read, 2 entries kept: 2 added, 0 removed, 0 changed" in result.stdout


def test_an_import_reports_in_json(command: Command, table: Path) -> None:
    report = as_json(run_import(command, table, "clew-svs", "clew", "--json"))
    assert (report["generation"], report["kept"], report["rejected_lines"]) == (1, 2, [])
    assert report["issued"].endswith(":00.000Z")


def test_what_was_left_out_is_said_without_a_plate(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bolo.csv"
    rows = [f"4XYZ{number:03d},Stolen,CA" for number in range(2000)]
    rows += ["SECRET1,Immigration Violator,CA", "NONE,Stolen,CA", *["SECRET#,Stolen,CA"] * 30]
    path.write_bytes(csv_text(*rows))
    result = run_import(command, path, "bolo", "generic-csv")
    assert "1 excluded: this source's settings do not allow their reason" in result.stdout
    assert "0 duplicates, 1 without a real plate, 30 rejected" in result.stdout
    assert "line 2004, column Plate Number: a plate with wildcards" in result.stdout
    assert "and more" in result.stdout
    assert "SECRET" not in result.output


def test_what_was_not_understood_is_told_at_once_and_by_the_status(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bolo.csv"
    rows = [f"4XYZ{number:03d},Stolen,CA,x" for number in range(100)]
    rows += ["4XYZ500,Carjacking,CA,x", "SECRET1,Immigration,CA,x", "NONE,Stolen,CA,x", "SECRET#,Stolen,CA,x"]
    path.write_bytes(csv_text(*rows, header="Plate,Reason,State,Hold For"))
    words = [
        '1 line with an unknown reason, for example "Carjacking"; treated as "other"; map them with `codes` of the',
        "ignored column: Hold For",
    ]
    told = run_import(command, path, "bolo", "generic-csv").stdout
    assert [line in told for line in words] == [True, True]
    status = command("status").stdout
    assert "list bolo: last feed: 104 lines read: 1 rejected, 1 without a real plate, 1 excluded by" in status
    assert [f"list bolo: last feed: {line}" in status for line in words] == [True, True]
    assert "SECRET" not in told + status
    (row,) = as_json(command("status", "--json"))["lists"]
    counts = {"read": 104, "kept": 101, "rejected": 1, "skipped_junk": 1, "withheld": 1, "unmatched_removals": 0}
    names = {"unknown_reasons": 1, "unknown_wordings": ["Carjacking"], "unread_columns": ["Hold For"], "notices": []}
    assert row["last_feed"] | {"at": None} == {"at": None, **counts, **names}


def test_what_is_odd_in_a_feed_is_told_at_once_and_by_the_status(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bolo.csv"
    path.write_bytes(csv_text('4XYZ123,"19 in,CA', '4XYZ124,rims 19",CA', '4XYZ125,"two', 'lines",CA', "I,Stolen,CA"))
    notices = [
        "1 over several lines: records with a line end in a quoted cell",
        "1 behind a quote that is not closed on its line: lines read as records of their own",
        "1 with a plate of one character: entries that cannot be matched, as no read is so short",
    ]
    told = run_import(command, path, "bolo", "generic-csv").stdout
    assert [line in told.splitlines() for line in notices] == [True] * 3
    status = command("status").stdout.splitlines()
    assert [f"list bolo: last feed: {line}" in status for line in notices] == [True] * 3
    (row,) = as_json(command("status", "--json"))["lists"]
    assert row["last_feed"]["notices"] == notices


def test_a_refused_feeds_lines_are_exported_without_their_text(command: Command, table: Path, tmp_path: Path) -> None:
    table.write_bytes(clew_text(clew_line("SECRET1"), "SECRET2X", clew_line("SECRET%"), date=pacific(hours_ago=2)))
    assert "2 of 3 lines were rejected" in run_import(command, table).stderr
    result = command("export", "--rejected", "--source", "clew-svs")
    assert result.stdout.splitlines()[0] == "line,lines,column,reason"
    assert [row.split(",")[:3] for row in result.stdout.splitlines()[1:]] == [["3", "1", "9-10"], ["4", "1", "1-8"]]
    assert "the feed was refused: 2 of 3" in result.stderr
    assert "SECRET" not in result.output
    output = tmp_path / "rejected.csv"
    command("export", "--rejected", "--source", "clew-svs", "--output", output)
    assert output.read_text() == result.stdout
    report = json.loads(command("export", "--rejected", "--source", "clew-svs", "--json").stdout)
    assert [line["line"] for line in report["lines"]] == [3, 4]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--source", "clew-svs"], "choose what to export: --rejected"),
        (["--source", "none", "--rejected"], "no feed of a list none"),
        (["--source", "clew-svs", "--rejected", "--output", "/nowhere/x.csv"], "cannot be written"),
    ],
)
def test_an_export_that_cannot_be_is_one_line(command: Command, table: Path, arguments: list[str], fault: str) -> None:
    run_import(command, table)
    result = command("export", *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert fault in result.stderr


def test_a_source_of_the_settings_needs_no_format(command: Command, settings: Path, bolo: Path) -> None:
    assert "with --format" in command("import", bolo, "--source", "bolo").stderr
    source_table = '[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nreasons = ["stolen_vehicle"]\n'
    settings.write_text(settings.read_text(encoding="utf-8") + source_table, encoding="utf-8")
    assert "the feed holds no entry" in command("import", bolo, "--source", "bolo").stderr


def test_a_dry_run_shows_what_would_change(command: Command, table: Path) -> None:
    run_import(command, table)
    table.write_bytes(
        clew_text(clew_line(PLATE, loss_date="20200101"), clew_line("4NEW123"), date=pacific(hours_ago=1))
    )
    result = run_import(command, table, "clew-svs", "clew", "--dry-run")
    assert "dry run, nothing went live" in result.stdout
    assert "1 added, 1 removed, 1 changed" in result.stdout
    assert json_lines(command("match", "4NEW123", "--json")) == []


def test_a_dry_run_leaves_no_list(command: Command, table: Path) -> None:
    assert "dry run, nothing went live" in run_import(command, table, "clew-svs", "clew", "--dry-run").stdout
    assert "matches no plate" in command("status").stdout


def test_a_refusal_is_one_line_and_the_old_generation_stays(command: Command, table: Path) -> None:
    run_import(command, table)
    table.write_bytes(clew_text(clew_line("5ABC111"), date=pacific(hours_ago=30)))
    result = run_import(command, table)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "refused, the list in use stays" in result.stderr
    assert json_lines(command("match", PLATE, "--json"))[0]["generation"] == 1


def test_an_import_of_a_table_of_unknown_kind_wants_a_reason(command: Command, table: Path) -> None:
    path = table.rename(table.with_name("table.txt"))
    assert "--reason" in run_import(command, path).stderr
    run_import(command, path, "clew-svs", "clew", "--reason", "stolen_plate")
    assert json_lines(command("match", PLATE, "--json"))[0]["reason"] == "stolen_plate"


def test_status_tells_age_and_level_of_each_source(command: Command, table: Path, tmp_path: Path, bolo: Path) -> None:
    run_import(command, table)
    run_import(command, bolo, "bolo", "generic-csv")
    old = tmp_path / "slr.tbl"
    for name, hours_ago in (("amber", 14.0), ("red", 25.0)):
        old.write_bytes(clew_text(clew_line("5ABC111"), date=pacific(hours_ago)))
        run_import(command, old, name)
    rows = {row["source"]: row for row in as_json(command("status", "--json"))["lists"]}
    levels = {source: row["level"] for source, row in rows.items()}
    assert levels == {"clew-svs": "fresh", "bolo": "fresh", "amber": "amber", "red": "red"}
    assert rows["clew-svs"]["entries"] == 2
    assert 7200 <= rows["clew-svs"]["age_s"] < 7800
    assert rows["bolo"]["issued"] is None
    words = command("status").stdout
    assert "clew-svs" in words
    assert "25.0 h" in words
    assert "not dated" in words


def test_match_tells_same_other_and_unknown_state_apart(command: Command, table: Path, bolo: Path) -> None:
    run_import(command, table)
    run_import(command, bolo, "bolo", "generic-csv")
    for state, state_matches in (
        (["--state", "nv"], {"bolo": "same", "clew-svs": "other"}),
        ([], {"bolo": "unknown", "clew-svs": "unknown"}),
    ):
        rows = json_lines(command("match", "4xyz-123", *state, "--json"))
        assert {row["source"]: row["state_match"] for row in rows} == state_matches
    words = command("match", PLATE, "--state", "CA").stdout
    assert "exact match, same state: 4XYZ123 CA: stolen vehicle" in words
    assert "exact match, OTHER STATE: 4XYZ123 NV: wanted person" in words
    assert 'TOYT, "blue"' in words
    assert "sounds in the tone 'high', meaning: stolen vehicle; verify through CLETS" in words
    assert "the unit says" not in words


def test_a_misread_of_one_character_is_no_match(command: Command, table: Path) -> None:
    """Green v. San Francisco, 751 F.3d 1039."""
    run_import(command, table)
    assert json_lines(command("match", "5SOW350", "--json")) == []
    assert "No entry in 1 list (2 entries)" in command("match", "5SOW350").stdout
    assert len(json_lines(command("match", "5S0W750", "--json"))) == 1


def test_no_plate_at_all_is_refused(command: Command, table: Path) -> None:
    run_import(command, table)
    result = command("match", "...")
    assert (result.exit_code, result.stderr) == (1, "alpr-edge: that is no plate: it holds no letter or digit\n")


def test_a_list_that_does_not_open_is_said_and_fails(command: Command, table: Path, bolo: Path, tmp_path: Path) -> None:
    run_import(command, table)
    run_import(command, bolo, "bolo", "generic-csv")
    for path in (tmp_path / "data" / "hotlists").glob("clew-svs.*"):
        path.write_bytes(b"damaged")
    for arguments in (["status"], ["status", "--json"], ["match", "9ZZZ999"]):
        result = command(*arguments)
        assert result.exit_code == 1
        assert "list clew-svs is not in use" in result.stderr
    assert json.loads(command("status", "--json").stdout)["faults"][0]["source"] == "clew-svs"


def test_before_the_first_import_there_is_one_line(settings: Path) -> None:
    result = CliRunner().invoke(app, ["hotlist", "status", "--settings", str(settings)])
    assert result.exit_code == 3
    assert "no data folder there" in result.stderr


def test_missing_settings_and_keys_are_one_line(command: Command, settings: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "keys" / "lists.key").unlink()
    assert "no such key" in run_import(command, table).stderr
    settings.unlink()
    assert command("status").exit_code == 2


def test_as_a_program(settings: Path, table: Path, signed_in: Staff) -> None:
    def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        command = [*PROGRAM, *arguments, "--settings", str(settings)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)

    done = run("import", str(table), "--source", "clew-svs", "--format", "clew", "--json")
    assert (done.returncode, done.stderr, json.loads(done.stdout)["kept"]) == (0, "", 2)
    lookup = run("match", "--state", "CA", "--json", *FOR_STOLEN, stdin=PLATE)
    assert json.loads(lookup.stdout)["state_match"] == "same"
    table.write_bytes(table.read_bytes()[:-10])
    refusal = run("import", str(table), "--source", "clew-svs", "--format", "clew")
    assert (refusal.returncode, refusal.stdout, refusal.stderr.count("\n")) == (1, "", 1)
    assert "Traceback" not in refusal.stderr


def test_a_long_import_shows_a_bar_on_a_terminal(settings: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(csv_text(*(f"{number:06d}A,Stolen,CA" for number in range(55_001))))
    arguments = ["import", str(path), "--source", "long", "--format", "generic-csv", "--settings", str(settings)]
    ours, theirs = pty.openpty()
    done = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    screen = b""
    with contextlib.suppress(OSError):  # how a terminal ends when its last program does
        while part := os.read(ours, 4096):
            screen += part
    os.close(ours)
    output, _ = done.communicate(timeout=120)
    assert done.returncode == 0
    assert "55,001 entries kept" in output
    assert re.search(rb"5\d,\d{3} entries", screen)
