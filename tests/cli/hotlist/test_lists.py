"""``alpr-edge hotlist drop``, ``dismiss``, ``changes``, and what ``match`` and ``status`` say that is not in force."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.hotlist.conftest import Command
from tests.hotlist.feed_texts import csv_text

PLATE = "4XYZ123"
HEADER = "Plate,Reason,State"
GOOD = csv_text(f"{PLATE},Stolen Vehicle,CA", "5SOW750,Stolen Vehicle,CA", header=HEADER)
BAD = csv_text(f"{PLATE},Stolen Vehicle,CA", "SECRET#,Stolen Vehicle,CA", header=HEADER)
WHY = ("--reason", "major_crime", "--case", "26-000417", "--expires", "3h")


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "bolo.csv"
    path.write_bytes(GOOD)
    return path


def import_by_hand(command: Command, feed: Path, *arguments: str) -> Result:
    return command("import", feed, "--source", "bolo", "--format", "generic-csv", *arguments)


def lines_of(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def add_source(settings: Path, name: str, folder: str) -> None:
    table = f'[[hotlist.source]]\nname = "{name}"\nformat = "generic-csv"\nfolder = "{folder}"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + table, encoding="utf-8")


def test_nobody_at_the_terminal_agrees_to_a_drop(command: Command, feed: Path) -> None:
    import_by_hand(command, feed)
    result = command("drop", "bolo")
    assert result.exit_code == 1
    assert "pass --yes to agree in advance" in result.stderr
    assert len(lines_of(command("match", PLATE, "--json"))) == 1


def test_a_list_is_dropped_after_a_question(command: Command, settings: Path, feed: Path) -> None:
    import_by_hand(command, feed)
    arguments = ["hotlist", "drop", "bolo", "--settings", str(settings)]
    refusal = CliRunner().invoke(app, arguments, input="n\n")
    assert refusal.exit_code == 1
    assert "nothing was changed; answer y, or pass --yes" in refusal.stderr
    assert len(lines_of(command("match", PLATE, "--json"))) == 1
    answer = CliRunner().invoke(app, arguments, input="y\n")
    assert answer.exit_code == 0
    assert "bolo: removed, 1 generation with 2 live entries" in answer.stdout
    assert lines_of(command("match", PLATE, "--json")) == []
    assert "no list is called bolo" in command("drop", "bolo", "--yes").stderr


def test_a_dropped_list_of_the_settings_comes_back_with_the_next_sync(
    command: Command, settings: Path, feed: Path
) -> None:
    (settings.parent / "in").mkdir()
    feed.rename(settings.parent / "in" / "bolo.csv")
    add_source(settings, "bolo", "in")
    assert command("sync").exit_code == 0
    assert "its next feed brings it back" in command("drop", "bolo", "--yes").stdout
    assert "list bolo: nothing imported yet" in command("status").stdout
    assert lines_of(command("sync", "--json"))[0]["imported"] == [{"generation": 1, "entries": 2}]


def test_a_refused_feed_is_dismissed(command: Command, settings: Path) -> None:
    folder = settings.parent / "in"
    folder.mkdir()
    (folder / "bolo.csv").write_bytes(BAD)
    add_source(settings, "bolo", "in")
    assert command("sync").exit_code == 1
    assert "list bolo: last feed refused: bolo: " not in command("status").stdout
    assert "list bolo: last feed refused: 1 of 2 lines" in command("status").stdout
    assert "bolo: dismissed: 1 of 2 lines" in command("dismiss", "bolo").stdout
    words = command("status").stdout
    assert "list bolo: last feed refused, and the refusal dismissed: 1 of 2 lines" in words
    assert json.loads(command("status", "--json").stdout)["not_held"][0]["last_feed_refused"] == ""
    result = command("dismiss", "bolo")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "no feed of a list bolo stands refused" in result.stderr
    assert [(line["action"], line["not_done"]) for line in lines_of(command("changes", "--json"))] == [
        ("sync_list", False),
        ("dismiss_refusal", False),
        ("dismiss_refusal", True),
    ]


def test_who_changed_lists_is_shown(command: Command, feed: Path) -> None:
    import_by_hand(command, feed)
    import_by_hand(command, feed)
    assert command("rollback", "bolo").exit_code == 0
    assert command("drop", "bolo", "--yes").exit_code == 0
    actions = [line["action"] for line in lines_of(command("changes", "--json"))]
    assert actions == ["import_list", "import_list", "roll_back_list", "drop_list"]
    words = command("changes").stdout
    assert "drop list, purpose maintenance, source bolo" in words
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ ", line) for line in words.splitlines()), words
    assert "accept" not in words, "options that nobody gave"
    assert PLATE not in words


def test_covert_entries_are_found_only_where_they_are_asked_for(command: Command, feed: Path) -> None:
    import_by_hand(command, feed)
    assert command("add", "9ZZZ999", *WHY, "--covert").exit_code == 0
    assert lines_of(command("match", "9ZZZ999", "--json")) == []
    (line,) = lines_of(command("match", "9ZZZ999", "--covert", "--json"))
    assert line["covert"]
    assert "covert: the car stays silent" in command("match", "9ZZZ999", "--covert").stdout


def test_an_entry_that_is_not_in_force_is_no_miss(command: Command, feed: Path) -> None:
    import_by_hand(command, feed)
    now = datetime.now(UTC)
    other_day = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")[(now.weekday() + 3) % 7]
    hours = f"{other_day} 10:00-11:00"
    assert command("add", "9ZZZ999", *WHY, "--hours", hours, "--area", "37.639,-120.997,500").exit_code == 0
    words = command("match", "9ZZZ999").stdout
    assert f"not in force now: its hours are {other_day}-{other_day} 10:00-11:00" in words
    assert "in force only within 500 m of 37.63900 -120.99700" in words
    assert "No entry" not in words
    (line,) = lines_of(command("match", "9ZZZ999", "--json"))
    assert (line["in_force"], line["not_in_force"]) == (False, "out_of_hours")
    assert line["area"].startswith("37.639,")


def test_a_list_dated_ahead_is_called_so(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "ahead.csv"
    ahead = datetime.now(UTC) + timedelta(hours=6, minutes=1)
    path.write_bytes(f"DATE{ahead:%Y-%m-%dT%H:%M:00+00:00}\n".encode() + GOOD)
    assert import_by_hand(command, path).exit_code == 0
    (row,) = json.loads(command("status", "--json").stdout)["lists"]
    assert (row["age_s"], row["level"]) == (None, "amber")
    assert 6 * 3600 - 600 < row["ahead_s"] <= 6 * 3600 + 60
    words = command("status").stdout
    assert "ahead" in words
    assert "-6." not in words
    assert "dated 6.0 h ahead (amber)" in command("match", PLATE).stdout
    (line,) = lines_of(command("match", PLATE, "--json"))
    assert line["list_age_s"] is None


@pytest.mark.parametrize("verb", ["add", "match"])
def test_a_state_that_is_none_is_refused_with_the_states(command: Command, feed: Path, verb: str) -> None:
    import_by_hand(command, feed)
    result = command(verb, PLATE, "--state", "ZZ", *(WHY if verb == "add" else ()))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "the states are AB, AK, AL, AR, AS, AZ" in result.stderr


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_nothing_of_a_status_is_cut(
    command: Command, feed: Path, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_by_hand(command, feed)
    monkeypatch.setenv("COLUMNS", columns)
    words = command("status").stdout
    assert "…" not in words
    assert max(map(len, words.splitlines())) <= int(columns)
    (row,) = json.loads(command("status", "--json").stdout)["lists"]
    moment = datetime.fromisoformat(row["imported"])
    assert f"{moment:%H:%M:%S}Z" in words
