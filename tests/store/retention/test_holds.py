"""Holds: what they cover, how long, how they travel; and that nothing that is held is ever purged."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from alpr_edge.domain.errors import HoldError, StoreError
from alpr_edge.domain.holds.hold import Hold
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.holds import READS_A_PART, HoldPayload, HoldReleasePayload
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import case_holds, held_reads, hold_ends
from alpr_edge.store.db.schema import holds as earlier_holds
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.delivered_items import PREFIXES_KEPT_ELSEWHERE, drop_delivered
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention import holds
from alpr_edge.store.retention.earlier_holds import take_in_earlier_holds
from alpr_edge.store.retention.purge import Purge
from tests.store.holds import CASE, CLERK, a_hold, place, release
from tests.store.records import START, bear_out, closed, decided, decided_record, instant, plate_read
from tests.store.retention.test_purge import LIMITS, MUCH, SOON, deliver, keep, left

DAY = timedelta(days=1)
SOON_UTC = SOON.utc or START
KEY = bytes(range(32))


def purge_all(database: Database, store: ReadStore, now: Instant = SOON) -> set[str]:
    """Purge what may be deleted, as if the disk were full; returns what is left."""
    if now.trusted:
        bear_out(database, now)
    purge = Purge(database, store, LIMITS)
    while purge.step(now, MUCH):
        pass
    return left(database)


def keep_delivered(store: ReadStore, outbox: Outbox, *read_ids: str) -> None:
    for read_id in read_ids:
        keep(store, read_id)
    deliver(outbox)


def earlier_hold(database: Database, read_id: str, until: datetime | None = None) -> None:
    """A hold as a release before schema 12 writes it."""
    with database.write() as connection:
        row = {"read_id": read_id, "reason": "subpoena", "held_by": "sgt", "held": START}
        connection.execute(earlier_holds.insert(), row)
        if until is not None:
            connection.execute(hold_ends.insert(), {"read_id": read_id, "until": until})


def test_a_hold_comes_back_as_it_was_with_the_number_of_its_reads(database: Database, store: ReadStore) -> None:
    store.commit([decided_record(read_id) for read_id in ("read-1", "read-2")])
    first, second = a_hold(until=START + DAY), a_hold("unit-1:h2", "26-000002")
    assert place(database, first, "read-1", "read-2", "read-1", "never-read") == 2
    assert place(database, second, "read-2") == 1
    found = holds.list_holds(database)
    assert [(each.hold_id, each.terms, each.by, each.made, each.read_count) for each in found] == [
        (first.hold_id, first.terms, CLERK, instant(), 2),
        (second.hold_id, second.terms, CLERK, instant(), 1),
    ]
    assert holds.count(database) == 2
    with database.read() as connection:
        assert holds.read_ids_of_case(connection, CASE, START) == ["read-1", "read-2"]
        assert holds.read_ids_of_case(connection, CASE, START + DAY) == []
        assert holds.read_ids_of_case(connection, CASE, None) == ["read-1", "read-2"]
        assert {read: len(found) for read, found in holds.holds_on(connection, ["read-1", "read-2"]).items()} == {
            "read-1": 1,
            "read-2": 2,
        }


def test_a_read_is_held_until_the_last_hold_on_it_is_released(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep_delivered(store, outbox, "read-1", "read-2")
    place(database, a_hold(), "read-1", "read-2")
    place(database, a_hold("unit-1:h2", "26-000002"), "read-1")
    release(database)
    assert purge_all(database, store) == {"read-1"}
    release(database, "unit-1:h2")
    assert purge_all(database, store) == set()
    assert holds.list_holds(database) == []
    kept = holds.list_holds(database, with_released=True)
    assert [(each.released, each.released_by) for each in kept] == [(instant(1000), CLERK)] * 2


@pytest.mark.parametrize("hold_id", ["unit-1:h1", "unit-1:none"])
def test_a_hold_is_released_once(database: Database, store: ReadStore, hold_id: str) -> None:
    store.commit([decided_record("read-1")])
    place(database, a_hold(), "read-1")
    release(database)
    with pytest.raises(HoldError, match=r"released before|no such hold"):
        release(database, hold_id)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM case_holds",
        "UPDATE case_holds SET case_number = 'x'",
        "UPDATE case_holds SET until = '2020-01-01'",
        "DELETE FROM reads",
    ],
)
def test_the_database_refuses_to_forget_or_change_a_hold(database: Database, store: ReadStore, statement: str) -> None:
    store.commit([decided_record("read-1")])
    place(database, a_hold(), "read-1")
    with pytest.raises((StoreError, IntegrityError)), database.write() as connection:
        connection.execute(text(statement))
    assert left(database) == {"read-1"}
    assert len(holds.list_holds(database)) == 1


def test_a_read_goes_after_its_hold_and_not_before(database: Database, store: ReadStore, outbox: Outbox) -> None:
    keep_delivered(store, outbox, "over", "held", "for-good")
    place(database, a_hold("unit-1:h1", until=SOON_UTC), "over", "held", "for-good")
    place(database, a_hold("unit-1:h2", until=SOON_UTC + DAY), "held")
    place(database, a_hold("unit-1:h3"), "for-good")
    assert purge_all(database, store) == {"held", "for-good"}
    assert [each.read_count for each in holds.list_holds(database)] == [2, 1, 1]


@pytest.mark.parametrize("now", [Instant("boot-1", SOON.boottime_ns), Instant("boot-1", 1, SOON.utc, UtcSource.RTC)])
def test_without_a_trusted_clock_no_hold_ends(
    database: Database, store: ReadStore, outbox: Outbox, now: Instant
) -> None:
    keep_delivered(store, outbox, "read-1")
    place(database, a_hold(until=START), "read-1")
    assert purge_all(database, store, now) == {"read-1"}


def test_it_travels_in_parts_that_every_release_can_send(database: Database, store: ReadStore, outbox: Outbox) -> None:
    read_ids = [f"read-{number}" for number in range(READS_A_PART + 20)]
    for start in range(0, len(read_ids), 100):
        store.commit([decided(plate_read(read_id)) for read_id in read_ids[start : start + 100]])
    place(database, a_hold(), *read_ids[:-10])
    with database.write() as connection:
        assert holds.cover_reads(connection, a_hold(), read_ids, "unit-1") == 10
    release(database)
    items = [item for item in outbox.due(10_000, MUCH) if item.item_id.startswith("hold")]
    assert [item.kind for item in items] == [*[ItemKind.HOLD] * 3, ItemKind.HOLD_RELEASE]
    parts = [HoldPayload.model_validate_json(item.body) for item in items[:3]]
    assert [len(part.read_ids) for part in parts] == [READS_A_PART, 10, 10]
    assert [read_id for part in parts for read_id in part.read_ids] == read_ids
    assert {(part.hold_id, part.case_number, part.person) for part in parts} == {("unit-1:h1", CASE, CLERK.person)}
    assert HoldReleasePayload.model_validate_json(items[3].body).hold_id == "unit-1:h1"
    with database.read() as connection:
        kinds = set(connection.scalars(text("SELECT kind FROM outbox WHERE item_id LIKE 'hold%'")))
    assert kinds == {"access"}
    assert kind_of(items[0].item_id, ItemKind.ACCESS) is ItemKind.HOLD
    assert drop_delivered(database, PREFIXES_KEPT_ELSEWHERE) == 0
    deliver(outbox)
    assert drop_delivered(database, PREFIXES_KEPT_ELSEWHERE) == 4


def test_a_release_before_this_one_keeps_what_is_held_and_what_it_held_is_taken_in(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep_delivered(store, outbox, "now", "rolled-back", "ended")
    place(database, a_hold(), "now")
    with database.read() as connection:
        assert list(connection.scalars(select(earlier_holds.c.reason))) == [f"{CASE}: evidence"]
    earlier_hold(database, "rolled-back")
    earlier_hold(database, "ended", START)
    assert purge_all(database, store) == {"now", "rolled-back", "ended"}, "until they are taken in none has an end"
    assert (take_in_earlier_holds(database), take_in_earlier_holds(database)) == (2, 0)
    taken = [each for each in holds.list_holds(database) if not each.terms.case_number]
    assert [(each.terms.subject_id, each.terms.reason, each.by.person, each.terms.until) for each in taken] == [
        ("ended", "subpoena", "sgt", START),
        ("rolled-back", "subpoena", "sgt", None),
    ]
    assert purge_all(database, store) == {"now", "rolled-back"}


@dataclass
class Unit:
    """A store in a folder, beside what ought to be held of it."""

    folder: Path
    database: Database
    store: ReadStore
    now: Instant = field(default_factory=lambda: SOON)
    ends: dict[str, tuple[set[str], datetime | None]] = field(default_factory=dict)
    """The reads of each unreleased hold, and its end."""

    @classmethod
    def open(cls, folder: Path, exits: ExitStack) -> "Unit":
        database = Database.open(folder, KEY, migrate=True)
        exits.callback(database.close)
        pictures = ImageStore(folder / "images", KEY)
        return cls(folder, database, ReadStore(database, pictures))

    def kept_ids(self) -> set[str]:
        utc = self.now.trusted_utc
        lasting = [ids for ids, until in self.ends.values() if utc is None or until is None or until > utc]
        return set().union(*lasting)


READ_IDS = ("read-1", "read-2", "read-3")
STEPS = st.one_of(
    st.tuples(st.just("place"), st.sets(st.sampled_from(READ_IDS), min_size=1), st.sampled_from([None, 1, 3])),
    st.tuples(st.just("release"), st.integers(0, 3), st.none()),
    st.tuples(st.just("clock"), st.sampled_from([-2, 1, 2, 4]), st.booleans()),
    st.tuples(st.just("purge"), st.none(), st.none()),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=3, max_size=12))
def test_nothing_that_is_held_is_ever_purged_whatever_comes(
    steps: list[tuple[str, object, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("unit") / "data"
    folder.mkdir(mode=0o700)
    with ExitStack() as exits:
        unit = Unit.open(folder, exits)
        outbox = Outbox(unit.database, ImageStore(folder / "images", KEY))
        for read_id in READ_IDS:
            unit.store.commit([decided(plate_read(read_id)), closed(plate_read(read_id))])
        deliver(outbox)
        for number, step in enumerate(steps):
            before = left(unit.database)
            take(unit, f"unit-1:h{number}", *step)
            assert before & (unit.kept_ids() if step[0] == "purge" else before) <= left(unit.database)


def take(unit: Unit, hold_id: str, action: str, what: object, more: object) -> None:
    """One step: place, release, let the clock go (back as well, or lose it), or purge."""
    if action == "place":
        assert isinstance(what, set)
        there = what & left(unit.database)
        until = None if more is None else SOON_UTC + int(str(more)) * DAY
        place(unit.database, a_hold(hold_id, until=until), *what)
        unit.ends[hold_id] = (there, until)
    elif action == "release" and len(unit.ends) > int(str(what)):
        gone = sorted(unit.ends)[int(str(what))]
        release(unit.database, gone)
        del unit.ends[gone]
    elif action == "clock":
        moved = unit.now.shift(int(str(what)) * 86_400_000.0)
        unit.now = moved if more else Instant("boot-1", moved.boottime_ns, moved.utc, UtcSource.UNKNOWN)
    elif action == "purge":
        purge_all(unit.database, unit.store, unit.now)


PLACES_AND_DIES = """
import os, signal, sys, threading, time
from pathlib import Path
from alpr_edge.store.db.database import Database
from tests.store.holds import a_hold, place, release
folder, delay_s = Path(sys.argv[1]), float(sys.argv[2])
database = Database.open(folder, bytes(range(32)), migrate=False)
def die():
    time.sleep(delay_s)
    os.kill(os.getpid(), signal.SIGKILL)
