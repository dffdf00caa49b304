"""Slips of whoever types the commands or writes the settings: each is said in one line and harms nothing."""

import json
from pathlib import Path

import pytest

from tests.hotlist.conftest import Command
from tests.hotlist.feed_texts import csv_text

GOOD = csv_text("4XYZ123,Stolen Vehicle,CA", header="Plate,Reason,State")
BAD = csv_text("4XYZ123,Stolen Vehicle,CA", "SECRET#,Stolen Vehicle,CA", header="Plate,Reason,State")
WHY_BAD = "1 of 2 lines were rejected, the first: line 3, column Plate"


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "bolo.csv"
    path.write_bytes(GOOD)
    return path


@pytest.fixture
def bolo(command: Command, feed: Path) -> Path:
    """A feed that is live as the list bolo."""
    assert command("import", feed, "--source", "bolo", "--format", "generic-csv").exit_code == 0
    return feed


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_mistyped_file_is_no_refused_feed(command: Command, bolo: Path, name: str) -> None:
    path = bolo.parent / name
    result = command("import", path, "--source", "bolo", "--format", "generic-csv")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"{path}: cannot be read" in result.stderr
    assert "refused" not in command("status").stdout


@pytest.mark.parametrize("header", ["true", "false"])
def test_an_empty_feed_is_called_so(command: Command, settings: Path, feed: Path, header: str) -> None:
    source = f'[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nheader = {header}\n'
    settings.write_text(settings.read_text(encoding="utf-8") + source, encoding="utf-8")
    feed.write_bytes(b"")
    assert "line 1: empty; fetch the feed again" in command("import", feed, "--source", "bolo").stderr


def test_status_tells_of_a_feed_refused_by_hand(command: Command, bolo: Path) -> None:
    bolo.write_bytes(BAD)
    for source in ("bolo", "first"):
        assert command("import", bolo, "--source", source, "--format", "generic-csv").exit_code == 1
    told = json.loads(command("status", "--json").stdout)
    (held,), (not_held,) = told["lists"], told["not_held"]
    assert (held["source"], not_held["source"]) == ("bolo", "first")
    assert WHY_BAD in held["last_feed_refused"]
    assert WHY_BAD in not_held["last_feed_refused"]
    words = command("status").stdout
    assert f"list bolo: last list refused: {WHY_BAD}" in words
    assert "list first: nothing taken in yet" in words
    assert "SECRET" not in words
    bolo.write_bytes(GOOD)
    command("import", bolo, "--source", "bolo", "--format", "generic-csv")
    assert "list bolo: last list refused" not in command("status").stdout


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["4XY?123"], "a plate is looked up as read, without ? and *"),
        (["4XYZ123, 4XY*"], "a plate is looked up as read, without ? and *"),
        (["4XYZ123,"], "that is no plate: it holds no letter or digit"),
        (["4XYZ1234567"], "that is no plate: longer than 10 characters"),
        (["4XYZ123", "--state", "C1"], "--state is two letters or a name"),
    ],
)
def test_what_cannot_be_looked_up_is_no_miss(command: Command, bolo: Path, arguments: list[str], fault: str) -> None:
    result = command("match", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert fault in result.stderr
    assert bolo.exists()


@pytest.mark.usefixtures("bolo")
@pytest.mark.parametrize(
    ("state", "state_match"), [("California", "same"), ("ca", "same"), ("Nevada", "other"), ("", "unknown")]
)
def test_a_state_may_be_written_out(command: Command, state: str, state_match: str) -> None:
    (row,) = json.loads(command("match", "4XYZ123", "--state", state, "--json").stdout)
    assert row["state_match"] == state_match


def test_a_sync_by_hand_tells_of_slips_in_the_settings(command: Command, settings: Path, feed: Path) -> None:
    (settings.parent / "in").mkdir()
    feed.rename(settings.parent / "in" / feed.name)
    sources = (("bolo", "generic-csv", "in"), ("layout", "clw", "in"), ("place", "clew", "inn"))
    tables = (
        f'[[hotlist.source]]\nname = "{name}"\nformat = "{layout}"\nfolder = "{folder}"\n'
        for name, layout, folder in sources
    )
    settings.write_text(settings.read_text(encoding="utf-8") + "".join(tables), encoding="utf-8")
    result = command("sync")
    assert result.exit_code == 1
    live, waits = result.stdout.splitlines()
    assert live == "bolo: generation 1 is live, 1 entries"
    assert waits.startswith("place: nothing newer: ")
    assert waits.endswith("inn: No such file or directory; mount its medium or correct the settings")
    assert "layout: no format is called 'clw'; known are generic-csv" in result.stderr
    # A medium that is not mounted yet is no failure.
    assert command("sync", "place").exit_code == 0


def test_a_sync_that_finds_nothing_newer_tells_of_the_refusal_before(command: Command, settings: Path) -> None:
    folder = settings.parent / "in"
    folder.mkdir()
    (folder / "bolo.csv").write_bytes(BAD)
    source = '[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nfolder = "in"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + source, encoding="utf-8")
    first, second = command("sync"), command("sync")
    assert (first.exit_code, second.exit_code) == (1, 0)
    assert WHY_BAD in first.stderr
    assert f"bolo: nothing newer: its last list was refused: {WHY_BAD}" in second.stdout
    assert WHY_BAD in json.loads(command("sync", "--json").stdout)["note"]
