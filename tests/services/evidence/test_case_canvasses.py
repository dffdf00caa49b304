"""The canvasses of a case in its package: table, map and candidates, for whoever may see them."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import sync_playwright

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.reads import PlateRead
from alpr_edge.evidence.checks.findings import DefectKind
from alpr_edge.evidence.verification import verify_package
from alpr_edge.services.canvass.canvass_input import CanvassRequest, parse_canvass
from alpr_edge.services.canvass.unit_canvasses import UnitCanvasses
from tests.chromium import QUIET, faults_of
from tests.evidence.folder_target import FolderTarget
from tests.services.evidence.case_rig import CASE, UNIT, CaseRig, contents, json_of, open_rig, write_case_unit
from tests.staff import Staff

INCIDENT = Purpose("crime_scene_canvass", "robbery", CASE)
AREA = "37.64,-120.99,300"
HERE, AWAY = Position(37.64, -120.99, 40.0, 0.9, "gnss"), Position(37.70, -120.99, 40.0, 0.9, "gnss")
FOLDER = "data/canvasses"


class CanvassRig:
    """A unit with canvasses of the case.

    Args:
        rig: the unit.
    """

    def __init__(self, rig: CaseRig) -> None:
        self.rig = rig
        self.canvasses = UnitCanvasses(rig.store.database, UNIT, partial(new_id, UNIT))

    def start(self, purpose: Purpose, *partials: str, area: str = AREA) -> str:
        """Start a canvass; returns its id."""
        request = CanvassRequest(area=area, before="0", partials=partials)
        with self.rig.staff.authoriser() as chief:
            plan = parse_canvass(request, self.rig.settings.canvass, self.rig.staff.clock.now())
            return self.canvasses.start(chief, purpose, plan).canvass.canvass_id

    def end(self, purpose: Purpose, canvass_id: str) -> None:
        """End it."""
        with self.rig.staff.authoriser() as chief:
            self.canvasses.end(chief, purpose, canvass_id)

    def read_now(self, number: int, position: Position | None = HERE, *, is_hit: bool = False) -> PlateRead:
        """A read of now."""
        now = self.rig.staff.clock.now()
        return self.rig.add_read(number, is_hit=is_hit, position=position, first_seen=now, last_seen=now)


@pytest.fixture(scope="module")
def canvass_rig(tmp_path_factory: pytest.TempPathFactory, authority: TlsFiles) -> Iterator[CanvassRig]:
    """Two canvasses of the case, one ended, and one of another incident; a read is held for the case besides."""
    with open_rig(Staff(write_case_unit(tmp_path_factory.mktemp("canvassed"), authority))) as rig:
        made = CanvassRig(rig)
        rig.hold(made.read_now(1))
        first = made.start(INCIDENT, "7ab?002", "*999")
        made.read_now(2, is_hit=True)
        made.read_now(3, AWAY)
        made.read_now(4, None)
        made.end(INCIDENT, first)
        made.start(INCIDENT, area="")
        made.start(Purpose("crime_scene_canvass", "homicide", "26-000001"), "8XY*")
        made.read_now(5, AWAY)
        rig.sign_log()
        yield made


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode())))


def test_the_package_has_table_map_and_facts_of_each_canvass_of_the_case(canvass_rig: CanvassRig, medium: Path) -> None:
    result = canvass_rig.rig.export(medium)
    assert (result.canvasses, result.withheld_canvasses, result.booking.reads) == (2, 0, 4)
    assert verify_package(result.path, lambda *_: None, passphrase=result.passphrase).faults == ()
    files = contents(result)
    assert {name.split("/")[2] for name in files if name.startswith(FOLDER)} == {"1", "2"}
    rows = rows_of(files[f"{FOLDER}/1/reads.csv"])
    assert [row["plate"] for row in rows] == ["7ABC002", "7ABC004"], "those of its area, and the one without a place"
    assert [row["fits"] for row in rows] == ["7AB?002 as read (93 %)", ""]
    crops = {digest(body) for name, body in files.items() if name.endswith("/crop.jpg")}
    assert {row["crop_sha256"] for row in rows} <= crops
    assert [row["plate"] for row in rows_of(files[f"{FOLDER}/2/reads.csv"])] == ["7ABC005"]
    facts = json_of(files[f"{FOLDER}/1/canvass.json"])
    assert (facts["reads"], facts["candidates"], facts["unplaced"], facts["left_out"]) == (2, 1, 1, 0)
    assert json.loads(files[f"{FOLDER}/1/canvass.json"])["end"]["how"] == "hand"
    assert json_of(files[f"{FOLDER}/2/canvass.json"])["end"] is None
    assert (
        ET.fromstring(files[f"{FOLDER}/1/map.svg"]).get("aria-label") == f"Map of canvass {CASE}: 1 reads with a place"
    )
    assert f'href="{FOLDER}/2/canvass.html"' in files["index.html"].decode()


def test_partial_plates_of_other_incidents_stay_out_and_those_of_this_one_are_on_record(
    canvass_rig: CanvassRig, medium: Path
) -> None:
    before = len(canvass_rig.rig.staff.records())
    files = contents(canvass_rig.rig.export(medium))
    assert all(b"8XY" not in body and b"26-000001" not in body for body in files.values())
    records = canvass_rig.rig.staff.records()[before:]
    shown = [(record.query, record.shown) for record in records if record.action == "show_canvass_result"]
    assert sorted(shown) == [("", 1), ("", 2), ("*999", 0), ("7AB?002", 1)]
    assert {record.case for record in records} == {CASE}


def test_whoever_may_export_and_not_see_canvasses_gets_the_reads_alone(canvass_rig: CanvassRig, medium: Path) -> None:
    before = len(canvass_rig.rig.staff.records())
    with canvass_rig.rig.staff.authoriser("records") as clerk:
        result = canvass_rig.rig.export(medium, clerk)
    assert (result.canvasses, result.withheld_canvasses, result.booking.reads) == (0, 2, 4)
    files = contents(result)
    assert not [name for name in files if name.startswith(FOLDER)]
    assert b"Canvasses of the case that whoever booked it out may not see: 2." in files["data/package.json"]
    assert {record.action for record in canvass_rig.rig.staff.records()[before:]} == {"export_case"}


def test_tables_name_no_hit_and_show_plates_alone(canvass_rig: CanvassRig, medium: Path) -> None:
    of_canvasses = {
        name: body for name, body in contents(canvass_rig.rig.export(medium)).items() if name.startswith(FOLDER)
    }
    assert of_canvasses
    assert all(b"hit-" not in body for body in of_canvasses.values())
    page = of_canvasses[f"{FOLDER}/1/reads-00001-00200.html"].decode()
    assert page.count("/crop.jpg") == 2
    assert "scene" not in page, "so a redacted copy has the same table"


def test_a_changed_byte_of_each_file_of_a_canvass_is_named(
    canvass_rig: CanvassRig, medium: Path, tmp_path: Path
) -> None:
    target = FolderTarget(tmp_path / "case")
    files = contents(canvass_rig.rig.export(medium))
    for name, body in files.items():
        target.add(name, body)
    target.finish()
    changed = sorted(name for name in files if name.startswith(FOLDER))
    assert len(changed) == 10
    for name in changed:
        path, body = tmp_path / "case" / name, files[name]
        path.write_bytes(body[:-2] + bytes([body[-2] ^ 1]) + body[-1:])
    verdict = verify_package(tmp_path / "case", lambda *_: None)
    assert sorted((fault.kind, fault.path) for fault in verdict.faults) == [
        (DefectKind.DAMAGED, name) for name in changed
    ]


@pytest.mark.browser
def test_a_canvass_opens_offline_from_a_folder_that_is_read_only(
    canvass_rig: CanvassRig, medium: Path, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    folder, target = tmp_path / "case", FolderTarget(tmp_path / "case")
    for name, body in contents(canvass_rig.rig.export(medium)).items():
        target.add(name, body)
    target.finish()
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_tool("chromium"), args=list(QUIET))
        page = browser.new_context(offline=True, java_script_enabled=False).new_page()
        faults = faults_of(page)
        page.goto((folder / "index.html").as_uri())
        page.get_by_role("link", name="canvass 1").click()
        assert "7AB?002 as read (93 %)" in page.locator("body").inner_text()
        assert page.locator("svg.canvass-map circle").count() == 1
        page.get_by_role("link", name="reads 1 to 2").click()
        picture = page.get_by_role("img", name="the plate of read 1").bounding_box()
        assert picture is not None
        assert picture["width"] > 50
        page.get_by_role("link", name="1", exact=True).click()
        assert page.url.endswith("/data/pages/reads-00001-00200.html#read-00002")
        browser.close()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert faults == []
