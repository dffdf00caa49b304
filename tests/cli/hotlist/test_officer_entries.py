"""``alpr-edge hotlist add`` and ``remove``, and the reads held already."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.cli.access.session_file import write_token
from alpr_edge.cli.caller import CALLER
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.reads import Alternative
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention import holds
from tests.hotlist.conftest import Command
from tests.staff import FOR_STOLEN, Staff
from tests.store.records import decided, plate_read

PROGRAM = (sys.executable, "-m", "alpr_edge", "hotlist")
WHY = ("--reason", "major_crime", "--case", "26-000123")


@pytest.fixture(autouse=True)
def database(settings: Path, tmp_path: Path) -> Iterator[Database]:
    """The unit's, as ``alpr-edge run`` makes it."""
    key = (settings.parent / "keys" / "outbox.key").read_bytes()
    unit_database = Database.open(tmp_path / "data", key, migrate=True)
    yield unit_database
    unit_database.close()


def add_entry(command: Command, *arguments: str) -> dict[str, Any]:
    result = command("add", *arguments, *WHY, "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def kinds(command: Command, plate: str, *arguments: str) -> list[str]:
    lines = command("match", plate, *arguments, "--json").stdout.splitlines()
    return [json.loads(line)["kind"] for line in lines]


def test_a_partial_is_watched_for_until_it_is_removed(command: Command) -> None:
    own = add_entry(command, "4x?z*", "--expires", "3h", "--vehicle", "blue Honda", "--state", "California")
    assert (own["plate"], own["case"], own["state"], own["covert"]) == ("4X?Z*", "26-000123", "CA", False)
    ends = datetime.fromisoformat(own["expires"]) - datetime.now(UTC)
    assert timedelta(hours=2, minutes=58) < ends <= timedelta(hours=3)
    assert kinds(command, "4XYZ123") == ["partial"]
    assert own["id"] in command("status", "--entries").stdout
    assert "1 officer entry" in command("status").stdout
    assert command("remove", own["id"]).exit_code == 0
    assert kinds(command, "4XYZ123") == []
    again = command("remove", own["id"])
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)
    assert f"no entry {own['id']}" in again.stderr


def test_a_plate_is_shown_as_it_was_typed_and_matched_by_its_canonical_text(command: Command) -> None:
    own = add_entry(command, "7oab o12", "--expires", "3h")
    assert own["plate"] == "7OABO12"
    assert kinds(command, "70AB012") == kinds(command, "7OABO12") == ["exact"]
    assert f"entry {own['id']}: 7OABO12, " in command("status", "--entries", *FOR_STOLEN).stdout


def test_a_whole_plate_is_met_exactly_and_by_what_the_reader_considered(command: Command) -> None:
    add_entry(command, "5SOW750", "--expires", "1d")
    assert kinds(command, "5S0W750") == ["exact"]
    assert kinds(command, "5SOW350") == []
    assert kinds(command, "5SOW350, 5SOW750") == ["confusable"]


def test_what_is_watched_for_already_is_told_and_not_stored_again(command: Command, database: Database) -> None:
    first = add_entry(command, "5SOW750", "--expires", "1d")
    again = add_entry(command, "5sow-750", "--expires", "2d")
    assert (first["is_new"], again) == (True, first | {"is_new": False})
    told = command("add", "5SOW750", *WHY, "--expires", "2d").stdout
    assert told.startswith("already on the list, unchanged; to change its end, remove it and add it again\n")
    assert first["id"] in told
    assert len(officer_entries.entries_in_force(database, None)) == 1


def test_an_entry_ends_by_itself(command: Command, database: Database) -> None:
    own = add_entry(command, "5SOW750", "--expires", "2h")
    later = datetime.now(UTC) + timedelta(hours=2, seconds=1)
    assert [each.entry.record_id for each in officer_entries.entries_in_force(database, None)] == [own["id"]]
    assert officer_entries.entries_in_force(database, later) == []


def test_a_covert_entry_shows_on_no_screen_unless_asked_for(command: Command) -> None:
    own = add_entry(command, "5SOW750", "--expires", "2h", "--covert")
    assert kinds(command, "5SOW750") == []
    assert own["id"] not in command("status", "--entries").stdout
    assert own["id"] in command("status", "--covert").stdout


def test_area_and_hours_are_kept(command: Command, database: Database) -> None:
    add_entry(command, "5SOW750", "--expires", "2h", "--area", "37.639,-120.997,500", "--hours", "Mo-Fr 22:00-06:00")
    (own,) = officer_entries.entries_in_force(database, datetime.now(UTC))
    assert own.entry.area is not None
    assert own.entry.area.radius_m == 500
    assert str(own.entry.hours) == "Mo-Fr 22:00-06:00 America/Los_Angeles"


