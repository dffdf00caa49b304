"""Bounds how much one person may look at, by what the access log has of them: nobody pulls all reads out in bulk."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.permanent_tables.access_log_schema import access_records
from alpr_edge.domain.instants import Instant

SEARCHES_WITHIN = timedelta(hours=1)
READS_WITHIN = timedelta(hours=24)
_ADMINISTRATOR = "wait, or ask the ALPR administrator"


@dataclass(frozen=True, slots=True)
class SearchQuota:
    """The port of ``access.authorisation.quota`` over the access log."""

    database: DepartmentDatabase
    searches_max: int
    reads_max: int

    def refusal(self, person_id: str, operation: Operation, now: Instant) -> str:
        """Why a person may not search once more for now; empty: they may, or it is no search."""
        if operation is not Operation.SEARCH_READS:
            return ""
        utc, row = now.utc or datetime.now(UTC), access_records.c
        is_search = (row.person_id == person_id) & row.is_allowed & (row.action == operation.value)
        searches = select(func.count()).where(is_search, row.received_at > utc - SEARCHES_WITHIN)
        reads = select(func.sum(row.shown)).where(is_search, row.received_at > utc - READS_WITHIN)
        with self.database.reading() as connection:
            search_count, read_count = connection.scalar(searches) or 0, int(connection.scalar(reads) or 0)
        if search_count >= self.searches_max:
            return f"you looked at {search_count} pages of searches within an hour, as many as may be; {_ADMINISTRATOR}"
        if read_count >= self.reads_max:
            return f"you were shown {read_count} reads within a day, as many as may be; {_ADMINISTRATOR}"
        return ""
