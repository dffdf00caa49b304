"""Cases that are booked out at the department, on each engine: what is held by two cars, signed, proved, on record."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from alpr_edge.access.authorisation.authoriser import AccessSubject
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.schema import items
from alpr_edge.department.evidence.case_request import DepartmentExportRequest, ExportProgress
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.errors import AccessError, DepartmentError, EvidenceError, SearchError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.protocol.items import digest
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind
from alpr_edge.evidence.checks.package_files import open_files
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.department.engines import EngineUnderTest, query
from tests.department.evidence.case_of_two import (
    CASE,
    CROP,
    FIRST,
    FOR_CASE,
    HIT,
    LATE,
    NOT_HELD,
    NOW,
    PLACED,
    RIGHT,
    SCENE,
    SECRET,
    UNSURE,
    ExportDesk,
    store_case,
)
from tests.department.ingest.test_encrypted_bodies import use_key
from tests.department.inquiries.inquirers import (
    PASSWORDS,
    Inquirers,
    StillClock,
    changed_person,
    office_with_limits,
    records_of,
)
from tests.department.scenes import LARGE_SCENE, is_plain_scene

ALL_SOURCES = ["department", "state", "federal"]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    """A department that encrypts, with one person of each role and the case of two cars, on each engine."""
    folder = tmp_path_factory.mktemp("cases")
    some = Inquirers.make(folder / "department", engine, NOW)
    use_key(some.directory)
    store_case(some.directory, folder)
    with open_office(some.directory, StillClock(at(1)), PASSWORDS) as office:
        office.holds.place(ExportDesk(office, some)("records"), FOR_CASE, [PLACED, UNSURE, LATE], "subpoena 12", None)
    return some


def at(minutes: float) -> Instant:
    return Instant("boot", 10**12, NOW + timedelta(minutes=minutes), UtcSource.NTP)


@pytest.fixture
def office(people: Inquirers) -> Iterator[InquiryOffice]:
    with open_office(people.directory, StillClock(at(2)), PASSWORDS) as some:
        yield some


@pytest.fixture
def desk(office: InquiryOffice, people: Inquirers) -> ExportDesk:
    return ExportDesk(office, people)


def passphrase_of(desk: ExportDesk, package_id: str) -> str:
    """The passphrase of a package, as two people open it."""
    requests = desk.office.passphrases
    request_id = requests.ask(desk("records"), package_id, "for the district attorney").request_id
    requests.approve(desk("commander"), request_id)
    return requests.passphrase(desk("records"), request_id)


def verdict_of(desk: ExportDesk, path: Path, passphrase: str) -> PackageVerdict:
    authority = Authority.load(TlsFiles(desk.people.directory)).fingerprint
    return verify_package(path, no_progress, authority, passphrase)


def no_progress(done: int, total: int) -> None:
    del done, total


def content_of(path: Path, passphrase: str) -> dict[str, bytes]:
    with open_files(path, passphrase) as files:
        return {name: files.read(name) for name in files.sizes}


def test_what_two_cars_hold_is_one_package_that_anybody_verifies(desk: ExportDesk, tmp_path: Path) -> None:
    first = desk.office.log.size()
    booked = desk.export(tmp_path / "out", medium="M-9", recipient="District attorney")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{booked.package_id}.zip"]
    assert (booked.units, booked.reads, booked.hits, booked.pictures) == (("unit-1", "unit-2"), 4, 1, 3)
    assert (booked.not_arrived, booked.unproved_records, booked.is_vouched) == (1, 1, True)
    before, *_, after = records_of(desk.office, first)
    assert (before.action, before.shown, after.action, after.shown) == ("export_case", 0, "export_case", 4)
    assert before.note == f"case {CASE}, medium M-9, to District attorney"
    assert {before.objects, after.objects} == {(booked.package_id,)}
    passphrase = passphrase_of(desk, booked.package_id)
    verdict = verdict_of(desk, booked.path, passphrase)
    assert (verdict.holds, verdict.faults) == (True, ()), verdict.statements
    assert verdict.package is not None
    assert (verdict.package.unit_id, verdict.package.units) == ("alpr-edge/evidence", ["unit-1", "unit-2"])
    (listed,) = (
        each for each in desk.office.booked.list(desk("records"), FOR_CASE) if each.package_id == booked.package_id
    )
    assert listed.package_sha256 == hashlib.sha256(booked.path.read_bytes()).hexdigest()
    assert (listed.reads, listed.medium, listed.is_department, listed.is_escrowed) == (4, "M-9", True, True)
    assert (listed.person, listed.openings) == ("Records", 1)


def test_it_holds_the_records_as_the_cars_sent_them_with_what_corrects_them(desk: ExportDesk, tmp_path: Path) -> None:
    booked = desk.export(tmp_path / "out")
    content = content_of(booked.path, passphrase_of(desk, booked.package_id))
    reads = {
        json.loads(body)["read_id"]: path.rpartition("/")[0]
        for path, body in content.items()
        if path.endswith("/record.json")
    }
    assert set(reads) == {FIRST, RIGHT, PLACED, UNSURE}
    whole = b"".join(content.values())
    assert not any(text in whole for text in (NOT_HELD.encode(), SECRET.encode(), b"under cover"))
    first = {path.rpartition("/")[2]: body for path, body in content.items() if path.startswith(reads[FIRST])}
    assert set(first) == {
        *("record.json", "provenance.json", "crop.jpg", "scene.jpg"),
        *("hit-1.json", "alert-2.json", "late-tone-3.json", "withdrawal-4.json", "disposition-5.json"),
    }
    assert (first["crop.jpg"], first["scene.jpg"]) == (CROP.body, SCENE.body)
    provenance = json.loads(first["provenance.json"])
    assert provenance["superseded_by"] == RIGHT
    assert all(each["receipt"]["sha256"] == each["sha256"] for each in provenance["records"])
    placed = json.loads(content[f"{reads[PLACED]}/provenance.json"])
    assert (placed["first_seen"]["basis"], [each["kind"] for each in placed["records"]]) == ("placed", ["read", "time"])
    unsure = json.loads(content[f"{reads[UNSURE]}/provenance.json"])
    assert (unsure["first_seen"]["basis"], unsure["first_seen"]["utc"] is None) == ("clock", False)
    package = json.loads(content["data/package.json"])
    assert package["generations"] == [
        {"entries": None, "imported": None, "issued": None, "serial": 3, "source": "doj-svs"}
    ]
    left_out = " ".join(package["left_out"])
    assert "have not arrived from their units: 1." in left_out
    assert "may not see" not in left_out, "of a covert hit nothing is told, not even that there is one"
    assert b"have not arrived from their units: 1." in content["index.html"]


def test_the_logs_of_department_and_car_prove_who_looked_and_the_list_has_other_cases(
    desk: ExportDesk, tmp_path: Path
) -> None:
    search = DepartmentSearch(plates=("8ABC123",))
    other = replace(FOR_CASE, case="26-888888")
    desk.office.reads.page(desk("officer"), other, search)
    booked = desk.export(tmp_path / "out")
    content = content_of(booked.path, passphrase_of(desk, booked.package_id))
    logs = {path.split("/")[2] for path in content if path.startswith("data/access/log-")}
    assert logs == {"log-1", "log-2"}
    bodies = [body for path, body in content.items() if path.startswith("data/access/log-2/0")]
    records = [parse_record(body) for body in bodies if body.startswith(b"{")]
    assert [(each.sequence, each.case, each.objects) for each in records] == [
        (0, CASE, ("unit-1:elsewhere",)),
        (1, "", (FIRST,)),
    ]
    rows = list(csv.DictReader(io.StringIO(content["data/access/accesses.csv"].decode())))
    assert len(rows) == booked.accesses
    of_car = [(row["record"], row["case"], row["record_file"]) for row in rows if row["log"] == "unit-1"]
    assert of_car == [
        ("0", "this case", "data/access/log-2/00000000.json"),
        ("1", "no case", "data/access/log-2/00000001.json"),
        ("2", "another case", ""),
        ("5", "this case", ""),
    ]
    (searched,) = [row for row in rows if row["person"] == "Officer" and row["action"] == "search_reads"]
    assert (searched["log"], searched["case"], searched["reads_of_the_case"]) == ("department", "another case", "3")
    whole = content["data/access/accesses.csv"]
    assert not any(text in whole for text in (b"26-888888", b"26-999999", b"8ABC123"))
    alone = desk.office.exports.accesses(desk("records"), FOR_CASE, no_progress)
    assert {row["person"] for row in alone.lines} >= {"Officer", "Records"}
    assert (alone.withheld, alone.not_looked_through) == (0, 0)
    record = records_of(desk.office, desk.office.log.size() - 1)[0]
    assert (record.action, record.shown) == ("list_accesses", len(alone.lines))


def test_hits_of_a_list_that_one_may_not_see_are_counted_and_covert_ones_are_not(
    desk: ExportDesk, tmp_path: Path
) -> None:
    with changed_person(desk.office, desk.people.ids["commander"], has_covert_clearance=True, sources=ALL_SOURCES):
        commander = desk("commander")
        for objects in ((f"unit-1/{HIT}",), (f"unit-1/{SECRET}",)):
            with commander.access(Operation.SHOW_HIT, FOR_CASE, AccessSubject(objects)) as access:
                access.show(objects)
        whole = desk.office.exports.accesses(commander, FOR_CASE, no_progress)
        of_car = {row["record"] for row in whole.lines if row["log"] == "unit-1"}
        assert (whole.withheld, of_car) == (0, {0, 1, 2, 4, 5, 6, 7})
    with changed_person(desk.office, desk.people.ids["records"], sources=["department"]):
        some = desk.office.exports.accesses(desk("records"), FOR_CASE, no_progress)
        assert (some.withheld, {row["record"] for row in some.lines if row["log"] == "unit-1"}) == (1, {0, 1, 2, 5})
        booked = desk.export(tmp_path / "out")
    assert booked.hits == 0
    assert "Hits of lists that whoever booked it out may not see: 1." in booked.left_out
    assert "Accesses that tell of hits of lists which whoever booked it out may not see: 1." in booked.left_out


@pytest.fixture
def record_id(people: Inquirers) -> Iterator[str]:
    """The second record of the car's log, which is stored again as it was in the end, and alone."""
    of_kind = "FROM items WHERE unit_id = 'unit-1' AND kind = 'access_record' ORDER BY item_id"
    ((item_id,),) = query(people.directory, f"SELECT item_id {of_kind} LIMIT 1 OFFSET 1")
    query(people.directory, f"CREATE TABLE kept AS SELECT * FROM items WHERE item_id = '{item_id}'")
    yield item_id
    query(people.directory, f"DELETE FROM items WHERE item_id IN ('{item_id}', '{item_id}9')")
    query(people.directory, "INSERT INTO items SELECT * FROM kept")
    query(people.directory, "DROP TABLE kept")


