"""People search the department's reads: by their roles, for a purpose, on record before anything is shown."""

import math
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from alpr_edge.access.attempts import PasswordAttempt, SignInOutcome
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice, open_office, sign_in_answer
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.errors import AccessError, LostError, SearchError, StoreError
from alpr_edge.domain.ground.areas import CORNERS_MAX, GroundPolygon, parse_ground_area
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.permissions.table import GRANTS
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef
from tests.department.engines import query
from tests.department.inquiries.conftest import TRAFFIC
from tests.department.inquiries.inquirers import (
    ADDRESS,
    LOGIN,
    PASSWORDS,
    SECRET,
    Inquirers,
    StillClock,
    authoriser_of,
    changed_person,
    office_with_limits,
    records_of,
)
from tests.department.people.office import PASSWORD
from tests.department.search.traffic import BEGIN, DAYS, UNITS, matching_ids
from tests.store.records import plate_read
from tests.uplink.items import image_item

STOLEN = Purpose("stolen_vehicle")
WHOLE = SearchPeriod(BEGIN, BEGIN + timedelta(days=DAYS + 1))
PLATES = sorted({read.plate for read in TRAFFIC})


@pytest.mark.parametrize("role", [role.value.replace("_", "-") for role in GRANTS])
def test_the_table_of_permissions_says_whose_role_may_search(
    office: InquiryOffice, inquirers: Inquirers, role: str
) -> None:
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids[role])
    search = DepartmentSearch(plates=(PLATES[0],))
    may = Action.SEARCH in {each.value.replace("_", "-"): grants for each, grants in GRANTS.items()}[role]
    if may:
        page = office.reads.page(authoriser, STOLEN, search)
        assert [read.read_id for read in page.reads] == matching_ids(TRAFFIC, search, by_plate=True)
    else:
        with pytest.raises(AccessError, match="none of your roles"):
            office.reads.page(authoriser, STOLEN, search)
    (record,) = records_of(office, first)
    assert (record.person_id, record.action, record.query) == (inquirers.ids[role], "search_reads", PLATES[0])
    assert (record.outcome, record.purpose, record.unit_id) == (
        AccessOutcome.ALLOWED if may else AccessOutcome.REFUSED, "stolen_vehicle", "department",
    )  # fmt: skip
    assert record.shown == (len(page.reads) if may else 0)


def test_each_of_several_plates_is_on_record_with_what_was_shown_of_it(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    first, some = office.log.size(), tuple(PLATES[:3])
    page = office.reads.page(authoriser_of(office, inquirers.ids["officer"]), STOLEN, DepartmentSearch(plates=some))
    records = {record.query: record for record in records_of(office, first)}
    assert set(records) == set(some)
    for plate, record in records.items():
        shown = [f"{read.unit_id}/{read.read_id}" for read in page.reads if read.plate == plate]
        assert (list(record.objects), record.shown) == (shown, len(shown))
    with pytest.raises(SearchError, match="too many for one search; 10 at most"):
        office.reads.page(
            authoriser_of(office, inquirers.ids["officer"]), STOLEN, DepartmentSearch(plates=tuple(PLATES[:11]))
        )


def test_a_refused_search_by_several_plates_names_each_of_them(office: InquiryOffice, inquirers: Inquirers) -> None:
    first, some = office.log.size(), tuple(PLATES[:3])
    authoriser = authoriser_of(office, inquirers.ids["officer"])
    with pytest.raises(AccessError, match="this purpose needs a case number"):
        office.reads.page(authoriser, Purpose("criminal_investigation", "homicide"), DepartmentSearch(plates=some))
    records = records_of(office, first)
    assert [(record.query, record.reason) for record in records] == [(plate, "case_missing") for plate in some]


def test_a_search_without_a_plate_says_in_words_what_it_was_by(office: InquiryOffice, inquirers: Inquirers) -> None:
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids["records"])
    page = office.reads.page(authoriser, STOLEN, DepartmentSearch(unit_id=UNITS[0], period=WHOLE))
    (record,) = records_of(office, first)
    assert (record.query, record.shown) == ("", len(page.reads))
    assert record.note == "seen 2026-05-04T00:00:00.000Z to 2026-05-08T00:00:00.000Z, unit car-1"


