"""Canvasses as they are stored: started once, ended once, never changed; and what is held for them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from alpr_edge.domain.canvass.canvass import RUNNING_MAX, Canvass, CanvassEnd, CanvassEnding
from alpr_edge.domain.errors import CanvassError, StoreError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.holds.hold import HoldKind, HoldPerson, HoldRelease
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.canvass import (
    CanvassEndPayload,
    CanvassPayload,
    canvass_end_item_id,
    canvass_item_id,
)
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.store.canvass.canvass_reads import earlier_reads_left, hold_earlier_reads, hold_new_reads
from alpr_edge.store.canvass.canvass_rows import (
    add_canvass,
    end_canvass,
    find_canvass,
    held_count,
    newest_canvasses,
    running_canvasses,
    settle_end,
)
from alpr_edge.store.canvass.held_rows import canvass_reads, held_reads_of
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import canvasses, held_reads, outbox
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.reads import commit
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention.holds import find_hold, release
from tests.domain.canvass.builders import START, at, canvass
from tests.store.records import closed, decided, plate_read

INSIDE = Position(37.635, -120.995, 40.0, 0.9, "gnss")
OUTSIDE = replace(INSIDE, lat_deg=37.7)
BO = HoldPerson("bo", "Bo Chen", "77aa")


@pytest.fixture
def store(database: Database, images: ImageStore) -> ReadStore:
    """As a unit opens it."""
    return ReadStore(database, images, hold_new_reads)


@pytest.fixture
def running(database: Database) -> Canvass:
    made = canvass()
    start(database, made)
    return made


def start(database: Database, made: Canvass) -> None:
    with database.write() as connection:
        add_canvass(connection, made, "unit-1")


def end(database: Database, made: Canvass, when: Instant | None = None) -> None:
    with database.write() as connection:
        end_canvass(connection, made.canvass_id, CanvassEnd(when or at(40), BO, CanvassEnding.HAND), "unit-1")


def decision(name: str, minutes: float = 1, position: Position | None = INSIDE, **changes: object) -> ReadUpdate:
    seen = at(minutes)
    read = replace(plate_read(name), position=position, first_seen=seen, last_seen=seen)
    return decided(replace(read, **changes))  # type: ignore[arg-type] # any field


def held_ids(database: Database, canvass_id: str = "unit-1:canvass-1") -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(held_reads.c.read_id).where(held_reads.c.hold_id == canvass_id)))


def test_it_comes_back_as_it_was_and_ends_once(database: Database, running: Canvass) -> None:
    with database.read() as connection:
        assert find_canvass(connection, running.canvass_id) == running
        assert (running_canvasses(connection), newest_canvasses(connection)) == ([running], [running])
        hold = find_hold(connection, running.canvass_id)
    assert hold is not None
    assert (hold.terms.kind, hold.terms.case_number, hold.by) == (HoldKind.CANVASS, "26-001234", running.by)
    end(database, running)
    with database.read() as connection:
        found = find_canvass(connection, running.canvass_id)
        assert running_canvasses(connection) == []
    assert found == replace(running, end=CanvassEnd(at(40), BO, CanvassEnding.HAND))
    with pytest.raises(CanvassError, match="has ended already"):
        end(database, running)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM canvasses",
        "UPDATE canvasses SET incident = '26-999999'",
        "UPDATE canvasses SET area = NULL",
        "UPDATE canvasses SET ends = NULL",
        "UPDATE canvasses SET ended_boot_id = NULL",
        "UPDATE canvasses SET ended_by = 'somebody'",
    ],
)
def test_nothing_of_it_is_changed_or_removed(database: Database, running: Canvass, statement: str) -> None:
    end(database, running)
    with pytest.raises(StoreError), database.write() as connection:
        connection.execute(text(statement))


def test_it_travels_with_its_end_under_a_kind_that_every_release_sends(database: Database, running: Canvass) -> None:
    end(database, running)
    with database.read() as connection:
        rows = {row.item_id: row for row in connection.execute(select(outbox))}
    item, last = rows[canvass_item_id(running.canvass_id)], rows[canvass_end_item_id(running.canvass_id)]
    assert (item.kind, kind_of(item.item_id, ItemKind(item.kind))) == ("access", ItemKind.CANVASS)
    assert (last.kind, kind_of(last.item_id, ItemKind(last.kind))) == ("access", ItemKind.CANVASS_END)
    payload = CanvassPayload.model_validate_json(item.body)
    assert (payload.incident, payload.area, payload.partials) == ("26-001234", str(running.area), ["7AB*"])
    assert (payload.before_s, payload.lasts_s, payload.person) == (1800.0, 3600.0, "Ana Ruiz")
    ended = CanvassEndPayload.model_validate_json(last.body)
    assert (ended.how, ended.person, ended.read_count) == ("hand", "Bo Chen", 0)


def test_too_many_and_twice_the_same_are_refused(database: Database) -> None:
    for number in range(RUNNING_MAX):
        start(database, canvass(canvass_id=f"unit-1:canvass-{number}", incident=f"26-00000{number}"))
    with pytest.raises(CanvassError, match=f"{RUNNING_MAX} canvasses run already; end one of them first"):
        start(database, canvass(canvass_id="unit-1:canvass-x", incident="26-999999"))
    end(database, canvass(canvass_id="unit-1:canvass-0"))
    with pytest.raises(CanvassError, match="of this incident and area runs already"):
        start(database, canvass(canvass_id="unit-1:canvass-x", incident="26-000003"))
    start(database, canvass(canvass_id="unit-1:canvass-x", incident="26-000003", area=None))


def test_each_read_is_held_for_all_that_take_it_however_it_is_stored(
    database: Database, store: ReadStore, running: Canvass
) -> None:
    start(database, canvass(canvass_id="unit-1:everywhere", incident="26-000001", area=None))
    early, inside = decision("early", -40), decision("inside")
    store.commit([early, inside, decision("outside", position=OUTSIDE), decision("unplaced", position=None)])
    assert held_ids(database) == {"inside", "unplaced"}
    assert held_ids(database, "unit-1:everywhere") == {"inside", "outside", "unplaced"}
    # A pass that began before and went on: its end is inside.
    store.commit([closed(replace(early.read, last_seen=at(2))), closed(inside.read)])
    assert held_ids(database) == {"inside", "unplaced", "early"}
    # A person corrects a read.
    with store.adding() as connection:
        commit.correct(connection, decision("corrected", 3, supersedes="inside", corrected_by="ana"))
    assert "corrected" in held_ids(database)


def test_what_is_still_on_its_way_to_the_store_as_it_ends_is_held(
    database: Database, store: ReadStore, running: Canvass
) -> None:
    end(database, running, at(40))
    store.commit([decision("in-time", 39.9), decision("too-late", 40.1)])
    assert held_ids(database) == {"in-time"}


def test_a_released_hold_takes_no_more_and_reads_are_stored_all_the_same(
    database: Database, store: ReadStore, running: Canvass
) -> None:
    store.commit([decision("first")])
    with database.write() as connection:
        release(connection, running.canvass_id, "unit-1", HoldRelease(BO, at(5), "case closed"))
    (stored,) = store.commit([decision("second", 6)])
    assert (stored.read_id, held_ids(database)) == ("second", {"first"})


def test_an_area_that_a_later_release_wrote_counts_as_everywhere(database: Database, store: ReadStore) -> None:
    start(database, canvass())
    with database.write() as connection:
        connection.execute(text("DROP TRIGGER canvasses_are_ended_once"))
        connection.execute(canvasses.update().values(area="ellipse 1 2 3 4"))
    store.commit([decision("outside", position=OUTSIDE)])
    assert held_ids(database) == {"outside"}


def test_the_reads_of_before_are_held_step_by_step(database: Database, store: ReadStore) -> None:
    names = [f"read-{number}" for number in range(10)]
    store.commit([decision(name, number * 4 - 40) for number, name in enumerate(names)])
    store.commit([decision("outside", -5, OUTSIDE), decision("unplaced", -5, None)])
    start(database, canvass())
    with database.read() as connection:
        assert earlier_reads_left(connection, "unit-1:canvass-1") == 12
    steps = 0
    while hold_earlier_reads(database, "unit-1", rows_max=4):
        steps += 1
    assert steps == 3
    assert held_ids(database) == {*names[3:], "unplaced"}, "those of the last half hour"
    with database.read() as connection:
        assert held_count(connection, "unit-1:canvass-1") == 8


def test_a_read_without_a_clock_is_placed_by_its_boot_or_kept(database: Database, store: ReadStore) -> None:
    early, late, never = (at(0, boot=f"boot-{name}", trusted=False) for name in ("early", "late", "never"))
    for boot, minutes in (("boot-early", -60), ("boot-late", -10)):
        for shift_s in (0, 60):
            pair = replace(at(minutes + shift_s / 60), boot_id=boot, boottime_ns=int((7 + shift_s) * 1e9))
            clock_pairs.record(database, pair)
    store.commit(
        [decision(n, first_seen=t, last_seen=t) for n, t in (("early", early), ("late", late), ("never", never))]
    )
    start(database, canvass(before=timedelta(minutes=30)))
    while hold_earlier_reads(database, "unit-1"):
        pass
    assert held_ids(database) == {"late", "never"}


def test_its_end_becomes_known_once(database: Database) -> None:
    unknown = canvass(started=at(0, trusted=False), ends=None)
    start(database, unknown)
    with database.write() as connection:
        settle_end(connection, unknown.with_end_known(at(10)))
        settle_end(connection, unknown.with_end_known(at(20, boot="boot-2")))
        found = find_canvass(connection, unknown.canvass_id)
    assert found is not None
    assert found.ends == START + timedelta(hours=1)


def test_the_reads_of_a_result_come_by_time_with_what_is_known(
    database: Database, store: ReadStore, running: Canvass
) -> None:
    untimed = at(0, boot="boot-2", trusted=False)
    store.commit([decision("third", 3), decision("untimed", first_seen=untimed, last_seen=untimed)])
    store.commit([decision("first", 1, None, plate="4XYZ999", alternatives=()), decision("second", 2)])
    store.commit([decision("corrected", 2, supersedes="second")])
    held = held_reads_of(database, running)
    assert [bool(each.partials) for each in held] == [False, True, True, True, True]
    assert [each.place is None for each in held] == [True, False, False, False, False]
    found = list(canvass_reads(database, running, held))
    assert [read.read_id for read in found] == ["first", "second", "corrected", "third", "untimed"]
    assert [read.is_candidate for read in found] == [False, True, True, True, True]
    assert [read.corrected_by_read for read in found] == [None, "corrected", None, None, None]
    assert [read.phase.value for read in found] == ["during"] * 4 + ["unknown"]
    assert found[0].position is None
    assert found[-1].last_seen.utc is None