@pytest.mark.parametrize(
    "damage",
    ["body = NULL", "body = substr(body, 2)", "key_id = 'destroyed'", "key_id = NULL"],
    ids=["no body", "a changed body", "no key", "no record"],
)
def test_records_of_a_car_that_do_not_open_or_wait_for_another_are_counted(
    desk: ExportDesk, tmp_path: Path, record_id: str, damage: str
) -> None:
    """Nobody can tell whether they are accesses to the reads of the case (policy 462.6(a))."""
    columns = "unit_id, kind, sha256, length, body, received_at, key_id"
    of_record = f"FROM items WHERE item_id = '{record_id}'"
    query(desk.people.directory, f"INSERT INTO items (item_id, {columns}) SELECT '{record_id}9', {columns} {of_record}")
    query(desk.people.directory, f"UPDATE items SET {damage} WHERE item_id = '{record_id}'")
    found = desk.office.exports.accesses(desk("records"), FOR_CASE, no_progress)
    assert {row["record"] for row in found.lines if row["log"] == "unit-1"} == {0, 2, 5}
    assert found.not_looked_through == 2
    booked = desk.export(tmp_path / "out")
    assert "Records of units' access logs that do not open, or wait for one that is missing: 2." in booked.left_out


def test_the_list_has_exports_for_other_cases_and_what_the_department_held(desk: ExportDesk, tmp_path: Path) -> None:
    other = replace(FOR_CASE, case="26-555555")
    desk.office.holds.place(desk("supervisor"), other, [PLACED], "subpoena 13", None)
    progress = ExportProgress(no_progress, no_progress)
    desk.office.exports.export(desk("supervisor"), other, DepartmentExportRequest(), tmp_path / "other", progress)
    rows = desk.office.exports.accesses(desk("records"), FOR_CASE, no_progress).lines
    by_other = {(row["action"], row["reads_of_the_case"]) for row in rows if row["person"] == "Supervisor"}
    assert {("hold_read", 1), ("export_case", 1)} <= by_other
    assert {row["case"] for row in rows if row["person"] == "Supervisor"} == {"another case"}


