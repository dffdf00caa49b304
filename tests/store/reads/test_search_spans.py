"""Where a search through stored reads begins."""

from datetime import UTC, datetime

import pytest

from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.reads.search import Period, span_of
from tests.store.records import START, decided_record

CALENDAR = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("period", "span"),
    [
        (Period(*CALENDAR), (1, 3)),
        (Period(START, CALENDAR[1]), (1, 3)),
        (Period(CALENDAR[0], START), (1, 3)),
        (Period(CALENDAR[0], CALENDAR[0]), None),
    ],
)
def test_a_period_may_reach_to_either_end_of_the_calendar(
    store: ReadStore, database: Database, period: Period, span: tuple[int, int] | None
) -> None:
    store.commit([decided_record(f"read-{number}") for number in range(3)])
    assert span_of(database, period) == span
