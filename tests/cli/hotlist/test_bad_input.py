"""Slips of whoever types the commands or writes the settings: each is said in one line and harms nothing."""

import json
import os
import subprocess
import sys
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


@pytest.mark.parametrize(
    ("name", "fault"),
    [("missing.csv", "cannot be read: No such file"), (".", "is a folder"), ("pipe", "is not a regular file")],
)
def test_a_mistyped_file_is_no_refused_feed(command: Command, bolo: Path, name: str, fault: str) -> None:
    path = bolo.parent / name
    os.mkfifo(bolo.parent / "pipe")
    result = command("import", path, "--source", "bolo", "--format", "generic-csv")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"{path}: {fault}" in result.stderr
    assert "name the file of the feed" in result.stderr
    assert "refused" not in command("status").stdout


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"GIF89a\x01\x00;", b"\x7fELF\x02\x01\x01\x00"]
)
def test_a_file_that_is_no_feed_is_refused_in_one_line(command: Command, feed: Path, content: bytes) -> None:
    feed.write_bytes(content)
    result = command("import", feed, "--source", "bolo", "--format", "generic-csv")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "no header row with a plate column" in line


@pytest.mark.parametrize("header", ["true", "false"])
def test_an_empty_feed_is_called_so(command: Command, settings: Path, feed: Path, header: str) -> None:
    source = f'[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nheader = {header}\n'
    settings.write_text(settings.read_text(encoding="utf-8") + source, encoding="utf-8")
    feed.write_bytes(b"")
    assert "line 1: empty; download the feed again" in command("import", feed, "--source", "bolo").stderr


def test_rejected_lines_that_nobody_reads_end_in_silence(command: Command, settings: Path, bolo: Path) -> None:
    bolo.write_bytes(BAD)
    assert command("import", bolo, "--source", "bolo", "--format", "generic-csv").exit_code == 1
    words = ["hotlist", "export", "--rejected", "--source", "bolo", "--settings", str(settings)]
    outlet, inlet = os.pipe()
    os.close(outlet)
    with os.fdopen(inlet, "wb") as pipe:
        program = [sys.executable, "-m", "alpr_edge", *words]
        done = subprocess.run(program, stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (141, "")


def test_status_tells_of_a_feed_refused_by_hand(command: Command, bolo: Path) -> None:
    bolo.write_bytes(BAD)
    for source in ("bolo", "first"):
        assert command("import", bolo, "--source", source, "--format", "generic-csv").exit_code == 1
    document = json.loads(command("status", "--json").stdout)
    (live_list,), not_held = document["lists"], document["not_held"]
    # Of a list that is neither here nor in the settings it was a slip, and whoever made it was told.
    assert (live_list["source"], not_held) == ("bolo", [])
    assert WHY_BAD in live_list["last_import_by_hand_refused"]
    assert live_list["last_feed_refused"] == ""
    words = command("status").stdout
    assert f"list bolo: last import by hand refused: {WHY_BAD}" in words
    assert "list first" not in words
    assert "SECRET" not in words
    bolo.write_bytes(GOOD)
    command("import", bolo, "--source", "bolo", "--format", "generic-csv")
    assert "refused" not in command("status").stdout


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["4XY?123"], "a plate is looked up as read, without ? and *"),
        (["4XYZ123, 4XY*"], "a plate is looked up as read, without ? and *"),
        (["4XYZ123,"], "that is no plate: it holds no letter or digit"),
        (
            ["4XYZ\u00c9123"],
            "that is no plate: it holds a letter or digit beside A to Z and 0 to 9; type it as it stands",
        ),
        (["4XYZ123,1.23E+11"], "that is no plate: it holds a point or plus between digits"),
        (["4XYZ1234567"], "that is no plate: longer than 10 characters"),
        (["4XYZ123", "--state", "C1"], "--state is two letters or a name"),
        (["4XYZ123", "--state", "ZZ"], "the states are AB, AK, AL, AR"),
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
    row = json.loads(command("match", "4XYZ123", "--state", state, "--json").stdout)
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
    assert live == "bolo: generation 1 is live, 1 entry"
    assert waits.startswith("place: up to date: ")
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
    assert f"bolo: up to date: its last feed was refused: {WHY_BAD}" in second.stdout
    assert WHY_BAD in json.loads(command("sync", "--json").stdout)["note"]


def test_a_sync_of_a_list_without_an_address_says_how_a_newer_one_comes(command: Command, settings: Path) -> None:
    source = '[[hotlist.source]]\nname = "own"\nformat = "generic-csv"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + source, encoding="utf-8")
    said = "own: it has no address; import a newer one: alpr-edge hotlist import FILE --source own\n"
    assert command("sync", "own").stdout == said