def test_a_changed_byte_is_found(desk: ExportDesk, tmp_path: Path) -> None:
    booked = desk.export(tmp_path / "out")
    passphrase = passphrase_of(desk, booked.package_id)
    content = bytearray(booked.path.read_bytes())
    content[content.index(b"/record.json") + 400] ^= 1
    booked.path.write_bytes(content)
    verdict = verdict_of(desk, booked.path, passphrase)
    assert (verdict.holds, {fault.kind for fault in verdict.faults}) == (False, {DefectKind.DAMAGED})


@pytest.mark.review2(8)
def test_a_scene_tells_nothing_of_a_covert_hit(desk: ExportDesk, tmp_path: Path) -> None:
    booked = desk.export(tmp_path / "out")
    content = content_of(booked.path, passphrase_of(desk, booked.package_id))
    pages = {path: json.loads(body) for path, body in content.items() if path.endswith("/provenance.json")}
    copies = [(path, each) for path, page in pages.items() for each in page["pictures"] if each["redacted_from"]]
    ((path, picture),) = copies
    assert is_plain_scene(content[f"{path.rpartition('/')[0]}/{picture['file']}"])
    assert picture["redacted_from"] == digest(LARGE_SCENE)


def test_one_hold_or_plates_besides_and_no_scenes(desk: ExportDesk, tmp_path: Path) -> None:
    of_car = desk.export(tmp_path / "car", hold_id="unit-1:hold", with_scenes=False)
    assert (of_car.units, of_car.reads, of_car.pictures, of_car.not_arrived) == (("unit-1",), 2, 1, 0)
    first = desk.office.log.size()
    search = DepartmentSearch(plates=(NOT_HELD,))
    more = desk.export(tmp_path / "more", search=search)
    assert (more.reads, more.units) == (5, ("unit-1", "unit-2"))
    before, looked, named, _ = records_of(desk.office, first)
    assert (named.action, set(named.objects) > {more.package_id, "unit-1/unit-1:x"}) == ("export_case", True)
    assert (before.query, looked.action, looked.query, looked.shown) == ("", "search_reads", NOT_HELD, 1)
    assert before.note == f"case {CASE}, with what a search for plates finds"
    limited = ExportDesk(office_with_limits(desk.office, 0, 1000), desk.people)
    with pytest.raises(AccessError, match="looked at"):
        limited.export(tmp_path / "limited", search=search)
    assert not (tmp_path / "limited").exists()


