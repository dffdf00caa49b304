"""The board of units on each engine: what is told of each, without any plate, and the end of one on record."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.inquiries.units.unit_board import map_points
from alpr_edge.department.list_requests import ListRequest
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.instants import Instant, UtcSource
from tests.department.engines import EngineUnderTest
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.hits.board_office import HITS, deliver, now
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock, authoriser_of, records_of
from tests.department.inquiries.units.fleet import (
    FAULTY,
    HEARD,
    RETIRED,
    SILENT,
    deliver_fleet,
    heartbeat_at,
    store_heartbeat,
)
from tests.department.interchange.exchange_office import UNIT, read_item_of, read_now


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    some = Inquirers.make(tmp_path_factory.mktemp("units") / "department", engine, now())
    with closing(Storage(some.directory, create=False)) as storage:
        storage.units.invite(UNIT, timedelta(hours=1))
        storage.units.invite("unit-2", timedelta(hours=1))
        storage.list_requests.note(ListRequest(UNIT, "doj-svs", 3))
    deliver(some.directory, *(read_item_of(read_now(read_id, plate)) for plate, read_id in HITS.items()))
    return some


@pytest.fixture
def office(inquirers: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(Instant("boot", 10**12, now(), UtcSource.NTP))
    with open_office(inquirers.directory, clock, PASSWORDS) as some:
        yield some


def test_each_unit_is_told_with_lists_and_place_and_without_plates(office: InquiryOffice, inquirers: Inquirers) -> None:
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids["technician"])
    overview = office.units.overview(authoriser)
    (record,) = records_of(office, first)
    assert (record.action, record.objects, record.shown) == ("show_units", (UNIT, "unit-2"), 2)
    known, other = overview.lines
    assert [(each.source, each.serial, each.newest) for each in known.lists] == [("doj-svs", 3, None)]
    assert (known.place is None, other.place, known.heard, other.lists) == (False, None, None, ())
    assert overview.roster_serial == 1
    assert not re.search("|".join(HITS), repr(overview))
    assert len(map_points([known], 100.0, 50.0, 5.0)) == 1
    with pytest.raises(AccessError, match="none of your roles"):
        office.units.overview(authoriser_of(office, inquirers.ids["officer"]))


def test_how_each_unit_stands_and_where_it_was_by_its_newest_word(
    office: InquiryOffice, inquirers: Inquirers, tmp_path: Path
) -> None:
    deliver_fleet(inquirers.directory, tmp_path)
    authoriser = authoriser_of(office, inquirers.ids["technician"])
    lines = {line.record.unit_id: line for line in office.units.overview(authoriser).lines}
    assert {unit_id: (line.contact.value, line.state_words) for unit_id, line in lines.items()} == {
        HEARD: ("heard", "valid"),
        FAULTY: ("faults", "valid"),
        SILENT: ("silent", "valid"),
        RETIRED: ("ended", "retired"),
        UNIT: ("silent", "invited"),
        "unit-2": ("silent", "invited"),
    }
    place = lines[HEARD].place
    assert place is not None
    assert (place.lat_deg, place.lon_deg, place.source) == (37.639, -120.997, "heartbeat")
    for ago, source in ((timedelta(hours=2), "read"), (timedelta(seconds=-30), "heartbeat")):
        store_heartbeat(inquirers.directory, UNIT, heartbeat_at((37.1, -121.5), ago))
        (known,) = (line for line in office.units.overview(authoriser).lines if line.record.unit_id == UNIT)
        assert known.place is not None
        assert (known.place.source.value, known.place.lat_deg == 37.1) == (source, source == "heartbeat")


def test_a_unit_ends_by_an_administrator_with_a_reason_and_on_record(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    with pytest.raises(AccessError, match="none of your roles"):
        office.units.revoke(authoriser_of(office, inquirers.ids["technician"]), "unit-2", "lost or stolen")
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids["alpr-administrator"])
    with pytest.raises(DepartmentError, match="say why"):
        office.units.revoke(authoriser, "unit-2", " ")
    with pytest.raises(DepartmentError, match="no such unit"):
        office.units.revoke(authoriser, "unit-9", "lost or stolen")
    assert office.units.revoke(authoriser, "unit-2", "lost or stolen").codes == 1
    records = [(each.action, each.objects, each.note) for each in records_of(office, first)]
    assert records == [
        ("revoke_unit", ("unit-9",), "lost or stolen"),
        ("revoke_unit", ("unit-9",), "not done: DepartmentError; lost or stolen"),
        ("revoke_unit", ("unit-2",), "lost or stolen"),
    ]


def test_what_a_stolen_unit_held_is_told_of_after_it_is_enrolled_again(
    office: InquiryOffice, inquirers: Inquirers, tmp_path: Path
) -> None:
    enrol_unit(inquirers.directory, "car-31", tmp_path / "first")
    with closing(Storage(inquirers.directory, create=False)) as storage:
        storage.units.revoke("car-31", "taken at night", UnitEnd.STOLEN)
    enrol_unit(inquirers.directory, "car-31", tmp_path / "second")
    lines = office.units.overview(authoriser_of(office, inquirers.ids["technician"])).lines
    (line,) = (each for each in lines if each.record.unit_id == "car-31")
    assert (line.state_words, line.exposed_words) == ("valid", "lost or stolen")
    assert line.exposed_people > 0
