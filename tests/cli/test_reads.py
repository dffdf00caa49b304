"""``reads``: no width cuts what matters, a corrected vehicle is one line, and a picture goes to a file."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.reads import Alternative, EarlierText
from alpr_edge.settings import load
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.unit_store import UnitStore, open_store
from scripts.faults.disk import Disk
from tests.staff import Staff, stating
from tests.store.records import CROP, SCENE, amended, closed, decided, heard, hit, instant, plate_read, withdrawn
from tests.units import write_bare_unit

PICTURES = ((CROP, b"jpeg of the plate"), (SCENE, b"jpeg of the scene"))
OTHER_TEXT = Alternative("7ABC128", 0.4)
WIDTHS = ["60", "80", "120", ""]
TIME, PLATES, IDS = ("2026-05-04", "12:30:00Z"), ("7ABC128", "4XYZ999"), ("1.front.2", "1.front.3")
WHOLE = (*TIME, *PLATES, *IDS, "front", "99%", "37.64000", "-120.99000")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = write_bare_unit(tmp_path)
    Staff(path).sign_in_here()
    return path


@pytest.fixture
def store(settings: Path) -> Iterator[UnitStore]:
    """A doubtful read that a later one of its pass corrected, and a hit."""
    with open_store(load(settings), migrate=True) as unit_store:
        doubtful = replace(plate_read("1.front.1", "7ABC12B"), confidence=0.5, alternatives=(OTHER_TEXT,))
        better = replace(plate_read("1.front.2", "7ABC128", supersedes="1.front.1"), confidence=0.99)
        other = replace(plate_read("1.front.3", "4XYZ999"), confidence=0.99)
        hits = (hit("hit-1", "1.front.3", "4XYZ999"),)
        for record in (decided(doubtful), decided(better), decided(other, hits=hits, images=PICTURES)):
            unit_store.reads.commit([record])
        yield unit_store


def edge(settings: Path, *words: str, columns: str = "80", zone: str = "America/Los_Angeles") -> Result:
    environment = {"COLUMNS": columns or None, "TZ": zone}
    return CliRunner().invoke(app, stating(*words, "--settings", str(settings)), env=environment)


def squeeze(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_width_cuts_a_time_a_plate_or_an_id(settings: Path, store: UnitStore, columns: str) -> None:
    done = edge(settings, "reads", columns=columns)
    assert done.exit_code == 0, done.output
    words = done.stdout.split()
    for whole in WHOLE:
        assert whole in words, done.stdout
    assert "..." not in done.stdout
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= int(columns or 80)


def test_the_local_time_stands_beside_utc(settings: Path, store: UnitStore, monkeypatch: pytest.MonkeyPatch) -> None:
    import time  # noqa: PLC0415 - its zone is set for this test alone

    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        output = squeeze(edge(settings, "reads", columns="200").stdout)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "2026-05-04 12:30:00Z (05:30:00 PDT)" in output


def test_a_corrected_read_is_one_vehicle_unless_all_are_asked_for(settings: Path, store: UnitStore) -> None:
    assert "1.front.1" not in edge(settings, "reads", columns="200").stdout
    everything = squeeze(edge(settings, "reads", "--all", columns="300").stdout)
    assert "7ABC12[B?]" in everything
    assert "id 1.front.1, corrected by 1.front.2" in everything
    lines = [json.loads(line) for line in edge(settings, "reads", "--json").stdout.splitlines()]
    assert {line["read_id"]: line["superseded_by"] for line in lines} == {
        "1.front.3": None,
        "1.front.2": None,
        "1.front.1": "1.front.2",
    }
    (only,) = [json.loads(line) for line in edge(settings, "reads", "--hits", "--json").stdout.splitlines()]
    assert (only["read_id"], only["hits"]) == ("1.front.3", ["stolen_vehicle"])


def test_a_text_that_a_person_corrected_says_so_and_by_whom(settings: Path, store: UnitStore) -> None:
    corrected = replace(
        plate_read("1.front.4", "80BC129", supersedes="1.front.2"),
        confidence=1.0,
        corrected_by="ana",
        slot_votes=tuple(((character, 1.0),) for character in "8OBC129"),
    )
    store.reads.commit([decided(corrected)])
    output = squeeze(edge(settings, "reads", columns="300").stdout)
    assert "8OBC129 by a person" in output, "the letter O as it was typed"
    assert "id 1.front.4, the text by ana in place of 1.front.2" in output
    lines = [json.loads(line) for line in edge(settings, "reads", "--json").stdout.splitlines()]
    assert {line["read_id"]: line["corrected_by"] for line in lines} == {
        "1.front.4": "ana",
        "1.front.3": None,
        "1.front.2": None,
        "1.front.1": None,
    }


def test_a_hit_whose_alert_was_taken_back_is_shown_as_withdrawn(settings: Path, store: UnitStore) -> None:
    read = plate_read("1.front.5")
    made, record = hit("hit-5", read.read_id), heard("hit-5", read.read_id)
    store.reads.commit([decided(read, [made], [record])])
    assert "stolen vehicle (withdrawn)" not in squeeze(edge(settings, "reads", columns="300").stdout)
    store.reads.commit([amended(replace(read, plate="7ABC128", vote_count=20), alerts=[withdrawn(record)])])
    assert "stolen vehicle (withdrawn)" in squeeze(edge(settings, "reads", columns="300").stdout)
    lines = {line["read_id"]: line for line in map(json.loads, edge(settings, "reads", "--json").stdout.splitlines())}
    assert {name: line["withdrawn_hits"] for name, line in lines.items() if line["hits"]} == {
        "1.front.5": ["stolen_vehicle"],
        "1.front.3": [],
    }


def test_a_text_that_further_looks_changed_is_shown_with_those_before(settings: Path, store: UnitStore) -> None:
    before = EarlierText("4XYZ99B", 0.6, 12), EarlierText("4XY2999", 0.7, 15)
    amended_read = replace(plate_read("1.front.3", "4XYZ999"), vote_count=20, earlier_texts=before)
    store.reads.commit([amended(amended_read)])
    output = squeeze(edge(settings, "reads", columns="300").stdout)
    assert "id 1.front.3, also read as 4XYZ99B, 4XY2999" in output
    lines = {line["read_id"]: line for line in map(json.loads, edge(settings, "reads", "--json").stdout.splitlines())}
    assert [one["plate"] for one in lines["1.front.3"]["earlier_texts"]] == ["4XYZ99B", "4XY2999"]
    assert lines["1.front.2"]["earlier_texts"] == []


def test_a_limit_counts_vehicles(settings: Path, store: UnitStore) -> None:
    output = edge(settings, "reads", "--limit", "2", columns="200").stdout
    assert [name in output for name in ("1.front.3", "1.front.2", "1.front.1")] == [True, True, False]


def test_the_id_that_is_shown_is_the_one_that_hold_takes(settings: Path, store: UnitStore) -> None:
    place = ("holds", "place", "1.front.3", "--reason", "evidence")
    assert "the case number is empty" in edge(settings, *place).stderr
    done = edge(settings, *place, "--case", "26-123456")
    assert squeeze(done.stdout).endswith(": holds 1 read, case 26-123456")
    listing = squeeze(edge(settings, "holds", "list", columns="200").stdout)
    assert "26-123456 1 evidence" in listing
    (hold,) = [json.loads(line) for line in edge(settings, "holds", "list", "--json").stdout.splitlines()]
    assert (hold["subject_id"], hold["reason"], hold["until"], hold["kind"]) == ("1.front.3", "evidence", None, "read")
    assert hold["held_by"]
    assert hold["since"].endswith("Z")
    released = json.loads(
        edge(settings, "holds", "release", hold["hold_id"], "--reason", "case closed", "--json").stdout
    )
    assert released == {"hold_id": hold["hold_id"], "released": True, "reads": 1}
    assert edge(settings, "holds", "list").stdout == "no holds\n"
    assert "released" in edge(settings, "holds", "list", "--all").stdout


@pytest.mark.parametrize(("known", "words"), [("1.front.3", ()), ("hit-1", ("--hits",))], ids=["reads", "hits"])
def test_ids_that_are_not_here_are_named_and_the_others_held(
    settings: Path, store: UnitStore, known: str, words: tuple[str, ...]
) -> None:
    place = ("holds", "place", known, "nosuch", "nor-this", *words, "--reason", "evidence", "--case", "26-123456")
    done = edge(settings, *place)
    assert (done.exit_code, "holds 1 read" in done.stdout) == (1, True), done.output
    kind = "hit" if words else "read"
    assert done.stderr.splitlines() == [
        f"alpr-edge: {name}: not held: no such {kind} here; it may have been deleted" for name in ("nosuch", "nor-this")
    ]
    told = edge(settings, *place, "--json")
    assert (told.exit_code, json.loads(told.stdout)["reads"]) == (1, 1)
    (hold,) = [json.loads(line) for line in edge(settings, "holds", "list", "--json").stdout.splitlines()]
    assert hold["reads"] == 1


def test_a_contradiction_of_clocks_stands_beside_the_time(settings: Path, store: UnitStore) -> None:
    moment = replace(instant(), utc_source=UtcSource.RTC, uncertainty_ms=None)
    read = replace(plate_read("by-rtc"), first_seen=moment, last_seen=moment)
    store.reads.commit([decided(read), closed(read)])
    clock_pairs.record(store.database, instant(10_000))
    clock_pairs.record(store.database, replace(instant(30_000), utc=instant(90_000).utc))
    output = squeeze(edge(settings, "reads", columns="300").stdout)
    assert "2026-05-04 12:30:00Z" in output
    assert "not sure: its clocks contradict each other" in output


def test_a_picture_goes_to_a_new_file_of_its_owner(settings: Path, store: UnitStore, tmp_path: Path) -> None:
    file = tmp_path / "scene.jpg"
    done = edge(settings, "reads", "picture", "1.front.3", str(file))
    assert done.exit_code == 0, done.output
    assert file.read_bytes() == PICTURES[1][1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = edge(settings, "reads", "picture", "1.front.3", str(file))
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    plate = tmp_path / "plate.jpg"
    fields = json.loads(edge(settings, "reads", "picture", "1.front.3", str(plate), "--plate", "--json").stdout)
    assert (plate.read_bytes(), fields["bytes"], fields["kind"]) == (PICTURES[0][1], len(PICTURES[0][1]), "crop")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--settings", "/nonexistent.toml"), "--settings"),
        (("--purpose", "stolen_vehicle", "--json"), "--purpose, --json"),
        (("--limit", "20"), "--limit"),
    ],
)
def test_options_before_picture_are_refused_and_not_dropped(
    settings: Path, store: UnitStore, tmp_path: Path, options: tuple[str, ...], names: str
) -> None:
    file = tmp_path / "scene.jpg"
    done = edge(settings, "reads", *options, "picture", "1.front.3", str(file))
    assert (done.exit_code, done.stdout, file.exists()) == (2, "", False)
    assert done.stderr.endswith(f"Error: put {names} behind picture\n")
    # What the environment says counts for both.
    words = stating("reads", "picture", "1.front.3", str(file))
    assert CliRunner().invoke(app, words, env={"ALPR_EDGE_SETTINGS": str(settings)}).exit_code == 0


def test_a_picture_for_which_a_medium_has_no_room_leaves_nothing(
    settings: Path, store: UnitStore, tmp_path: Path, can_mount: None
) -> None:
    scene = bytes(1_000_000)
    store.reads.commit([decided(plate_read("large"), images=((SCENE, scene),))])
    with Disk(tmp_path / "medium.img") as disk:
        disk.fill()
        file = disk.folder / "scene.jpg"
        full = edge(settings, "reads", "picture", "large", str(file))
        assert (full.exit_code, "No space left" in full.stderr, file.exists()) == (1, True, False)
        disk.free()
        assert edge(settings, "reads", "picture", "large", str(file)).exit_code == 0
        assert file.read_bytes() == scene


def test_a_picture_is_never_written_through_a_link(settings: Path, store: UnitStore, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    done = edge(settings, "reads", "picture", "1.front.3", str(tmp_path / "link.jpg"))
    assert (done.exit_code, (tmp_path / "elsewhere.jpg").exists()) == (1, False)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("none", "a.jpg"), "none: no such read here"),
        (("1.front.2", "a.jpg"), "1.front.2: no scene picture was kept"),
        (("1.front.3", "nowhere/a.jpg"), "nowhere/a.jpg: cannot be written"),
    ],
)
def test_a_picture_that_cannot_be_is_one_line(
    settings: Path, store: UnitStore, words: tuple[str, str], says: str
) -> None:
    done = edge(settings, "reads", "picture", *words)
    # A computer that is busy makes the store's reads slow, and it says so in a line of its log.
    (line,) = [line for line in done.stderr.splitlines() if "event=store.read_took_long" not in line]
    assert done.exit_code == 1
    assert says in line


def test_a_unit_without_reads_says_so(settings: Path) -> None:
    open_store_once(settings)
    assert edge(settings, "reads").stdout == "no reads yet\n"
    assert edge(settings, "reads", "--json").stdout == ""


def open_store_once(settings: Path) -> None:
    with open_store(load(settings), migrate=True):
        pass