@pytest.mark.parametrize(
    ("request_fields", "told"),
    [
        ({"hold_id": "unit-1:none"}, "no hold of this case in force"),
        ({"medium": "x" * 101}, "longer than 100 characters"),
        ({"recipient": "a\nb"}, "cannot be printed"),
        ({"search": DepartmentSearch(plates=tuple(f"{n}AB" for n in range(11)))}, "too many"),
    ],
)
def test_what_cannot_be_booked_is_told_in_a_line(
    desk: ExportDesk, tmp_path: Path, request_fields: dict[str, object], told: str
) -> None:
    with pytest.raises((EvidenceError, SearchError), match=told) as error:
        desk.export(tmp_path / "out", "records", **request_fields)
    assert "\n" not in str(error.value)
    assert not [*(tmp_path / "out").glob("*")]


def test_a_case_without_holds_other_roles_and_a_clock_that_is_not_set_are_refused(
    desk: ExportDesk, people: Inquirers, tmp_path: Path
) -> None:
    with pytest.raises(EvidenceError, match="no read is held for the case"):
        desk.office.exports.accesses(desk("records"), replace(FOR_CASE, case="26-777777"), no_progress)
    with pytest.raises(EvidenceError, match="name the case"):
        desk.office.exports.accesses(desk("records"), Purpose("discovery"), no_progress)
    for role in ("officer", "auditor", "technician"):
        with pytest.raises(AccessError):
            desk.export(tmp_path / "out", role)
    assert records_of(desk.office)[-1].action == "export_case"
    assert not (tmp_path / "out").exists()
    key = TlsFiles(people.directory).media_key
    aside = key.rename(key.with_suffix(".aside"))
    try:
        with pytest.raises(DepartmentError, match="no usable key for media"):
            desk.export(tmp_path / "out")
    finally:
        aside.rename(key)