print("begun", flush=True)
threading.Thread(target=die).start()
for number in range(10_000):
    place(database, a_hold(f"unit-1:{delay_s}-{number}"), "read-1", "read-2")
    release(database, f"unit-1:{delay_s}-{number}")
"""


def consistent(database: Database) -> Iterator[str]:
    """What does not fit together after a kill; nothing does not."""
    with database.read() as connection:
        found: list[Hold] = [each for each in holds.list_holds(database) if each.released is None]
        kept = set(connection.scalars(select(earlier_holds.c.read_id)))
        expected = set(
            connection.scalars(
                select(held_reads.c.read_id)
                .join(case_holds, case_holds.c.hold_id == held_reads.c.hold_id)
                .where(case_holds.c.released_boot_id.is_(None))
            )
        )
        if kept != expected:
            yield f"kept {kept}, held {expected}"
        yield from (f"{each.hold_id} has {each.read_count} reads" for each in found if each.read_count != 2)
        stored = {row.hold_id: row for row in connection.execute(select(case_holds))}
        ids = set(connection.scalars(text("SELECT item_id FROM outbox WHERE item_id LIKE 'hold%'")))
        for hold_id, row in stored.items():
            if not any(item_id.startswith(f"hold:{hold_id}:") for item_id in ids):
                yield f"{hold_id} is not queued"
            if (row.released_boot_id is not None) != (f"hold-release:{hold_id}" in ids):
                yield f"the release of {hold_id} and its item differ"


def test_a_kill_at_any_moment_leaves_a_hold_whole_or_not_at_all(data: Path, database: Database) -> None:
    store = ReadStore(database, ImageStore(data / "images", KEY))
    store.commit([decided_record("read-1"), decided_record("read-2")])
    for number in range(4):
        delay_s = 0.005 + number * 0.023
        command = [sys.executable, "-c", PLACES_AND_DIES, str(data), str(delay_s)]
        done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(Path.cwd())}, check=False, timeout=60)
        assert done.returncode < 0
        assert list(consistent(database)) == []
    assert holds.list_holds(database, with_released=True), "not one was placed"
