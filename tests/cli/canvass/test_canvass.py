"""``alpr-edge canvass``: from start to result and end, as text and as JSON, and bad input in one line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.cli.plate_entry import LINE_CHARACTERS_MAX
from alpr_edge.domain.fixes import Position
from alpr_edge.store.unit_store import open_store
from tests.staff import Staff
from tests.store.records import decided, plate_read
from tests.units import write_bare_unit

FOR_CANVASS = ("--offense", "homicide", "--case", "26-001234")
AREA = ("--area", "37.64,-120.99,500")


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    staff = Staff(write_bare_unit(tmp_path_factory.mktemp("canvass")))
    with open_store(staff.unit, migrate=True):
        pass
    staff.sign_in_here("chief")
    return staff


def run(staff: Staff, *words: str, typed: str = "") -> Result:
    settings: Path = staff.unit.unit.data_directory.parent / "alpr-edge.toml"
    return CliRunner().invoke(app, ["canvass", *words, *FOR_CANVASS, "--settings", str(settings)], input=typed)


def add_read(staff: Staff, name: str, position: Position | None, plate: str = "7ABC123") -> None:
    now = staff.clock.now()
    read = replace(plate_read(name, plate), position=position, first_seen=now, last_seen=now)
    with open_store(staff.unit, migrate=False) as store:
        store.reads.commit([decided(read)])


def test_from_start_to_end(staff: Staff) -> None:
    started = run(staff, "start", *AREA, "--ends", "4h", "--before", "0", "--partials", "--json", typed="7ab*\n\n")
    assert started.exit_code == 0, started.stderr
    state = json.loads(started.stdout)
    assert (state["incident"], state["lasts_h"], state["partials"], state["reads"]) == ("26-001234", 4.0, 1, 0)
    here = Position(37.64, -120.99, 40.0, 0.9, "gnss")
    add_read(staff, "unit-1:inside", here)
    add_read(staff, "unit-1:outside", replace(here, lat_deg=37.7))
    add_read(staff, "unit-1:unplaced", None, "4XYZ999")
    canvass_id = state["canvass_id"]
    assert "2 reads held" in run(staff, "show", canvass_id).stdout
    (listed,) = [json.loads(line) for line in run(staff, "list", "--json").stdout.splitlines()]
    assert (listed["canvass_id"], listed["reads"], listed["ended"]) == (canvass_id, 2, None)
    assert "26-001234" in run(staff, "list").stdout
    found = [json.loads(line) for line in run(staff, "result", canvass_id, "--json").stdout.splitlines()]
    assert [(read["read_id"], read["when"]) for read in found] == [
        ("unit-1:inside", "during"),
        ("unit-1:unplaced", "during"),
    ]
    assert found[0]["fits"] == [{"partial": "7AB*", "how": "text", "text": "7ABC123"}]
    text = run(staff, "result", canvass_id).stdout
    assert "2 reads, 1 with unknown location, 2 candidates" in text
    ended = run(staff, "end", canvass_id)
    assert (ended.exit_code, "by Chief, 2 reads held" in ended.stdout) == (0, True)
    again = run(staff, "end", canvass_id)
    assert (again.exit_code, again.stderr) == (1, "alpr-edge: this canvass is not here, or has ended already\n")


def test_a_line_that_is_too_long_is_refused_and_not_cut(staff: Staff) -> None:
    done = run(staff, "start", "--partials", typed="7ab*" + " " * LINE_CHARACTERS_MAX + "9\n\n")
    assert done.exit_code != 0
    assert f"longer than {LINE_CHARACTERS_MAX} characters" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("start", "--area", "here"), "an area is latitude,longitude,radius"),
        (("start", "--area", "0,0 0,1 1,0 1,1"), "the edges of the polygon cross or touch"),
        (("start", "--ends", "soon"), "the end is such as 90m, 12h or 3d"),
        (("start", "--before", "8d"), "the time before the start is at most 7 days"),
        (("start", "--partials"), "a plate or a part of one"),
        (("show", "none"), "there is no such canvass here; alpr-edge canvass list shows them"),
        (("result", "none"), "there is no such canvass here; alpr-edge canvass list shows them"),
    ],
)
def test_bad_input_is_a_line_that_says_what_to_do(staff: Staff, words: tuple[str, ...], says: str) -> None:
    done = run(staff, *words, typed="7\n")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"alpr-edge: {says}")
    assert done.stderr.count("\n") == 1


def test_an_offence_that_is_none_and_an_incident_of_another_form_are_refused(staff: Staff) -> None:
    settings = str(staff.unit.unit.data_directory.parent / "alpr-edge.toml")
    for words in (("--offense", "jaywalking", "--case", "26-001234"), ("--offense", "homicide", "--case", "1")):
        done = CliRunner().invoke(app, ["canvass", "start", *words, "--settings", settings])
        assert (done.exit_code, done.stdout) == (3, "")
