"""What the half that faces the network can reach of the store through its own objects: its queue, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, delete, select, update

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.settings import load
from alpr_edge.store.db import schema
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.unit_store import QueueStore, open_queue, open_store
from tests.store.records import decided, hit, plate_read
from tests.units import write_bare_unit

pytestmark = pytest.mark.review(18)
OPEN = {"outbox", "list_sync", "meta", "counts", "department_date", "log_statements"}
CLOSED = [table for name, table in schema.metadata.tables.items() if name not in OPEN]
DENIED = "may neither read nor change that|it refused .SQLITE_ERROR."


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[QueueStore]:
    """Of a unit with a read that is queued and one that is held back, since its track is still open."""
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True) as store:
        pictures = ((EvidenceKind.CROP, b"\xff\xd8\xff crop"),)
        store.reads.commit([decided(plate_read("read-1"), [hit("hit-1", "read-1")], images=pictures)])
        store.reads.close_open_reads()
        store.reads.commit([decided(plate_read("read-2"))])
    with open_queue(settings) as queue_store:
        yield queue_store


def expect_denied(queue: QueueStore, statement: str) -> None:
    with pytest.raises(StoreError, match=DENIED), queue.database.write() as connection:
        connection.exec_driver_sql(statement)


def test_the_queue_is_delivered_and_marked(queue: QueueStore) -> None:
    due = queue.outbox.due(10, 10**6)
    assert [item.item_id for item in due][:2] == ["hit-1", "read-1"]
    assert due[-1].body == b"\xff\xd8\xff crop"
    first, second, third = due
    answers = [
        Answer(first.item_id, Outcome.RECEIPT, first.sha256),
        Answer(second.item_id, Outcome.REFUSED, detail="409 no"),
        Answer(third.item_id, Outcome.RETRY, detail="503"),
    ]
    queue.outbox.settle(answers, 3)
    counts = queue.outbox.counts()
    assert (counts.ready, counts.delivered, counts.quarantined) == (1, 1, 1)
    assert len(queue.outbox.quarantined_items()) == 1
    assert queue.outbox.requeue() == 1
    sync_state.note(queue.database, "bolo", etag='"1"', serial=3, fetch_failure="")
    sync_state.note(queue.database, "bolo", newest=4)
    assert sync_state.state_of(queue.database, "bolo").newest == 4
    assert queue.database.data_version() > 0


@pytest.mark.parametrize("table", CLOSED, ids=lambda table: str(table.name))
def test_no_other_table_is_read_or_changed(queue: QueueStore, table: Table) -> None:
    column = next(iter(table.c))
    with pytest.raises(StoreError, match=DENIED), queue.database.read() as connection:
        connection.execute(select(table))
    for change in (update(table).values({column.name: column}), delete(table)):
        with pytest.raises(StoreError, match=DENIED), queue.database.write() as connection:
            connection.execute(change)
    expect_denied(queue, f"INSERT INTO {table.name} DEFAULT VALUES")
    expect_denied(queue, f"SELECT 1 FROM {table.name}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outbox SET body = x''",
        "UPDATE outbox SET item_id = 'other'",
        "UPDATE outbox SET sha256 = ''",
        "DELETE FROM outbox",
        "INSERT INTO outbox (item_id) VALUES ('x')",
        "UPDATE list_sync SET take_failure = ''",
        "UPDATE meta SET value = '0'",
        "UPDATE counts SET number = 0",
        "DELETE FROM counts",
        "INSERT INTO counts VALUES ('reads', 1)",
        "DELETE FROM department_date",
        "SELECT item_id FROM outbox WHERE item_id IN (SELECT read_id FROM reads)",
        "UPDATE outbox SET detail = (SELECT plate FROM reads LIMIT 1)",
        "SELECT count(*) FROM sqlite_master",
        "SELECT load_extension('x')",
        "SELECT sqlcipher_export('main')",
        "PRAGMA rekey = 'x'",
        "PRAGMA writable_schema = 1",
        "PRAGMA read_uncommitted = 1",
        "ATTACH DATABASE ':memory:' AS other",
        "CREATE TABLE other (x)",
        "CREATE TEMP TRIGGER t AFTER UPDATE ON outbox BEGIN DELETE FROM reads; END",
        "DROP TABLE outbox",
    ],
)
def test_nothing_else_is_done_to_the_queue_or_the_file(queue: QueueStore, statement: str) -> None:
    expect_denied(queue, statement)
    assert len(queue.outbox.due(10, 10**6)) == 3


def test_its_room_holds_the_queue_alone(queue: QueueStore) -> None:
    assert set(QueueStore.__dataclass_fields__) == {"database", "outbox", "incoming"}
