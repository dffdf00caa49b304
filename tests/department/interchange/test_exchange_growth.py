"""Years of what was sent cost a round nothing: nobody goes through it again, and it is counted as it goes."""

from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert

from alpr_edge.department.db.exchange_schema import exchange_items
from alpr_edge.department.db.migrations.versions import d0029_exchange_counts
from alpr_edge.department.db.schema import dispositions, hits, reads
from alpr_edge.department.interchange.exchange_status import TargetStatus, exchange_warnings, target_statuses
from alpr_edge.department.interchange.feed import queue_events_for
from alpr_edge.department.settings import load_department_file
from tests.department.engines import EngineUnderTest, query
from tests.department.interchange.exchange_office import (
    ExchangeOffice,
    answer_of,
    hit_item_of,
    read_item_of,
    read_now,
    withdrawal_of,
)
from tests.department.interchange.receiver import Receiver, running_receiver
from tests.department.query_plans import gather_statistics, query_plans, walks_over

EARLIER = 3_000
LONG_AGO = datetime(2025, 5, 4)  # noqa: DTZ001 - as the database has it
COUNTS = "SELECT sent, dropped, last_sent FROM exchange_targets"
COUNTED = (
    "SELECT sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), sum(CASE WHEN state = 'dropped' THEN 1 ELSE 0 END), "
    "max(CASE WHEN state = 'sent' THEN tried_at END) FROM exchange_items"
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[ExchangeOffice]:
    office = ExchangeOffice(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


def fill_with_what_was_sent(office: ExchangeOffice) -> None:
    """Store reads of long ago whose hits went out, half of which an officer rejected later."""
    read = {"camera_id": "front", "plate": "1", "confidence": 0.9, "vote_count": 3, "utc_source": "gnss"}
    listed = dict.fromkeys(("plate", "entry_plate", "source", "reason", "record_id", "match_kind", "state_match"), "x")
    texts = dict.fromkeys(("reason", "number", "name", "undoes", "person_id", "person"), "")
    event = {"target": "county", "kind": "hit", "terms_number": 1, "state": "sent", "queued_at": LONG_AGO}
    event |= {"attempts": 1, "failures_alone": 0, "answer": "", "tried_at": LONG_AGO}
    keys = [{"read_id": f"old-{n:05}", "unit_id": f"car-{n % 7}"} for n in range(EARLIER)]
    with office.storage.database.writing() as connection:
        # Half correct another: of these, too, none is looked at again.
        old = [key | read | {"supersedes": key["read_id"] + "a" if n % 2 else None} for n, key in enumerate(keys)]
        connection.execute(insert(reads), old)
        connection.execute(insert(hits), [key | listed | {"hit_id": key["read_id"], "generation": 1} for key in keys])
        said = [
            key | texts | {"disposition_id": key["read_id"], "hit_id": key["read_id"], "part": "read", "answer": answer}
            for key, answer in zip(keys, cycle(("correct", "misread")), strict=False)
        ]
        connection.execute(insert(dispositions), said)
        events = [key | event | {"number": 1000 + n, "event_id": f"evt_{n}"} for n, key in enumerate(keys)]
        connection.execute(insert(exchange_items), [each | {"hit_id": each["read_id"]} for each in events])
        gather_statistics(connection)


def status_of(office: ExchangeOffice) -> TargetStatus:
    (status,) = target_statuses(office.storage.database, load_department_file(office.directory).exchange)
    return status


def test_what_arrives_is_looked_at_without_what_was_sent_before(office: ExchangeOffice, receiver: Receiver) -> None:
    office.name_target(receiver.url)
    office.send()
    rejected, corrected = read_now("rejected"), read_now("corrected")
    office.deliver(*(each for read in (rejected, corrected) for each in (hit_item_of(read), read_item_of(read))))
    assert office.send().sent == 2
    fill_with_what_was_sent(office)
    office.deliver(answer_of(rejected, "misread"), read_item_of(read_now("newer", "7ABC128", "corrected")))
    (table,) = load_department_file(office.directory).exchange
    database = office.storage.database
    with query_plans(database._engine) as plans:
        assert queue_events_for(database, table, 1, office.now().replace(tzinfo=None)) == 2
    assert {"withdrawal rejected", "withdrawal corrected"} <= office.states().keys()
    names = ("reads", "hits", "dispositions", "exchange_items", "later_reads", "undoing_dispositions")
    assert walks_over(plans, names) == []
    lines = [line for plan in plans for line in plan.splitlines()]
    assert not [line for line in lines if "exchange_items" in line and line.endswith("(target=?)")]
    assert not [line for line in lines if "ix_reads_supersedes (supersedes>?)" in line]


def test_how_a_target_stands_is_told_without_going_through_what_was_sent(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.send()
    fill_with_what_was_sent(office)
    tables = load_department_file(office.directory).exchange
    with query_plans(office.storage.database._engine) as plans:
        assert not list(exchange_warnings(office.storage.database, tables, office.now()))
    assert walks_over(plans, ["exchange_items"]) == []
    of_events = [plan for plan in plans if "exchange_items" in plan]
    assert of_events
    assert all("state=?" in plan or "state)::text" in plan for plan in of_events), of_events


def test_events_are_counted_as_they_end_and_those_before_this_release_once(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.send()
    receiver.answers = [200, 422, 503]
    for number in range(3):
        read = read_now(f"read-{number}")
        office.deliver(hit_item_of(read), read_item_of(read))
    assert (office.send().sent, status_of(office).waiting) == (1, 1)
    office.deliver(withdrawal_of(read_now("read-2")))
    office.send()
    status = status_of(office)
    assert (status.sent, status.set_aside, status.dropped, status.waiting) == (1, 1, 1, 1)
    assert status.last_sent is not None
    before = query(office.directory, COUNTS)
    assert before == query(office.directory, COUNTED)
    count_anew(office)
    assert query(office.directory, COUNTS) == before


def count_anew(office: ExchangeOffice) -> None:
    """Take away what the revision added, and have it added again."""
    with office.storage.database.writing() as connection:
        for name in ("sent", "dropped", "last_sent"):
            connection.exec_driver_sql(f"ALTER TABLE exchange_targets DROP COLUMN {name}")
        with Operations.context(MigrationContext.configure(connection)):
            d0029_exchange_counts.upgrade()