def test_the_reads_held_already_are_looked_through(command: Command, database: Database, tmp_path: Path) -> None:
    store = ReadStore(database, ImageStore(tmp_path / "data" / "images", bytes(32)))
    texts = {"a": "4XYZ123", "b": "4XAZ9", "c": "5S0W750", "d": "4XYB123"}
    for read_id, plate in texts.items():
        others = (Alternative("4XYZ123", 0.2),) if read_id == "d" else ()
        store.commit([decided(replace(plate_read(read_id, plate), alternatives=others))])
    partial = add_entry(command, "4X?Z*", "--expires", "1h")
    assert [(sighting["read_id"], sighting["kind"]) for sighting in partial["seen"]] == [
        ("b", "partial"),
        ("a", "partial"),
    ]
    whole = add_entry(command, "4XYZ123", "--expires", "1h")
    assert [(seen["read_id"], seen["kind"]) for seen in whole["seen"]] == [("d", "confusable"), ("a", "exact")]
    nothing = command("add", "9ZZZ999", *WHY, "--expires", "1h")
    assert "No read stored on this unit matches it." in nothing.stdout
    assert "seen " in command("add", "5S0W7*", *WHY, "--expires", "1h").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("4*", "--expires", "1h"), "a partial plate needs 2 known characters"),
        (("...", "--expires", "1h"), "that is no plate"),
        (("000", "--expires", "1h"), "that is no plate"),
        (("\u0410\u0412\u0421123", "--expires", "1h"), "that is no plate: it holds a letter or digit beside A to Z"),
        (("4XY?\u00c9*", "--expires", "1h"), "that is no plate: it holds a letter or digit beside A to Z"),
        (("I", "--expires", "1h"), "that cannot be watched for: no camera reads a plate of one character"),
        (("ABCDEFGHIJKL", "--expires", "1h"), "longer than 10 characters"),
        (("5SOW750", "--expires", "soon"), "--expires is such as"),
        (("5SOW750", "--expires", "2020-01-01"), "has ended already"),
        (("5SOW750", "--expires", "9999d"), "lasts 90 days at most"),
        (("5SOW750", "--expires", "9999-12-31T23:59-08:00"), "--expires is such as"),
        (("5SOW750", "--expires", "0001-01-01T00:00+09:00"), "--expires is such as"),
        (("5SOW750", "--expires", "1h", "--state", "Calif"), "--state is two letters"),
        (("5SOW750", "--expires", "1h", "--area", "here"), "an area is latitude,longitude,radius"),
        (("5SOW750", "--expires", "1h", "--hours", "at night"), "hours are such as"),
        (("5SOW750", "--expires", "1h", "--case", " "), "--case is empty"),
    ],
)
def test_what_cannot_be_watched_for_is_one_line(command: Command, arguments: tuple[str, ...], says: str) -> None:
    result = command("add", arguments[0], *WHY, *arguments[1:])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert says in result.stderr


def test_entries_are_bounded(command: Command, database: Database) -> None:
    now = datetime.now(UTC)
    entry = HotlistEntry("", "5S0W750", "5SOW750", None, Reason.MAJOR_CRIME, expires=now + timedelta(hours=1))
    for number in range(officer_entries.ENTRIES_MAX):
        officer_entries.add(database, OwnEntry(entry, f"26-{number}", now, "officer"), now)
    full = command("add", "5SOW759", *WHY, "--expires", "1h")
    assert "200 entries are watched for already; remove one first" in full.stderr
    later = now + timedelta(hours=2)
    renewal = replace(entry, expires=later + timedelta(hours=1))
    assert officer_entries.add(database, OwnEntry(renewal, "26-1", later, "officer"), later).own.serial == 201


@pytest.mark.review(15)
@pytest.mark.parametrize("verb", [("add", "--expires", "1h", *WHY), ("match",)])
def test_a_plate_on_the_command_line_is_refused_without_repeating_it(settings: Path, verb: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["hotlist", *verb, "--settings", str(settings), "5SOW750"], input="5SOW750\n")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "no plate on the command line" in result.stderr
    assert "5SOW750" not in result.stderr


@pytest.mark.review(15)
def test_no_plate_on_standard_input_is_one_line(command: Command) -> None:
    for nothing in ("", "\n"):
        result = command("match", nothing)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert "no plate on standard input" in result.stderr


@pytest.mark.review(15)
def test_a_plate_is_asked_for_on_a_terminal(settings: Path, signed_in: Staff) -> None:
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "match", "--json", *FOR_STOLEN, "--settings", str(settings)]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    try:
        os.write(ours, b"5SOW750\n")
        output, prompt = process.communicate(timeout=120)
    finally:
        os.close(ours)
    assert (process.returncode, output.strip()) == (0, "")
    assert prompt.startswith("Plate (alternatives after commas):")


@pytest.mark.review(15)
def test_who_is_signed_in_is_kept_with_an_entry_and_a_hold(
    settings: Path, database: Database, tmp_path: Path, signed_in: Staff
) -> None:
    store = ReadStore(database, ImageStore(tmp_path / "data" / "images", bytes(32)))
    store.commit([decided(plate_read("read-1"))])
    behind = {name: value for name, value in os.environ.items() if name != "SUDO_USER"} | {CALLER: "r.alvarez"}
    write_token(settings.parent / "runtime", "r.alvarez", signed_in.begin_session("officer", login="r.alvarez"))

    def run(*arguments: str) -> None:
        command = [*PROGRAM[:-1], *arguments, *FOR_STOLEN, "--settings", str(settings)]
        subprocess.run(command, input="5SOW750\n", env=behind, text=True, timeout=120, check=True)

    run("hotlist", "add", "--expires", "1h", *WHY)
    run("holds", "place", "read-1", "--reason", "subpoena", "--case", "26-123456")
    (own,) = officer_entries.entries_in_force(database, None)
    assert own.added_by == "Officer"
    assert [hold.by.person for hold in holds.list_holds(database)] == ["Officer"]
