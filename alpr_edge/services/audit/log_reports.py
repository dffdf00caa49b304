"""Reports on the access log, and notes that a week of it was reviewed; both go on record themselves."""

from collections.abc import Iterator
from datetime import timedelta

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import parse_record, received_moment
from alpr_edge.domain.access_log.reports import (
    AccessReport,
    ReportRules,
    ReportWriter,
    parse_week,
    week_object,
    week_start,
)
from alpr_edge.domain.access_log.trusted_times import TrustedTimes
from alpr_edge.domain.days import span_of_days
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.patterns import PLATE_NAMED, names_plate
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.queries import hit_ids_between

BATCH = 2000


def report_on(
    log: AccessLog, database: Database, authoriser: Authoriser, purpose: Purpose, rules: ReportRules
) -> AccessReport:
    """Report on the accesses of some days; the seed of the sample goes on record with it.

    Raises:
        AccessError: it is refused.
        AuditError: a record cannot be read: verify the log.
        StoreError: the log cannot be read, or the access is not on record: nothing may be shown.
    """
    objects = (f"days:{rules.since}:{rules.until}",)
    with authoriser.access(Operation.REPORT_LOG, purpose, AccessSubject(objects)) as access:
        report = _report(log, database, rules)
        access.show((*objects, f"sample:{rules.sample}:{report.log_size}:{report.seed}"), count=report.records)
        return report


def _report(log: AccessLog, database: Database, rules: ReportRules) -> AccessReport:
    head = log.head()
    times = TrustedTimes()
    for sequence, body in _bodies(log, head.size):
        times.add(sequence, received_moment(body))
    writer = ReportWriter(rules, head.root, times)
    for _, body in _bodies(log, head.size):
        writer.add(parse_record(body))
    report = writer.finish(hit_ids_between(database, *rules.span))
    report.log_size = head.size
    return report


def _bodies(log: AccessLog, size: int) -> Iterator[tuple[int, bytes]]:
    first = 0
    while batch := log.read_bodies(first, min(BATCH, size - first)):
        yield from batch
        first = batch[-1][0] + 1


def review_week(authoriser: Authoriser, purpose: Purpose, week: str, note: str) -> tuple[str, str]:
    """Note on record that somebody reviewed a week of the log; returns the week as it stands there, and the reviewer.

    Args:
        week: the week, such as ``2026-W48``.

    Raises:
        AccessError: it is refused.
        AuditError: it is no week, or none that is over; or the note is empty or names a plate.
        StoreError: it is not on record.
    """
    if not note.strip() or not note.isprintable():
        raise AuditError("the note is empty or cannot be printed; say what came of the review, in one line")
    if names_plate(note):
        raise AuditError(PLATE_NAMED)
    known_week = parse_week(week)
    _require_over(known_week, authoriser.clock.now())
    subject = AccessSubject((week_object(known_week),), note=note.strip()[:500])
    with authoriser.access(Operation.REVIEW_WEEK, purpose, subject) as access:
        return known_week, access.actor.name


def _require_over(week: str, now: Instant) -> None:
    """Refuse a week of which accesses are still to come: a review of it would say more than anybody can have seen.

    A clock that nothing confirmed counts as well, as a unit without reception has no other.
    """
    if now.utc is None:
        raise AuditError(f"{week}: whether it is over is unknown, as the clock was never set; set it and try again")
    monday = week_start(week)
    _, end = span_of_days(monday, monday + timedelta(days=6), None)
    if now.utc < end:
        doubt = "" if now.trusted else ", which no receiver or time server confirms"
        raise AuditError(
            f"{week}: is not over by this unit's clock ({now.utc:%Y-%m-%d %H:%M}Z{doubt}); review it when it is"
        )