def test_what_does_not_read_back_or_was_killed_leaves_nothing_that_looks_whole_and_no_booking(
    desk: ExportDesk, tmp_path: Path
) -> None:
    folder, listed = tmp_path / "out", len(desk.office.booked.list(desk("records"), FOR_CASE))
    folder.mkdir()
    (folder / ".part-evidence-0.zip").write_bytes(b"of a try that was killed")

    def damage(done: int, _total: int) -> None:
        (part,) = folder.iterdir()
        assert part.name.startswith(".part-evidence-")
        if done == 4:
            with part.open("r+b") as file:
                file.seek(200)
                file.write(b"changed on the medium")

    request = DepartmentExportRequest()
    with pytest.raises(EvidenceError, match="does not read back as it was written"):
        desk.office.exports.export(desk("records"), FOR_CASE, request, folder, ExportProgress(no_progress, damage))
    assert list(folder.iterdir()) == []
    assert len(desk.office.booked.list(desk("records"), FOR_CASE)) == listed


def test_a_lost_picture_and_a_damaged_record_are_said(desk: ExportDesk, people: Inquirers, tmp_path: Path) -> None:
    picture = people.directory / "images" / CROP.sha256[:2] / f"{CROP.sha256}.jpg"
    content = picture.read_bytes()
    picture.write_bytes(b"changed")
    try:
        booked = desk.export(tmp_path / "out")
    finally:
        picture.write_bytes(content)
    assert (booked.reads, booked.pictures) == (4, 2)
    assert any("Pictures that cannot be read any more" in words for words in booked.left_out)
    assert verdict_of(desk, booked.path, passphrase_of(desk, booked.package_id)).holds


def test_a_hit_whose_record_is_damaged_is_said_and_not_counted(desk: ExportDesk, tmp_path: Path) -> None:
    database, is_hit = desk.office.accounts.database, items.c.item_id == HIT
    with database.writing() as connection:
        sha256 = connection.scalars(select(items.c.sha256).where(is_hit)).one()
        connection.execute(update(items).where(is_hit).values(sha256="0" * 64))
    try:
        booked = desk.export(tmp_path / "out")
    finally:
        with database.writing() as connection:
            connection.execute(update(items).where(is_hit).values(sha256=sha256))
    assert (booked.reads, booked.hits) == (4, 0)
    assert any("is damaged; hits: 1, answers: 0." in words for words in booked.left_out)


def test_the_statement_of_the_key_is_the_departments(desk: ExportDesk, tmp_path: Path) -> None:
    booked = desk.export(tmp_path / "out")
    verdict = verdict_of(desk, booked.path, passphrase_of(desk, booked.package_id))
    said = {each.subject: each.words for each in verdict.statements}
    assert "vouches that it is the key of alpr-edge/evidence" in said[CheckSubject.KEY]
    assert "the department had confirmed" in said[CheckSubject.RECEIPTS]
    assert HIT not in said.values()
