"""Canvasses are started, ended and shown by services: who may, what is on record, and what was found."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.domain.canvass.canvass import CanvassEnding
from alpr_edge.domain.errors import AccessError, CanvassError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import CORNERS_MAX, parse_ground_area
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.canvass.canvass_input import CanvassPlan, CanvassRequest, parse_canvass
from alpr_edge.services.canvass.canvass_results import canvass_page, canvass_result
from alpr_edge.services.canvass.unit_canvasses import UnitCanvasses, canvass_purpose
from alpr_edge.settings.canvass import CanvassSettings
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import STOLEN, Staff
from tests.store.records import decided, plate_read

NUMBERS = count(1)
HERE = Position(37.64, -120.99, 40.0, 0.9, "gnss")


@pytest.fixture(scope="module")
def store(staff: Staff) -> Iterator[UnitStore]:
    with open_store(staff.unit, migrate=True) as store:
        yield store


@pytest.fixture(scope="module")
def canvasses(store: UnitStore) -> UnitCanvasses:
    return UnitCanvasses(store.database, "unit-1", partial(new_id, "unit-1"))


@pytest.fixture
def purpose() -> Purpose:
    """An incident of its own for each test."""
    return Purpose("crime_scene_canvass", "homicide", f"26-{next(NUMBERS):06}")


def plan(staff: Staff, **words: object) -> CanvassPlan:
    return parse_canvass(CanvassRequest(**words), CanvassSettings(), staff.clock.now())  # type: ignore[arg-type] # any field


def read_now(staff: Staff, store: UnitStore, position: Position | None = HERE, **changes: object) -> str:
    now, name = staff.clock.now(), f"unit-1:read-{next(NUMBERS)}"
    read = replace(plate_read(name), position=position, first_seen=now, last_seen=now)
    store.reads.commit([decided(replace(read, **changes))])  # type: ignore[arg-type] # any field
    return name


def test_from_start_to_result_everything_is_on_record(
    staff: Staff, store: UnitStore, canvasses: UnitCanvasses, chief: Authoriser, purpose: Purpose
) -> None:
    before = len(staff.records())
    state = canvasses.start(chief, purpose, plan(staff, area="37.64,-120.99,500", partials=("7ab*", "*999")))
    canvass_id = state.canvass.canvass_id
    assert (state.read_count, state.canvass.incident) == (0, purpose.case)
    inside, unplaced = read_now(staff, store), read_now(staff, store, None, plate="4XYZ999", alternatives=())
    read_now(staff, store, replace(HERE, lat_deg=37.7))
    assert canvasses.show(chief, purpose, canvass_id).read_count == 2
    assert [each.canvass.canvass_id for each in canvasses.running()] == [canvass_id]
    ended = canvasses.end(chief, purpose, canvass_id)
    assert ended.canvass.end is not None
    assert (ended.canvass.end.how, ended.canvass.end.by.person) == (CanvassEnding.HAND, "Chief")
    result = canvass_result(store.database, chief, purpose, canvass_id, "unit-1")
    assert [read.read_id for read in result.reads] == [inside, unplaced]
    assert (len(result.candidates), result.unplaced_count, result.untimed_count) == (2, 1, 0)
    made = [(record.action, record.query, record.shown) for record in staff.records()[before:]]
    assert made == [
        ("start_canvass", "", 0),
        ("show_canvasses", "", 1),
        ("end_canvass", "", 0),
        ("show_canvass_result", "*999", 1),
        ("show_canvass_result", "7AB*", 1),
        ("show_canvass_result", "", 2),
    ]
    assert {record.case for record in staff.records()[before:]} == {purpose.case}
    assert {record.offence for record in staff.records()[before:]} == {"homicide"}


def test_a_canvass_of_many_corners_is_on_record_with_all_of_them(
    staff: Staff, canvasses: UnitCanvasses, chief: Authoriser, purpose: Purpose
) -> None:
    turns = [2 * math.pi * number / CORNERS_MAX for number in range(CORNERS_MAX)]
    corners = " ".join(f"{37.64 + math.sin(turn) / 210:.6f},{-120.99 + math.cos(turn) / 210:.6f}" for turn in turns)
    canvass_id = canvasses.start(chief, purpose, plan(staff, area=corners)).canvass.canvass_id
    record = staff.records()[-1]
    assert record.corners == str(parse_ground_area(corners))
    assert record.note.startswith("canvass within 32 corners, for ")
    canvasses.end(chief, purpose, canvass_id)


def test_the_pages_of_a_result_show_each_read_once(
    staff: Staff, store: UnitStore, canvasses: UnitCanvasses, chief: Authoriser, purpose: Purpose
) -> None:
    canvass_id = canvasses.start(chief, purpose, plan(staff)).canvass.canvass_id
    names = [read_now(staff, store) for _ in range(30)]
    first, second, beyond = (canvass_page(store.database, chief, purpose, canvass_id, n) for n in (1, 2, 99))
    assert [read.read_id for read in (*first.reads, *second.reads)] == names
    assert (first.page_count, first.read_count, second.first_number) == (2, 30, 26)
    assert (beyond.number, beyond.reads) == (2, second.reads)
    assert first.map.startswith("<svg ")
    assert second.map == ""
    canvasses.end(chief, purpose, canvass_id)


def test_every_read_of_a_large_result_is_on_record(
    staff: Staff, store: UnitStore, canvasses: UnitCanvasses, chief: Authoriser, purpose: Purpose
) -> None:
    canvass_id = canvasses.start(chief, purpose, plan(staff, partials=("7ab*",))).canvass.canvass_id
    read, names = plate_read(read_now(staff, store)), [f"unit-1:{number:060}" for number in range(700)]
    now = staff.clock.now()
    reads = [replace(read, read_id=name, position=HERE, first_seen=now, last_seen=now) for name in names]
    store.reads.commit([decided(each) for each in reads])
    before = len(staff.records())
    result = canvass_result(store.database, chief, purpose, canvass_id, "unit-1")
    assert len(result.reads) == 701
    records = staff.records()[before:]
    for query in ("", "7AB*"):
        named = [each for record in records if record.query == query for each in record.objects]
        assert sorted(named) == sorted(each.read_id for each in result.reads)
        assert sum(record.shown for record in records if record.query == query) == 701
    canvasses.end(chief, purpose, canvass_id)


def test_a_canvass_is_looked_at_for_its_own_incident_alone(
    staff: Staff, store: UnitStore, canvasses: UnitCanvasses, chief: Authoriser, purpose: Purpose
) -> None:
    state = canvasses.start(chief, purpose, plan(staff))
    canvass_id, other = state.canvass.canvass_id, replace(purpose, case="26-999999")
    assert canvass_purpose(state.canvass) == purpose
    for look in (canvasses.show, canvasses.end):
        with pytest.raises(CanvassError, match="of another incident"):
            look(chief, other, canvass_id)
        with pytest.raises(CanvassError, match="no such canvass"):
            look(chief, purpose, "none")
    with pytest.raises(CanvassError, match="of another incident"):
        canvass_result(store.database, chief, other, canvass_id, "unit-1")
    assert staff.records()[-1].note == "not done: CanvassError" or staff.records()[-1].shown == 0
    canvasses.end(chief, purpose, canvass_id)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"code": "stolen_vehicle"}, "."),
        ({"offence": None}, "offence"),
        ({"case": None}, "case"),
        ({"case": "x"}, "99-999999"),
    ],
)
def test_without_purpose_offence_or_incident_nothing_is_started(
    staff: Staff, canvasses: UnitCanvasses, chief: Authoriser, purpose: Purpose, changes: dict[str, str], says: str
) -> None:
    with pytest.raises(AccessError, match=says):
        canvasses.start(chief, replace(purpose, **changes), plan(staff))
    assert staff.records()[-1].outcome == "refused"
    assert canvasses.running() == []


def test_nobody_and_who_may_not_start_or_see_anything(
    staff: Staff, store: UnitStore, canvasses: UnitCanvasses, chief: Authoriser, nobody: Authoriser, purpose: Purpose
) -> None:
    canvass_id = canvasses.start(chief, purpose, plan(staff)).canvass.canvass_id
    with staff.authoriser("records") as clerk:
        for caller in (nobody, clerk):
            with pytest.raises(AccessError):
                canvasses.start(caller, replace(purpose, case="26-000000"), plan(staff))
            with pytest.raises(AccessError):
                canvasses.show_all(caller, purpose)
            with pytest.raises(AccessError):
                canvasses.end(caller, purpose, canvass_id)
            with pytest.raises(AccessError):
                canvass_page(store.database, caller, purpose, canvass_id, 1)
    with pytest.raises(AccessError):
        canvasses.show_all(chief, STOLEN)
    assert len(canvasses.show_all(chief, purpose)) >= 1
    canvasses.end(chief, purpose, canvass_id)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"area": "here"}, "latitude,longitude,radius"),
        ({"area": "0,0 0,1 1,0 1,1"}, "cross or touch"),
        ({"ends": "soon"}, "the end is such as 90m, 12h or 3d"),
        ({"ends": "4m"}, "from 5 minutes to 14 days"),
        ({"ends": "2020-01-01T00:00"}, "say how long it lasts"),  # this clock is not confirmed
        ({"before": "8d"}, "at most 7 days"),
        ({"before": "-4h"}, "such as 30m, 4h or 1d"),
        ({"partials": ("7",)}, "a part of one"),
        ({"partials": tuple(f"7AB{n}*" for n in range(11))}, "at most 10 plates"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(words: dict[str, str], says: str) -> None:
    with pytest.raises(CanvassError, match=says) as error:
        parse_canvass(CanvassRequest(**words), CanvassSettings(), Instant("b", 1))  # type: ignore[arg-type] # as above
    assert "\n" not in str(error.value)


def test_what_was_not_said_is_as_the_settings_have_it(staff: Staff) -> None:
    settings = CanvassSettings(lasts_h=2.0, before_h=0.5)
    now = replace(staff.clock.now(), utc_source=UtcSource.NTP)
    made = parse_canvass(CanvassRequest(partials=("7ab?", "", "7AB?")), settings, now)
    assert (made.area, made.lasts, made.before) == (None, timedelta(hours=2), timedelta(minutes=30))
    assert made.partials == ("7AB?",)
    assert now.utc is not None
    end = (now.utc + timedelta(hours=3)).isoformat()
    later = parse_canvass(CanvassRequest(ends=end, before="0"), settings, now)
    assert (later.lasts, later.before) == (timedelta(hours=3), timedelta())


def test_a_canvass_that_ends_on_a_day_lasts_to_the_end_of_it(staff: Staff) -> None:
    noon = datetime(2026, 5, 4, 12).astimezone()
    now = replace(staff.clock.now(), utc_source=UtcSource.NTP, utc=noon)
    made = parse_canvass(CanvassRequest(ends="2026-05-05"), CanvassSettings(), now)
    assert made.lasts == timedelta(days=1, hours=12)
