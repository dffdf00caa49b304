"""The queue of each target: what waits, what was sent, what was set aside, and how the target took it last.

Numbers are given in a transaction that keeps all other writers out, so they go with the order in which events came.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from alpr_edge.department.db.exchange_schema import exchange_items, exchange_targets, exchange_terms
from alpr_edge.department.db.statements import insert_once
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.interchange.templates import EventKind

QUEUE_MAX = 10_000
"""Most events of a target that wait; nothing more is queued until some were taken."""
ALONE_MAX = 5
"""How often an event may fail while others are taken, before it is set aside."""
WAIT_S_MIN = 10.0
WAIT_S_MAX = 600.0
RETRY_AFTER_MAX = timedelta(hours=1)
_SECRETS = {"key", "token", "ca_file"}


class ExchangeState(StrEnum):
    """What became of an event."""

    QUEUED = "queued"
    SENT = "sent"
    SET_ASIDE = "set_aside"
    """The receiver refused it for good; somebody has to look."""
    DROPPED = "dropped"
    """It was withdrawn or deleted before it was sent, or the approval ended."""


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event that waits."""

    number: int
    event_id: str
    kind: EventKind
    unit_id: str
    read_id: str
    hit_id: str | None
    about: str | None
    queued_at: datetime
    """UTC without a zone."""
    attempts: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be queued."""

    kind: EventKind
    unit_id: str
    read_id: str
    hit_id: str | None = None
    about: str | None = None

    def id_for(self, target: str) -> str:
        """Its id, which no other event has, at whatever target; it tells a receiver nothing else."""
        subject = self.hit_id or self.read_id
        parts = (target, self.kind.value, self.unit_id, subject, self.about or "")
        return "evt_" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def is_over(table: ExchangeTable, now: datetime) -> bool:
    """Whether the approval of a target ended, by this server's days."""
    return now.astimezone().date() > table.until


def note_terms(connection: Connection, table: ExchangeTable, by: str, now: datetime) -> int:
    """Put on record what the settings say of a target, where that is new; the number of its terms.

    Args:
        now: the present moment, UTC without a zone.
    """
    terms = table.model_dump(mode="json", exclude=_SECRETS)
    row = connection.execute(select(exchange_targets).where(exchange_targets.c.target == table.name)).first()
    newest = select(exchange_terms.c.number, exchange_terms.c.terms).where(exchange_terms.c.target == table.name)
    known = connection.execute(newest.order_by(exchange_terms.c.number.desc()).limit(1)).first()
    if row is not None and known is not None and known.terms == terms:
        return int(known.number)
    number = (connection.scalar(select(func.max(exchange_terms.c.number))) or 0) + 1
    values = {"number": number, "target": table.name, "terms": terms, "begun_at": now, "by": by}
    connection.execute(insert(exchange_terms).values(values))
    if row is None:  # what came before somebody named the target does not go out
        about = {"terms_number": number, "looked_until": now, "failures": 0, "trouble": ""}
        connection.execute(insert(exchange_targets).values(target=table.name, **about))
    else:
        _change_target(connection, table.name, terms_number=number, not_before=None, trouble="")
    return number


def waiting_count(connection: Connection, target: str) -> int:
    """How many events of a target wait."""
    waits = (exchange_items.c.target == target) & (exchange_items.c.state == ExchangeState.QUEUED.value)
    return connection.scalar(select(func.count()).select_from(exchange_items).where(waits)) or 0


def add_events(
    connection: Connection, target: str, terms_number: int, events: Sequence[NewEvent], now: datetime
) -> int:
    """Queue events; one that was queued before is passed over. Returns how many are new."""
    by_id = {event.id_for(target): event for event in events}
    of_target = exchange_items.c.target == target
    known = set(
        connection.scalars(select(exchange_items.c.event_id).where(of_target, exchange_items.c.event_id.in_([*by_id])))
    )
    number = connection.scalar(select(func.max(exchange_items.c.number))) or 0
    rows = list[dict[str, Any]]()
    for event_id, event in by_id.items():
        if event_id not in known:
            number += 1
            rows.append(_row(event, target, terms_number, now) | {"number": number, "event_id": event_id})
    insert_once(connection, exchange_items, rows)
    return len(rows)


def _row(event: NewEvent, target: str, terms_number: int, now: datetime) -> dict[str, Any]:
    return {
        "target": target,
        "kind": event.kind.value,
        "unit_id": event.unit_id,
        "read_id": event.read_id,
        "hit_id": event.hit_id,
        "about": event.about,
        "terms_number": terms_number,
        "state": ExchangeState.QUEUED.value,
        "queued_at": now,
        "attempts": 0,
        "failures_alone": 0,
        "answer": "",
    }