def test_the_record_of_a_search_holds_every_corner_of_its_area_with_unit_and_state(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    turns = [2 * math.pi * number / CORNERS_MAX for number in range(CORNERS_MAX)]
    corners = tuple((37.63 + 0.005 * math.sin(turn) / 3, -121 + 0.005 * math.cos(turn) / 3) for turn in turns)
    area, purpose = GroundPolygon(corners), replace(STOLEN, note="x" * 500)
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids["records"])
    search = DepartmentSearch(area=area, unit_id=UNITS[0], camera_id="front", state="CA", period=WHOLE)
    office.reads.page(authoriser, purpose, search)
    (record,) = records_of(office, first)
    assert ", unit car-1, camera front, state CA or not read, within 32 corners; xxx" in record.note
    assert record.whole_note == f"{record.note}: {record.corners}"
    kept = parse_ground_area(record.corners)
    assert isinstance(kept, GroundPolygon)
    assert [each == pytest.approx(corner, abs=1e-6) for each, corner in zip(kept.corners, corners, strict=True)] == (
        [True] * CORNERS_MAX
    )


def test_whoever_may_not_see_the_departments_data_finds_nothing(office: InquiryOffice, inquirers: Inquirers) -> None:
    person_id = inquirers.ids["supervisor"]
    with changed_person(office, person_id, sources=["state"]), pytest.raises(AccessError, match="source of this data"):
        office.reads.page(authoriser_of(office, person_id), STOLEN, DepartmentSearch(plates=(PLATES[0],)))
    untrained = changed_person(office, person_id, cjis_training_until="2026-11-01T00:00:00.000Z")
    with untrained, pytest.raises(AccessError, match="CJIS security training"):
        office.reads.page(authoriser_of(office, person_id), STOLEN, DepartmentSearch(plates=(PLATES[0],)))


def test_nobody_pulls_reads_out_in_bulk(office: InquiryOffice, inquirers: Inquirers, clock: StillClock) -> None:
    clock.move(2 * 24 * 3600)
    person_id, search = inquirers.ids["commander"], DepartmentSearch(unit_id=UNITS[0], period=WHOLE)
    some = office_with_limits(office, searches_max=3, reads_max=10_000)
    for _ in range(3):
        some.reads.page(authoriser_of(some, person_id), STOLEN, search, size=5)
    with pytest.raises(AccessError, match="3 pages of searches within an hour, as many as may be"):
        some.reads.page(authoriser_of(some, person_id), STOLEN, search, size=5)
    assert records_of(office)[-1].reason == "too_much"
    some.reads.page(authoriser_of(some, inquirers.ids["officer"]), STOLEN, search, size=5)
    clock.move(3601)
    some.reads.page(authoriser_of(some, person_id), STOLEN, search, size=5)
    few = office_with_limits(office, searches_max=1000, reads_max=20)
    with pytest.raises(AccessError, match="20 reads within a day"):
        few.reads.page(authoriser_of(few, person_id), STOLEN, search, size=5)
    clock.move(24 * 3600)
    few.reads.page(authoriser_of(few, person_id), STOLEN, search, size=5)


def test_the_departments_file_says_how_much_one_person_may_look_at(inquirers: Inquirers, clock: StillClock) -> None:
    file, search = inquirers.directory / FILE_NAME, DepartmentSearch(unit_id=UNITS[0], period=WHOLE)
    before = file.read_text() if file.exists() else ""
    file.write_text(f"{before}\n[search]\npages_per_hour = 3\nreads_per_day = 50\n")
    clock.move(10 * 24 * 3600)
    try:
        with open_office(inquirers.directory, clock, PASSWORDS) as some:
            often, much = (authoriser_of(some, inquirers.ids[role]) for role in ("commander", "officer"))
            for _ in range(3):
                some.reads.page(often, STOLEN, search, size=1)
            with pytest.raises(AccessError, match="3 pages of searches within an hour"):
                some.reads.page(often, STOLEN, search, size=1)
            shown = [len(some.reads.page(much, STOLEN, search, size=25).reads) for _ in range(2)]
            assert sum(shown) == 50
            with pytest.raises(AccessError, match="50 reads within a day"):
                some.reads.page(much, STOLEN, search, size=25)
    finally:
        file.write_text(before)


