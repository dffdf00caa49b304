"""Reads of a boot are placed by its pairs: real SQLCipher, and a real department that takes what is queued."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, event, update

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import evidence, reads
from alpr_edge.store.db.schema import outbox as outbox_items
from alpr_edge.store.outbox import time_corrections
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import closed, decided, instant, plate_read

NOW = instant(300_000)
LIMIT_BYTES = 10_000_000


def keep(store: ReadStore, read_id: str, first: Instant, last: Instant | None = None) -> None:
    read = replace(plate_read(read_id), first_seen=first, last_seen=last or first)
    store.commit([decided(read), closed(read)])


def unset(milliseconds: float, boot: str = "boot-1") -> Instant:
    return replace(instant(milliseconds), boot_id=boot, utc=None, utc_source=UtcSource.UNKNOWN, uncertainty_ms=None)


def record_pairs(database: Database, *milliseconds: float, boot: str = "boot-1", off_ms: float = 0.0) -> None:
    for moment in milliseconds:
        utc = instant(moment + off_ms).utc
        clock_pairs.record(database, replace(instant(moment), boot_id=boot, utc=utc, uncertainty_ms=1000.0))


def times(outbox: Outbox) -> list[OutboxItem]:
    return [item for item in outbox.due(500, LIMIT_BYTES) if item.kind is ItemKind.TIME]


def ids(outbox: Outbox) -> list[str]:
    return [item.item_id for item in times(outbox)]


def test_reads_before_the_first_fix_follow_as_amendments_and_stay_as_they_were(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep(store, "early", unset(-60_000), unset(-59_600))
    keep(store, "across", unset(-100), instant(400))
    keep(store, "later", instant(5000))
    original = [item.body for item in outbox.due(500, LIMIT_BYTES)]
    record_pairs(database, 1000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 0
    record_pairs(database, 61_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 2
    assert ids(outbox) == ["time:early", "time:across"]
    early, across = (json.loads(item.body) for item in times(outbox))
    assert (early["first_seen"]["utc"], early["first_seen"]["basis"]) == ("2026-05-04T12:29:00.123Z", "placed")
    assert early["last_seen"]["utc"] == "2026-05-04T12:29:00.523Z"
    assert (across["first_seen"]["basis"], across["last_seen"]["basis"]) == ("placed", "own")
    assert [item.body for item in outbox.due(500, LIMIT_BYTES) if item.kind is not ItemKind.TIME] == original
    stored_read = store.get("early")
    assert stored_read is not None
    assert stored_read.read.first_seen == unset(-60_000)


def test_times_are_queued_once_and_more_pairs_change_nothing(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    for number in range(time_corrections.BATCH + 5):
        keep(store, f"early-{number}", unset(-60_000 + number))
    record_pairs(database, 1000, 61_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == time_corrections.BATCH + 5
    before = {item.item_id: item.body for item in times(outbox)}
    record_pairs(database, 121_000, 181_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 0
    assert {item.item_id: item.body for item in times(outbox)} == before


@contextmanager
def first_numbers(database: Database) -> Iterator[set[int]]:
    """The numbers behind which the statements of the body look for reads whose times wait."""
    numbers = set[int]()

    def note(_: object, __: object, statement: str, parameters: Sequence[object], *_more: object) -> None:
        if "reads.seq > ?" in statement and "outbox" in statement:
            place = statement.partition("reads.seq > ?")[0].count("?")
            numbers.add(int(str(parameters[place])))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield numbers
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_reads_that_were_placed_are_not_looked_through_again(database: Database, store: ReadStore) -> None:
    for number in range(30):
        keep(store, f"early-{number}", unset(-60_000 + number))
    still_open = replace(plate_read("open"), first_seen=unset(-5000), last_seen=unset(-5000))
    store.commit([decided(still_open)])
    keep(store, "after", unset(-4000))
    record_pairs(database, 1000, 61_000)
    placed = time_corrections.PlacedReads()
    assert time_corrections.place_boot(database, "boot-1", NOW, placed) == 31
    store.commit([closed(still_open)])
    keep(store, "last", unset(-3000))
    with first_numbers(database) as numbers:
        assert time_corrections.place_boot(database, "boot-1", NOW, placed) == 2
    assert numbers == {30}, "behind the last read before the one that was open"
    record_pairs(database, 121_000, off_ms=18_000)
    assert time_corrections.place_boot(database, "boot-1", NOW, placed) == 33, "of a disputed boot all are taken back"
    with first_numbers(database) as numbers:
        assert time_corrections.place_boot(database, "boot-1", NOW, placed) == 0
    assert numbers <= {33}


def test_where_a_number_has_another_read_meanwhile_all_are_looked_through(database: Database, store: ReadStore) -> None:
    record_pairs(database, 1000, 61_000)
    keep(store, "first", unset(-60_000))
    placed = time_corrections.PlacedReads()
    assert time_corrections.place_boot(database, "boot-1", NOW, placed) == 1
    with store.deleting() as (connection, _):
        connection.execute(delete(outbox_items))
        connection.execute(delete(evidence))
        connection.execute(delete(reads))
    keep(store, "another", unset(-50_000))
    assert time_corrections.place_boot(database, "boot-1", NOW, placed) == 1


def test_nobody_who_writes_is_waited_for_while_nothing_waits_for_a_time(
    database: Database, store: ReadStore, data: Path, key: bytes
) -> None:
    keep(store, "early", unset(-60_000))
    record_pairs(database, 1000, 61_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 1
    with closing(Database.open(data, key, migrate=False)) as other, other.write():
        assert time_corrections.place_boot(database, "boot-1", NOW) == 0


def test_pairs_that_disagree_take_every_time_of_their_boot_back(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep(store, "early", unset(-60_000))
    keep(store, "stamped", instant(5000))
    record_pairs(database, 1000, 61_000)
    time_corrections.place_boot(database, "boot-1", NOW)
    record_pairs(database, 121_000, off_ms=18_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 2
    assert time_corrections.place_boot(database, "boot-1", NOW) == 0
    assert ids(outbox) == ["time:early", "time:early:disputed", "time:stamped:disputed"]
    taken_back = json.loads(times(outbox)[1].body)
    assert (taken_back["sure"], taken_back["first_seen"], taken_back["last_seen"]) == (False, None, None)


def test_open_reads_wait_until_they_are_over(database: Database, store: ReadStore, outbox: Outbox) -> None:
    read = replace(plate_read("early"), first_seen=unset(-60_000), last_seen=unset(-59_000))
    store.commit([decided(read)])
    record_pairs(database, 1000, 61_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 0
    store.commit([closed(read)])
    assert time_corrections.place_boot(database, "boot-1", NOW) == 1
    assert ids(outbox) == ["time:early"]


def test_a_boot_is_placed_by_its_own_pairs_alone_also_after_it_ended(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep(store, "cut-off", unset(-60_000))
    record_pairs(database, 1000, 61_000)  # the power was cut before anything was placed
    keep(store, "no-fix", unset(-50_000, "boot-2"))
    keep(store, "present", unset(-40_000, "boot-3"))
    record_pairs(database, 3000, 63_000, boot="boot-3")
    assert time_corrections.place_boot(database, "boot-3", NOW) == 1
    assert ids(outbox) == ["time:present"]
    assert time_corrections.place_earlier(database, NOW) == 1
    assert ids(outbox) == ["time:present", "time:cut-off"]


def parts(items: Sequence[OutboxItem]) -> list[Part]:
    return [Part(item.item_id, item.kind.value, item.body, item.sha256) for item in items]


def test_the_department_takes_times_before_and_after_their_reads(
    database: Database, store: ReadStore, outbox: Outbox, tmp_path: Path
) -> None:
    keep(store, "early", unset(-60_000))
    record_pairs(database, 1000, 61_000)
    time_corrections.place_boot(database, "boot-1", NOW)
    record_pairs(database, 121_000, off_ms=-3_600_000)
    time_corrections.place_boot(database, "boot-1", NOW)
    due = outbox.due(500, LIMIT_BYTES)
    department = Storage(tmp_path / "department")
    try:
        for batch in (due[::-1], due):  # any order, and twice
            answers = department.store("unit-1", parts(batch))
            assert [answer.sha256 for answer in answers] == [item.sha256 for item in batch]
        assert department.counts().items == {"read": 1, "time": 2}
        foreign = department.store("unit-2", parts(times(outbox)))
        assert [answer.status for answer in foreign] == [422, 422]
    finally:
        department.close()


@pytest.mark.parametrize("step", [1, 7_000, 20_000, 50_001])
def test_a_boot_of_many_reads_is_walked_in_slices(
    database: Database, store: ReadStore, outbox: Outbox, step: int
) -> None:
    for number in range(5):
        keep(store, f"before-{number}", replace(instant(number), boot_id="boot-0"))
    for number in range(5):
        keep(store, f"unset-{number}", unset(-60_000 + number))
        keep(store, f"set-{number}", instant(number))
    with database.write() as connection:
        connection.execute(update(reads).values(seq=-reads.c.seq))
        connection.execute(update(reads).values(seq=-reads.c.seq * step))
    record_pairs(database, 1000, 61_000)
    assert time_corrections.place_boot(database, "boot-1", NOW) == 5
    assert ids(outbox) == [f"time:unset-{number}" for number in range(5)]
    assert time_corrections.place_boot(database, "boot-1", NOW) == 0
