"""A month is counted by indexes, whatever else was stored in years; what a car says of audits is no audit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.permanent_tables.access_log_schema import access_records
from alpr_edge.department.db.schema import items, reads
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.department.website.month_publication import count_month
from alpr_edge.domain.access_log.records import AccessRecord, encode_record
from alpr_edge.domain.access_log.reports import SIGN_OFF_ACTION
from alpr_edge.domain.protocol.access_log import record_item_id
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.publication.month_counts import MonthTally
from alpr_edge.domain.statistics.periods import period_of_month
from tests.department.engines import EngineUnderTest
from tests.department.query_plans import gather_statistics, query_plans, walks_over
from tests.department.retention.office import UNIT, Office
from tests.department.website.publisher_office import add_settings, at, fill, instant_at, publisher_of
from tests.domain.access_log.entries import LOG_ID, entry
from tests.uplink.items import item

OCTOBER = datetime(2026, 10, 15, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EARLIER = 3_000
SOURCE = "imported-vendor"


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    directory = engine.use(tmp_path / "department")
    directory.mkdir(mode=0o700, exist_ok=True)
    add_settings(directory, tmp_path / "site")
    office = Office(directory)
    fill(office, OCTOBER)
    yield office
    office.storage.close()


def count(office: Office) -> MonthTally:
    database = office.storage.database
    log = DepartmentAccessLog(database, Witness(office.directory))
    return count_month(database, log, period_of_month("2026-10"), lambda _: None)


def deliver_sign_off(office: Office) -> None:
    """Have a car deliver a record that says that an audit was signed off in it."""
    made = entry(3, action=SIGN_OFF_ACTION, purpose="audit", objects=("audit:9",), happened=at(OCTOBER, 3))
    about = {"unit_id": UNIT, "log_id": LOG_ID, "sequence": 2000, "received": at(OCTOBER, 3)}
    body = encode_record(AccessRecord(**made.model_dump(), **about))
    days_ago = (NOW - OCTOBER).total_seconds() / 86_400
    office.deliver(item(record_item_id(LOG_ID, 2000), ItemKind.ACCESS_RECORD, body), days_ago=days_ago)


def test_audits_that_are_published_were_signed_off_at_the_department(office: Office) -> None:
    deliver_sign_off(office)
    assert count(office).reviews.audits == set()
    log = DepartmentAccessLog(office.storage.database, Witness(office.directory))
    made = entry(4, action=SIGN_OFF_ACTION, purpose="audit", objects=("audit:1",), happened=at(OCTOBER, 9))
    log.append(made, instant_at(OCTOBER + timedelta(minutes=9)))
    tally = count(office)
    assert tally.reviews.audits == {("audit:1",)}
    assert len(tally.reviews.done) == 1, "a car's weekly review counts, since it is one of that car's log"


def fill_with_years(office: Office) -> None:
    """Store reads, pictures and records of access logs of the years before, and two reads that were imported."""
    read = {"camera_id": "front", "plate": "1", "confidence": 0.9, "vote_count": 3, "utc_source": "gnss"}
    body = {"sha256": "0" * 64, "length": 1, "body": b"x" * 1000}
    own = {"person_id": "p-1", "action": "search_reads", "is_allowed": True, "shown": 1}
    own |= {"body": b"x" * 1000, "checkpoint": "x"}
    run: dict[str, object] = dict.fromkeys(("rows", "stored", "before", "too_old", "rejected", "pictures"), 0)
    run |= dict.fromkeys(("source", "by", "file_sha256", "map_sha256"), "x")
    moments = [NOW - timedelta(days=100, hours=3 * number) for number in range(EARLIER)]
    naive = [moment.replace(tzinfo=None) for moment in moments]
    units = [f"car-{number % 30:02}" for number in range(EARLIER)]
    rows = list(zip(range(EARLIER), units, naive, strict=True))
    with office.storage.database.writing() as connection:
        old = [read | {"read_id": f"old-{n}", "unit_id": unit, "seen_at": moment} for n, unit, moment in rows]
        imported = [read | {"read_id": f"imported-{n}", "unit_id": SOURCE, "origin": "vendor"} for n in range(2)]
        connection.execute(insert(reads), old)
        connection.execute(insert(reads), [each | {"seen_at": OCTOBER.replace(tzinfo=None)} for each in imported])
        of_reads = [body | {"item_id": f"old-{n}", "unit_id": unit, "received_at": moment} for n, unit, moment in rows]
        connection.execute(insert(items), [each | {"kind": "read"} for each in of_reads])
        of_logs = [each | {"item_id": f"log-{each['item_id']}", "kind": "access_record"} for each in of_reads]
        connection.execute(insert(items), of_logs)
        # Of the month itself, of another car and no records of a log: these are passed by as well.
        lately = OCTOBER.replace(tzinfo=None)
        pictures = [each | {"item_id": f"{each['item_id']}.jpg", "received_at": lately} for each in of_reads]
        connection.execute(insert(items), [each | {"kind": "image"} for each in pictures])
        records = [own | {"sequence": 1000 + n, "received_at": moment} for n, moment in enumerate(moments)]
        connection.execute(insert(access_records), records)
        run |= {"number": 1, "unit_id": SOURCE, "begun_at": lately}
        connection.execute(insert(import_runs).values(run))
        gather_statistics(connection)


def test_a_month_is_counted_and_published_by_indexes(office: Office) -> None:
    fill_with_years(office)
    with query_plans(office.storage.database._engine) as plans:
        tally = count(office)
    assert (tally.reads, tally.imported_reads, len(tally.reviews.done)) == (7, 2, 1)
    assert {place: counts.total() for place, counts in tally.searches.items()} == {
        "in cars": 6,
        "at the department": 7,
    }
    assert walks_over(plans, ["items", "reads", "access_records"]) == []
    assert [plan for plan in plans if "ix_items_of_logs" in plan]
    assert [plan for plan in plans if "ix_access_records_received_at" in plan]
    assert not [plan for plan in plans if "ix_items_received_at" in plan], "of all that arrived in the month"
    with publisher_of(office.directory, NOW) as (publisher, _), query_plans(publisher.database._engine) as plans:
        month = publisher.publish("2026-10", "", NOW, lambda _: None)
    assert month.log is not None
    assert month.log.note.splitlines()[1] == "7", "the state after the last record of the month"
    (of_end,) = [plan for plan in plans if "(received_at<?)" in plan or "Index Cond: (received_at <" in plan]
    assert "ix_access_records_received_at" in of_end
    assert "TEMP B-TREE FOR ORDER BY" not in of_end
