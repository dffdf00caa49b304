from dataclasses import replace

import pytest
from sqlalchemy import insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.clock_pairs import EARLIEST, FORGET_EACH, FORGOTTEN_MAX, KEPT_MAX, PAIRS_MAX
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import boots
from alpr_edge.store.reads.repository import ReadStore
from tests.store.query_plans import plans
from tests.store.records import decided, instant, plate_read


def test_pairs_belong_to_their_boot_and_come_in_its_order(database: Database) -> None:
    for moment in (instant(2000), instant(), instant(), replace(instant(), boot_id="boot-2")):
        clock_pairs.record(database, moment)
    assert clock_pairs.pairs(database, "boot-1") == [instant(), instant(2000)]
    assert clock_pairs.pairs(database, "boot-3") == []


def rows(first_ms: int, count: int, boot_id: str = "boot-1") -> list[dict[str, object]]:
    """Rows of pairs, one a second."""
    moments = [replace(instant(first_ms + 1000 * number), boot_id=boot_id) for number in range(count)]
    return [
        {
            "boot_id": boot_id,
            "boottime_ns": moment.boottime_ns,
            "utc": moment.utc,
            "utc_source": moment.utc_source.value,
            "uncertainty_ms": moment.uncertainty_ms,
        }
        for moment in moments
    ]


def test_of_a_long_boot_the_earliest_and_the_latest_pairs_count(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(boots), rows(0, PAIRS_MAX + 500))
    found = clock_pairs.pairs(database, "boot-1")
    assert len(found) == PAIRS_MAX
    assert found[: EARLIEST + 1] == [instant(1000 * second) for second in (*range(EARLIEST), EARLIEST + 500)]
    assert found[-1] == instant(1000 * (PAIRS_MAX + 499))


def test_old_pairs_go_but_those_of_reads_that_are_stored(database: Database, store: ReadStore) -> None:
    read = plate_read()
    moment = replace(instant(), boot_id="of-a-read")
    store.commit([decided(replace(read, first_seen=moment, last_seen=moment))])
    with database.write() as connection:
        for boot_id in ("of-a-read", "of-none"):
            connection.execute(insert(boots), rows(0, 2, boot_id))
        (last,) = rows(0, 1, "last")
        connection.execute(insert(boots), {**last, "seq": KEPT_MAX + FORGET_EACH - 1})
    clock_pairs.record(database, instant())
    counts = {name: len(clock_pairs.pairs(database, name)) for name in ("of-a-read", "of-none", "last", "boot-1")}
    assert counts == {"of-a-read": 2, "of-none": 0, "last": 1, "boot-1": 1}


def test_no_more_pairs_go_at_a_time_than_others_can_wait_for(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(boots), rows(0, FORGOTTEN_MAX + 500, "of-none"))
        (last,) = rows(0, 1, "last")
        connection.execute(insert(boots), {**last, "seq": KEPT_MAX + 3 * FORGET_EACH - 1})
    clock_pairs.record(database, instant())
    assert len(clock_pairs.pairs(database, "of-none")) == 500


def test_the_pairs_of_a_boot_in_which_a_read_ended_stay(database: Database, store: ReadStore) -> None:
    later = replace(instant(), boot_id="of-an-end")
    store.commit([decided(replace(plate_read(), last_seen=later))])
    with database.write() as connection:
        connection.execute(insert(boots), rows(0, 2, "of-an-end"))
        (last,) = rows(0, 1, "last")
        connection.execute(insert(boots), {**last, "seq": KEPT_MAX + FORGET_EACH - 1})
    clock_pairs.record(database, instant())
    assert len(clock_pairs.pairs(database, "of-an-end")) == 2


@pytest.mark.parametrize("table", ["reads", "boots"])
def test_old_pairs_are_found_without_a_walk_over_reads_or_pairs(database: Database, table: str) -> None:
    with database.write() as connection:
        (last,) = rows(0, 1, "last")
        connection.execute(insert(boots), {**last, "seq": KEPT_MAX + FORGET_EACH - 1})
    with plans(database, table) as found:
        clock_pairs.record(database, instant())
    assert found
    assert all(plan.startswith(f"SEARCH {table}") for plan in found), found


@pytest.mark.parametrize(
    "instant_without_trust", [replace(instant(), utc_source=UtcSource.RTC), replace(instant(), utc=None)]
)
def test_a_guess_corrects_nothing(database: Database, instant_without_trust: Instant) -> None:
    with pytest.raises(StoreError, match="trusted UTC"):
        clock_pairs.record(database, instant_without_trust)
    assert clock_pairs.pairs(database, "boot-1") == []
