"""The stage of canvasses over a real store: it ends what is over, on record, and holds the reads from before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, select

from alpr_edge.app.stages.canvass_upkeep import CanvassUpkeep
from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnd, CanvassEnding
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.holds.hold import HoldPerson, HoldRelease
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.canvass import canvass_end_item_id
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.store.access_log.schema import FILE_NAME
from alpr_edge.store.canvass.canvass_rows import add_canvass, end_canvass, find_canvass, held_count
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.retention.holds import release
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.domain.canvass.builders import START, at, canvass
from tests.staff import Staff
from tests.store.records import decided, plate_read
from tests.units import write_bare_unit

INSIDE = Position(37.635, -120.995, 40.0, 0.9, "gnss")


class Rig:
    """A unit at moments of a test's choice."""

    def __init__(self, staff: Staff, store: UnitStore) -> None:
        self.staff, self.store = staff, store

    def start(self, number: int, **changes: object) -> Canvass:
        """Start a canvass of an incident of its own."""
        made = canvass(canvass_id=f"unit-1:canvass-{number}", incident=f"26-{number:06}", **changes)
        with self.store.database.write() as connection:
            add_canvass(connection, made, "unit-1")
        return made

    def step_at(self, instant: Instant) -> None:
        """Step until nothing is left to do."""
        stage = CanvassUpkeep(self.staff.unit, self.store.database, ReplayedClock(instant))
        while stage.step():
            pass

    def end_of(self, made: Canvass) -> CanvassEnd | None:
        """How a canvass ended."""
        with self.store.database.read() as connection:
            found = find_canvass(connection, made.canvass_id)
        assert found is not None
        return found.end

    def notes(self, made: Canvass) -> list[tuple[str, str, str]]:
        """What is on record of a canvass."""
        records = [record for record in self.staff.records() if made.canvass_id in record.objects]
        return [(record.action, record.person, record.note) for record in records]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    staff = Staff(write_bare_unit(tmp_path_factory.mktemp("upkeep")))
    with open_store(staff.unit, migrate=True) as store:
        yield Rig(staff, store)


def test_it_ends_what_is_over_on_record_and_nothing_before(rig: Rig) -> None:
    made = rig.start(1)
    rig.step_at(at(59.9))
    assert (rig.end_of(made), rig.notes(made)) == (None, [])
    rig.step_at(at(60))
    assert rig.end_of(made) == CanvassEnd(at(60), HoldPerson("", "unit", ""), CanvassEnding.TIME)
    assert rig.notes(made) == [("end_canvass", "unit", "ended by time")]
    rig.step_at(at(61))
    assert len(rig.notes(made)) == 1
    with rig.store.database.read() as connection:
        assert canvass_end_item_id(made.canvass_id) in set(connection.scalars(select(outbox.c.item_id)))


def test_without_a_clock_it_ends_by_the_time_since_the_boot(rig: Rig) -> None:
    made = rig.start(2, started=at(0, trusted=False), ends=None)
    rig.step_at(at(59, trusted=False))
    assert rig.end_of(made) is None
    rig.step_at(at(60, trusted=False))
    assert rig.end_of(made) is not None


def test_after_a_restart_it_runs_on_and_its_end_is_known_with_the_clock(rig: Rig) -> None:
    made = rig.start(3, started=at(0, trusted=False), ends=None)
    rig.step_at(at(0, boot="boot-2", trusted=False))
    assert rig.end_of(made) is None
    rig.step_at(at(90, boot="boot-2"))
    with rig.store.database.read() as connection:
        found = find_canvass(connection, made.canvass_id)
    assert found is not None
    assert (found.end, found.ends) == (None, START + timedelta(minutes=150))
    rig.step_at(at(150, boot="boot-2"))
    assert rig.end_of(made) is not None


def test_whoever_releases_its_hold_ends_it(rig: Rig) -> None:
    made, bo = rig.start(4), HoldPerson("bo", "Bo Chen", "77aa")
    with rig.store.database.write() as connection:
        release(connection, made.canvass_id, "unit-1", HoldRelease(bo, at(5), "case closed"))
    rig.step_at(at(6))
    assert rig.end_of(made) == CanvassEnd(at(5), bo, CanvassEnding.HAND)


def test_while_it_runs_what_it_holds_is_not_counted_each_second(rig: Rig) -> None:
    rig.start(8)
    rig.step_at(at(1))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        rig.step_at(at(2))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert any("FROM canvasses" in statement for statement in statements)
    assert [statement for statement in statements if "count(" in statement and "held_reads" in statement] == []
    rig.step_at(at(60))


def test_what_somebody_ends_meanwhile_stays_as_they_said(rig: Rig) -> None:
    made, end = rig.start(5), CanvassEnd(at(10), HoldPerson("bo", "Bo Chen", ""), CanvassEnding.HAND)
    with rig.store.database.write() as connection:
        end_canvass(connection, made.canvass_id, end, "unit-1")
    rig.step_at(at(70))
    assert rig.end_of(made) == end


def test_it_holds_the_reads_of_before(rig: Rig) -> None:
    for number, minutes in enumerate((-50, -20, -10)):
        seen = at(minutes)
        read = replace(plate_read(f"early-{number}"), position=INSIDE, first_seen=seen, last_seen=seen)
        rig.store.reads.commit([decided(read)])
    made = rig.start(6)
    rig.step_at(at(1))
    with rig.store.database.read() as connection:
        assert held_count(connection, made.canvass_id) == 2
    rig.step_at(at(60))


def test_nothing_ends_that_is_not_on_record(rig: Rig) -> None:
    made, log = rig.start(7), rig.staff.unit.unit.data_directory / FILE_NAME
    log.rename(log.with_suffix(".away"))
    with pytest.raises(StoreError):
        rig.step_at(at(70))
    assert rig.end_of(made) is None
    log.with_suffix(".away").rename(log)
    rig.step_at(at(71))
    assert rig.end_of(made) is not None
