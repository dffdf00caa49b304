"""How each target stands, what is wrong with it, and what was sent to it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.exchange_schema import exchange_items, exchange_targets, exchange_terms
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.interchange.exchange_queue import QUEUE_MAX, ExchangeState, is_over

LATE_AFTER = timedelta(hours=1)
"""How long an event may wait before that is a warning."""
ENDS_SOON = timedelta(days=14)
EVENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """How a target stands. Of one that the settings do not name any more the terms are those of its last day."""

    target: str
    is_named: bool
    """Whether the settings name it: to others nothing goes out, not even withdrawals."""
    operator: str
    purpose: str
    legal_basis: str
    format: str
    rule: str
    lists: tuple[str, ...]
    approved_by: str
    until: str
    """The last day of the approval, as 2026-12-31."""
    waiting: int
    oldest: datetime | None
    """When the first that waits was queued, UTC."""
    sent: int
    set_aside: int
    dropped: int
    last_sent: datetime | None
    trouble: str
    """Why it takes nothing now; empty: it does."""


@dataclass(frozen=True, slots=True)
class SentEvent:
    """Something that was sent, as it is on record."""

    number: int
    target: str
    kind: str
    event_id: str
    unit_id: str
    read_id: str
    hit_id: str | None
    sent: datetime
    sha256: str | None
    terms: dict[str, object]
    """What the settings said of the target: operator, purpose, basis, who approved."""


def target_statuses(database: DepartmentDatabase, tables: Sequence[ExchangeTable]) -> list[TargetStatus]:
    """How each target stands, those that the settings name first.

    Raises:
        StoreError: the database does not answer.
    """
    with database.reading() as connection:
        newest = select(func.max(exchange_terms.c.number)).group_by(exchange_terms.c.target)
        rows = connection.execute(select(exchange_terms).where(exchange_terms.c.number.in_(newest)))
        named = {table.name for table in tables}
        earlier = [ExchangeTable.model_validate_json(_terms_json(row.terms)) for row in rows if row.target not in named]
        return [_status(connection, table, is_named=table.name in named) for table in (*tables, *earlier)]


def _terms_json(terms: dict[str, object]) -> str:
    return json.dumps(terms if terms.get("mail_to") else terms | {"key": "-"})


def _status(connection: Connection, table: ExchangeTable, *, is_named: bool) -> TargetStatus:
    row = connection.execute(select(exchange_targets).where(exchange_targets.c.target == table.name)).first()
    waiting, oldest = _in_state(connection, table.name, ExchangeState.QUEUED)
    names = ("operator", "purpose", "legal_basis", "rule", "lists", "approved_by")
    return TargetStatus(
        target=table.name,
        is_named=is_named,
        **{name: getattr(table, name) for name in names},
        format="mail" if table.mail_to else table.format,
        until=table.until.isoformat(),
        waiting=waiting,
        oldest=_utc(oldest),
        sent=0 if row is None else row.sent,
        set_aside=_in_state(connection, table.name, ExchangeState.SET_ASIDE)[0],
        dropped=0 if row is None else row.dropped,
        last_sent=None if row is None else _utc(row.last_sent),
        trouble="" if row is None else row.trouble,
    )


def _in_state(connection: Connection, target: str, state: ExchangeState) -> tuple[int, datetime | None]:
    """How many events of a target are in a state, and when the first of them was queued.

    Of a state that events leave again: those that ended stay for good, and are counted beside their target.
    """
    item = exchange_items.c
    query = select(func.count(), func.min(item.queued_at)).where(item.target == target, item.state == state.value)
    count, oldest = connection.execute(query).one()
    return count, oldest


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def exchange_warnings(database: DepartmentDatabase, tables: Sequence[ExchangeTable], now: datetime) -> Iterator[str]:
    """What somebody has to do about the targets, a line each; no plate is in it."""
    by_name = {table.name: table for table in tables}
    for status in target_statuses(database, tables):
        name = f"exchange {status.target}"
        if status.set_aside:
            yield (
                f"{name}: events that were refused for good: {status.set_aside}; find out why, then: "
                f"alpr-edge department exchange retry {status.target}"
            )
        if status.waiting >= QUEUE_MAX:
            yield f"{name}: {QUEUE_MAX} events wait; nothing more is queued until some are taken"
        table = by_name.get(status.target)
        if table is None:
            continue
        if status.trouble and status.oldest is not None and now - status.oldest > LATE_AFTER:
            yield f"{name}: events wait for more than an hour: {status.trouble}"
        if is_over(table, now):
            yield f"{name}: the approval ended on {table.until}; have it approved again, or remove it from the settings"
        elif table.until - now.astimezone().date() <= ENDS_SOON:
            yield f"{name}: the approval ends on {table.until}"


def sent_events(database: DepartmentDatabase, target: str | None = None) -> Iterator[SentEvent]:
    """What was sent, in its order, read some at a time.

    Args:
        target: to which target alone; None: to all.

    Raises:
        StoreError: the database does not answer.
    """
    item, last = exchange_items.c, 0
    of_terms = exchange_terms.c.number == item.terms_number
    query = select(exchange_items, exchange_terms.c.terms).join(exchange_terms, of_terms)
    query = query.where(item.state == ExchangeState.SENT.value).order_by(item.number).limit(EVENTS_AT_ONCE)
    if target is not None:
        query = query.where(item.target == target)
    while True:
        with database.reading() as connection:
            rows = connection.execute(query.where(item.number > last)).mappings().all()
        if not rows:
            return
        for row in rows:
            names = ("number", "target", "kind", "event_id", "unit_id", "read_id", "hit_id", "sha256", "terms")
            yield SentEvent(**{name: row[name] for name in names}, sent=row["tried_at"].replace(tzinfo=UTC))
        last = rows[-1]["number"]
