"""What was found wrong with units' access logs; a finding stays open until somebody acknowledges it, on record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import ColumnElement, Connection, insert, select, update

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.db.schema import unit_log_findings
from alpr_edge.department.unit_logs.trees import LogIdentity

LISTED_MAX = 100

log = structlog.get_logger(__name__)

_COLUMNS = unit_log_findings.c


class FindingKind(StrEnum):
    """What can be wrong with a log."""

    RECORD = "record"
    """Another record came than the one stored under its number."""
    CHECKPOINT = "checkpoint"
    """A checkpoint is not that of the records stored."""
    KEY = "key"
    """A checkpoint was signed with another key than those before."""
    FOREIGN_LOG = "foreign_log"
    """The unit sent items of a log that is the department's own or another unit's; they were refused."""
    NEW_LOG = "new_log"
    """The unit began a new log."""
    SELF_CHECK = "self_check"
    """The unit found, and put on record, that something was changed past the log."""
    NOT_KEPT = "not_kept"
    """The unit put on record that a record could not be kept, so what it was about was not shown."""


@dataclass(frozen=True, slots=True)
class LogFinding:
    """Something that is wrong with a log."""

    kind: FindingKind
    text: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who acknowledges findings, and why."""

    person: str
    reason: str


def note_finding(connection: Connection, identity: LogIdentity, kind: FindingKind, text: str) -> None:
    """Note a finding, unless one of its kind is open for that log: the first tells where it began."""
    is_open = _of(identity) & _COLUMNS.acknowledged_at.is_(None) & (_COLUMNS.kind == kind.value)
    if connection.scalar(select(_COLUMNS.finding_id).where(is_open).limit(1)) is not None:
        return
    values = {"unit_id": identity.unit_id, "log_id": identity.log_id, "kind": kind.value, "text": text}
    connection.execute(insert(unit_log_findings).values(**values, found_at=naive_utc_now()))
    log.error("department.log_finding", unit=identity.unit_id, log_id=identity.log_id, finding=text)


def open_findings(connection: Connection, identity: LogIdentity) -> list[LogFinding]:
    """The findings of a log that nobody has acknowledged, the oldest first."""
    query = select(_COLUMNS.kind, _COLUMNS.text, _COLUMNS.found_at)
    query = query.where(_of(identity), _COLUMNS.acknowledged_at.is_(None)).order_by(_COLUMNS.finding_id)
    rows = connection.execute(query.limit(LISTED_MAX)).all()
    return [LogFinding(FindingKind(row.kind), row.text, row.found_at) for row in rows]


def all_open_findings(connection: Connection) -> list[tuple[str, LogFinding]]:
    """The findings of all units that nobody has acknowledged, each with its unit, by unit and the oldest first."""
    query = select(_COLUMNS.unit_id, _COLUMNS.kind, _COLUMNS.text, _COLUMNS.found_at)
    query = query.where(_COLUMNS.acknowledged_at.is_(None)).order_by(_COLUMNS.unit_id, _COLUMNS.finding_id)
    rows = connection.execute(query).all()
    return [(row.unit_id, LogFinding(FindingKind(row.kind), row.text, row.found_at)) for row in rows]


def acknowledge_findings(connection: Connection, unit_id: str, acknowledgement: Acknowledgement) -> int:
    """End the open findings of a unit's logs; returns how many there were."""
    is_open = (_COLUMNS.unit_id == unit_id) & _COLUMNS.acknowledged_at.is_(None)
    values = {
        "acknowledged_at": naive_utc_now(),
        "acknowledged_by": acknowledgement.person,
        "reason": acknowledgement.reason,
    }
    return connection.execute(update(unit_log_findings).where(is_open).values(values)).rowcount


def _of(identity: LogIdentity) -> ColumnElement[bool]:
    return (_COLUMNS.unit_id == identity.unit_id) & (_COLUMNS.log_id == identity.log_id)
