"""Reports on the access log, and notes that a week of it was reviewed; both go on record themselves."""

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.access_log.reports import (
    REVIEW_ACTION,
    AccessReport,
    ReportRules,
    ReportWriter,
    parse_week,
    week_object,
)
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.ports import Clock
from alpr_edge.services.audit.access_entries import AccessAction, allowed_entry
from alpr_edge.store.access_log.log import AccessLog

BATCH = 2000


def report_on(log: AccessLog, actor: Actor, purpose: Purpose, rules: ReportRules, clock: Clock) -> AccessReport:
    """Report on the accesses of some days.

    Args:
        log: the log.
        actor: the person who asks.
        purpose: what for.
        rules: the days, and what stands out.
        clock: says when it was shown.

    Raises:
        AccessError: the actor may not.
        AuditError: a record cannot be read: verify the log.
        StoreError: the log cannot be read, or the access is not on record: nothing may be shown.
    """
    authorise(actor, purpose, Permission.SEE_LOG)
    head = log.head()
    writer, first = ReportWriter(rules, head.root), 0
    while batch := log.read_bodies(first, min(BATCH, head.size - first)):
        for _, body in batch:
            writer.add(parse_record(body))
        first = batch[-1][0] + 1
    report = writer.finish()
    action = AccessAction("report_log", objects=(f"days:{rules.since}:{rules.until}",), shown=report.records)
    now = clock.now()
    log.append(allowed_entry(actor, purpose, action, now), now)
    return report


def review_week(log: AccessLog, actor: Actor, purpose: Purpose, week: str, note: str, clock: Clock) -> str:
    """Note on record that somebody reviewed a week of the log; returns the week as it stands there.

    Args:
        log: the log.
        actor: the reviewer.
        purpose: what for.
        week: the week, such as ``2026-W48``.
        note: what came of it.
        clock: says when.

    Raises:
        AccessError: the actor may not.
        AuditError: it is no week, or the note is empty.
        StoreError: it is not on record.
    """
    authorise(actor, purpose, Permission.REVIEW_LOG)
    if not note.strip() or not note.isprintable():
        raise AuditError("the note is empty or cannot be printed; say what came of the review, in one line")
    known_week = parse_week(week)
    action = AccessAction(REVIEW_ACTION, objects=(week_object(known_week),), note=note.strip()[:500])
    now = clock.now()
    log.append(allowed_entry(actor, purpose, action, now), now)
    return known_week