def test_what_cannot_be_put_on_record_is_not_shown(office: InquiryOffice, inquirers: Inquirers) -> None:
    authoriser = authoriser_of(office, inquirers.ids["officer"])
    query(inquirers.directory, "ALTER TABLE access_nodes RENAME TO elsewhere")
    try:
        with pytest.raises(StoreError, match="nothing is shown or changed, as it cannot be put on record"):
            office.reads.page(authoriser, STOLEN, DepartmentSearch(plates=(PLATES[0],)))
        attempt = PasswordAttempt("B0", PASSWORD, pyotp.TOTP(SECRET).at(int(authoriser.clock.now().utc.timestamp())))  # type: ignore[union-attr] # the clock is set
        with pytest.raises(StoreError, match="nobody is signed in"):
            office.sign_ins(Caller(LOGIN, "", ADDRESS)).sign_in(attempt, is_acknowledged=True)
    finally:
        query(inquirers.directory, "ALTER TABLE elsewhere RENAME TO access_nodes")


def test_people_sign_in_with_password_and_code_and_that_is_on_record(
    office: InquiryOffice, inquirers: Inquirers, clock: StillClock
) -> None:
    clock.move(7 * 24 * 3600)
    first, utc = office.log.size(), clock.instant.utc
    assert utc is not None
    attempt = PasswordAttempt("auditor@modesto.example", PASSWORD, pyotp.TOTP(SECRET).at(int(utc.timestamp())))
    sign_ins = office.sign_ins(Caller(LOGIN, "", ADDRESS))
    wrong = sign_ins.sign_in(replace(attempt, password="no"), is_acknowledged=True)
    result = sign_ins.sign_in(attempt, is_acknowledged=True)
    again = sign_ins.sign_in(attempt, is_acknowledged=True)
    assert [wrong.outcome, result.outcome, again.outcome] == [
        SignInOutcome.WRONG_PASSWORD, SignInOutcome.SIGNED_IN, SignInOutcome.CODE_USED,
    ]  # fmt: skip
    assert sign_in_answer(wrong) == sign_in_answer(again) != sign_in_answer(result)
    signed_in = office.sign_ins(Caller(LOGIN, result.token, ADDRESS))
    assert signed_in.sign_out()
    records = records_of(office, first)
    assert [(each.action, each.outcome.value, each.reason) for each in records] == [
        ("sign_in", "refused", "wrong_password"),
        ("sign_in", "allowed", ""),
        ("sign_in", "refused", "code_used"),
        ("sign_out", "allowed", ""),
    ]
    assert {each.person_id for each in records} == {inquirers.ids["auditor"]}


def test_a_read_and_its_pictures_are_shown_and_on_record(office: InquiryOffice, inquirers: Inquirers) -> None:
    image = image_item(7)
    read = replace(
        plate_read("car-1:pictured", "7PIC462"),
        unit_id="car-1",
        evidence=(EvidenceRef(EvidenceKind.CROP, image.sha256, len(image.body)),),
    )
    body = encode(read_payload(read))
    parts = [image, OutboxItem(read.read_id, ItemKind.READ, body, digest(body))]
    with closing(Storage(inquirers.directory, create=False)) as storage:
        storage.store("car-1", [Part(each.item_id, each.kind, each.body, each.sha256) for each in parts])
    authoriser = authoriser_of(office, inquirers.ids["officer"])
    (found,) = office.reads.page(authoriser, STOLEN, DepartmentSearch(plates=("7PIC462",))).reads
    first = office.log.size()
    shown, pictures = office.reads.read(authoriser, STOLEN, found)
    assert (shown, [each.kind for each in pictures]) == (found, [EvidenceKind.CROP])
    assert office.reads.picture(authoriser, STOLEN, found, pictures[0].sha256) == image.body
    with pytest.raises(SearchError, match="no such read"):
        office.reads.picture(authoriser, STOLEN, found, "0" * 64)
    (inquirers.directory / "images" / image.sha256[:2] / f"{image.sha256}.jpg").write_bytes(b"changed")
    with pytest.raises(LostError, match="was changed"):
        office.reads.picture(authoriser, STOLEN, found, image.sha256)
    records = records_of(office, first)
    assert [(each.action, each.objects, each.shown_bytes) for each in records] == [
        ("show_reads", ("car-1/car-1:pictured",), 0),
        ("show_reads", ("car-1/car-1:pictured",), len(image.body)),
        ("show_reads", ("car-1/car-1:pictured",), 0),
        ("show_reads", ("car-1/car-1:pictured",), 0),
    ]
    assert [each.note for each in records] == ["", "", "not done: SearchError", "not done: LostError"]
    assert [each.shown for each in records] == [1, 1, 0, 0]