def waiting_events(connection: Connection, target: str, after: int, count: int) -> list[QueuedEvent]:
    """The next events of a target that wait, in their order."""
    table = exchange_items.c
    waits = (table.target == target, table.state == ExchangeState.QUEUED.value, table.number > after)
    rows = connection.execute(select(exchange_items).where(*waits).order_by(table.number).limit(count)).mappings()
    return [_event(row) for row in rows]


def _event(row: RowMapping) -> QueuedEvent:
    names = ("number", "event_id", "unit_id", "read_id", "hit_id", "about", "queued_at", "attempts")
    return QueuedEvent(kind=EventKind(row["kind"]), **{name: row[name] for name in names})


def is_waiting(connection: Connection, target: str, event_id: str) -> bool:
    """Whether an event of a target still waits."""
    table = exchange_items.c
    one = (table.target == target, table.event_id == event_id, table.state == ExchangeState.QUEUED.value)
    return connection.execute(select(table.number).where(*one)).first() is not None


def note_attempt(connection: Connection, number: int, now: datetime) -> None:
    """Note that an event is tried: it may have arrived from now on, whatever becomes of this process."""
    table = exchange_items.c
    values = {"attempts": table.attempts + 1, "tried_at": now}
    connection.execute(update(exchange_items).where(table.number == number).values(values))


def end_event(
    connection: Connection, number: int, state: ExchangeState, answer: str, sha256: str | None = None
) -> None:
    """Note what became of an event that waits, and count it for its target if nothing can become of it any more."""
    table, targets = exchange_items.c, exchange_targets.c
    waits = (table.number == number, table.state == ExchangeState.QUEUED.value)
    values = {"state": state.value, "answer": answer, "sha256": sha256}
    change = update(exchange_items).where(*waits).values(values).returning(table.target, table.tried_at)
    row = connection.execute(change).first()
    if row is not None and state is ExchangeState.SENT:
        _change_target(connection, row.target, sent=targets.sent + 1, last_sent=row.tried_at)
    elif row is not None and state is ExchangeState.DROPPED:
        _change_target(connection, row.target, dropped=targets.dropped + 1)


def note_failure_alone(connection: Connection, number: int, answer: str) -> bool:
    """Note that an event failed while another was taken; returns whether that sets it aside."""
    table = exchange_items.c
    one = update(exchange_items).where(table.number == number, table.state == ExchangeState.QUEUED.value)
    connection.execute(one.values(failures_alone=table.failures_alone + 1, answer=answer))
    failures = connection.scalar(select(table.failures_alone).where(table.number == number)) or 0
    if failures >= ALONE_MAX:
        end_event(connection, number, ExchangeState.SET_ASIDE, answer)
    return failures >= ALONE_MAX


def note_taken(connection: Connection, target: str) -> None:
    """Note that a target takes what it is sent."""
    _change_target(connection, target, failures=0, not_before=None, trouble="")


def note_trouble(connection: Connection, target: str, trouble: str, wait_s: float | None, now: datetime) -> None:
    """Note that a target takes nothing now, and leave it alone for a while: longer each time, or as it asked."""
    row = connection.execute(select(exchange_targets.c.failures).where(exchange_targets.c.target == target)).one()
    failures = int(row.failures) + 1
    wait = timedelta(seconds=wait_s or min(WAIT_S_MAX, WAIT_S_MIN * 2 ** min(failures - 1, 10)))
    until = now + min(wait, RETRY_AFTER_MAX)
    _change_target(connection, target, failures=failures, not_before=until, trouble=trouble)


def is_left_alone(connection: Connection, target: str, now: datetime) -> bool:
    """Whether it is too early to send to a target; a clock that was set back keeps nothing for longer than an hour."""
    row = connection.execute(select(exchange_targets.c.not_before).where(exchange_targets.c.target == target)).first()
    return row is not None and row.not_before is not None and now < row.not_before <= now + RETRY_AFTER_MAX


def try_again(connection: Connection, target: str) -> int:
    """Queue again what was set aside, and leave the target alone no longer; returns how many events that were."""
    table = exchange_items.c
    aside = (table.target == target, table.state == ExchangeState.SET_ASIDE.value)
    again = {"state": ExchangeState.QUEUED.value, "failures_alone": 0}
    _change_target(connection, target, not_before=None, failures=0)
    return connection.execute(update(exchange_items).where(*aside).values(again)).rowcount


def _change_target(connection: Connection, target: str, **values: object) -> None:
    connection.execute(update(exchange_targets).where(exchange_targets.c.target == target).values(values))
