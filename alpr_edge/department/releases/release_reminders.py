"""Tells which requests wait too long: for a review, a package, its hand-over, the agency's word. No line has a name."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.permanent_tables.release_schema import release_steps
from alpr_edge.domain.releases.agencies import ReleaseDeadlines
from alpr_edge.domain.releases.deadlines import DueKind, due_of
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep

_WORDS = {
    DueKind.REVIEW: "wait too long for their review",
    DueKind.PACKAGE: "were approved, and the approval ended before a package was made",
    DueKind.PICK_UP: "have a package that was not handed over in time",
    DueKind.CONFIRMATION: "lack the agency's written word that it has the package",
    DueKind.USE_REPORT: "lack the agency's word on what the data was used for",
}


def release_warnings(database: DepartmentDatabase, deadlines: ReleaseDeadlines, now: datetime) -> list[str]:
    """A line for each kind of thing that is overdue, with how many requests wait for it.

    Args:
        deadlines: how long each step may take.
    """
    counts = Counter(_overdue(database, deadlines, now))
    lines = ((counts[kind], words) for kind, words in _WORDS.items())
    hint = "see: alpr-edge department release list"
    return [f"requests of other agencies that {words}: {count}; {hint}" for count, words in lines if count]


def _overdue(database: DepartmentDatabase, deadlines: ReleaseDeadlines, now: datetime) -> Iterator[DueKind]:
    columns = select(release_steps.c.request_id, release_steps.c.state, release_steps.c.at)
    with database.reading() as connection:
        rows = list(connection.execute(columns.order_by(release_steps.c.request_id, release_steps.c.number)))
    for _, of_request in groupby(rows, key=lambda row: row.request_id):
        steps = [RequestStep(ReleaseState(row.state), "", "", row.at) for row in of_request]
        due = due_of(steps, deadlines)
        if due is not None and due.at < now:
            yield due.kind
