"""Queues what a target is to get of what was stored since it was looked at last.

It goes along the items in the order of their arrival. A hit goes out once its read is here, whichever came first, and
what is withdrawn or corrected is told to whoever may have got it. Nothing covert ever goes out, no hit that an older
unit sent without saying whether it is, and none for immigration enforcement (Government Code 7284.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, true, tuple_, update
from sqlalchemy.orm import aliased

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.exchange_schema import exchange_items, exchange_targets, exchange_terms
from alpr_edge.department.db.schema import dispositions, hits, items, reads, withdrawals
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.interchange.exchange_queue import (
    QUEUE_MAX,
    ExchangeState,
    NewEvent,
    add_events,
    end_event,
    waiting_count,
)
from alpr_edge.department.interchange.templates import EventKind
from alpr_edge.domain.dispositions.disposition import DispositionPart, ReadAnswer
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.protocol.items import ItemKind

ITEMS_AT_ONCE = 500
"""Items that one transaction looks at: units that deliver wait for it."""
OVERLAP = timedelta(minutes=2)
"""How much is looked at again each time: a clock may be set back a little."""
_KINDS = (ItemKind.READ, ItemKind.HIT, ItemKind.TIME, ItemKind.WITHDRAWAL, ItemKind.DISPOSITION)
_WRONG = (ReadAnswer.MISREAD, ReadAnswer.WRONG_STATE, ReadAnswer.NOT_THIS_VEHICLE)
"""Answers of an officer after which a hit does not hold."""
_later = aliased(reads.alias("later_reads"))
_undoing = aliased(dispositions.alias("undoing_dispositions"))


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """Ids of what arrived, each with its unit."""

    reads: list[tuple[str, str]]
    hits: list[tuple[str, str]]


def queue_events_for(
    database: DepartmentDatabase, table: ExchangeTable, terms_number: int, now: datetime, *, is_over: bool = False
) -> int:
    """Queue what is new; returns how many events.

    Args:
        now: the present moment, UTC without a zone.
    """
    count, place = 0, None
    while True:
        with database.writing() as connection:
            if waiting_count(connection, table.name) >= QUEUE_MAX:
                return count
            place = place or _begin(connection, table.name, now)
            rows = connection.execute(_next_items(place, now)).all()
            arrivals = _arrivals(connection, rows)
            new = [*_hits(connection, table, arrivals, now), *_reads(connection, table, arrivals, now)]
            events = [] if is_over else new
            count += add_events(connection, table.name, terms_number, events, now)
            count += _take_back(connection, table, terms_number, arrivals, now)
            is_last = len(rows) < ITEMS_AT_ONCE
            until = now if is_last else rows[-1].received_at
            one = update(exchange_targets).where(exchange_targets.c.target == table.name)
            connection.execute(one.values(looked_until=until))
            if is_last:
                return count
            place = rows[-1].received_at, rows[-1].unit_id, rows[-1].item_id


def _begin(connection: Connection, target: str, now: datetime) -> tuple[datetime, str, str]:
    """Where to begin: nothing that came before somebody named the target goes out."""
    looked = select(exchange_targets.c.looked_until).where(exchange_targets.c.target == target)
    named = select(func.min(exchange_terms.c.begun_at)).where(exchange_terms.c.target == target)
    until, begun = connection.execute(looked).scalar_one(), connection.execute(named).scalar_one()
    return max(min(until, now) - OVERLAP, begun), "", ""


def _next_items(place: tuple[datetime, str, str], now: datetime) -> Select[Any]:
    key = (items.c.received_at, items.c.unit_id, items.c.item_id)
    query = select(*key, items.c.kind).where(items.c.kind.in_([kind.value for kind in _KINDS]))
    return query.where(tuple_(*key) > tuple_(*place), items.c.received_at <= now).order_by(*key).limit(ITEMS_AT_ONCE)


def _arrivals(connection: Connection, rows: Sequence[Any]) -> _Arrivals:
    """The reads and hits that items are of, or that they say something of."""
    found = _Arrivals([], [])
    answers = list[tuple[str, str]]()
    for row in rows:
        if row.kind == ItemKind.READ.value:
            found.reads.append((row.unit_id, row.item_id))
        elif row.kind == ItemKind.HIT.value:
            found.hits.append((row.unit_id, row.item_id))
        elif row.kind == ItemKind.TIME.value:
            found.reads.append((row.unit_id, row.item_id.split(":", 1)[-1]))
        elif row.kind == ItemKind.WITHDRAWAL.value:
            found.hits.append((row.unit_id, row.item_id.split(":", 1)[-1]))
        else:
            answers.append((row.unit_id, row.item_id.split(":", 1)[-1]))
    if answers:
        of_hits = select(dispositions.c.unit_id, dispositions.c.hit_id)
        place = tuple_(dispositions.c.unit_id, dispositions.c.disposition_id)
        found.hits.extend((row.unit_id, row.hit_id) for row in connection.execute(of_hits.where(place.in_(answers))))
    return found


def _hits(connection: Connection, table: ExchangeTable, arrivals: _Arrivals, now: datetime) -> list[NewEvent]:
    """The hits that go out, of what arrived."""
    if table.rule != "hits" or not (arrivals.hits or arrivals.reads):
        return []
    is_new = or_(
        tuple_(hits.c.unit_id, hits.c.hit_id).in_(arrivals.hits),
        tuple_(hits.c.unit_id, hits.c.read_id).in_(arrivals.reads),
    )
    of_read = and_(reads.c.read_id == hits.c.read_id, reads.c.unit_id == hits.c.unit_id)
    query = (
        select(hits.c.unit_id, hits.c.read_id, hits.c.hit_id)
        .join(reads, of_read)
        .where(
            is_new,
            hits.c.source.in_(table.lists),
            hits.c.match_kind.in_(table.matches),
            hits.c.covert.is_(False),
            hits.c.reason.in_([each.value for each in table.reasons]) if table.reasons else true(),
            hits.c.level.in_(table.levels) if table.levels else true(),
            hits.c.reason != Reason.IMMIGRATION_VIOLATOR.value,
            *_goes_out(table, now),
            ~_is_taken_back(),
        )
    )
    rows = connection.execute(query.order_by(hits.c.hit_id))
    return [NewEvent(EventKind.HIT, row.unit_id, row.read_id, row.hit_id) for row in rows]


def _reads(connection: Connection, table: ExchangeTable, arrivals: _Arrivals, now: datetime) -> list[NewEvent]:
    """The reads that go out; one that corrects another that went out is its correction."""
    if table.rule != "all_reads" or not arrivals.reads:
        return []
    query = select(reads.c.unit_id, reads.c.read_id, reads.c.supersedes)
    query = query.where(tuple_(reads.c.unit_id, reads.c.read_id).in_(arrivals.reads), *_goes_out(table, now))
    events = []
    for row in connection.execute(query.order_by(reads.c.read_id)):
        event = NewEvent(EventKind.READ, row.unit_id, row.read_id)
        before = row.supersedes and NewEvent(EventKind.READ, row.unit_id, row.supersedes).id_for(table.name)
        if before and _was_queued(connection, table.name, before):
            event = NewEvent(EventKind.CORRECTION, row.unit_id, row.read_id, about=before)
        events.append(event)
    return events


def _goes_out(table: ExchangeTable, now: datetime) -> list[ColumnElement[bool]]:
    """What is asked of every read: this department's own, seen not long ago at a time that is sure."""
    begin = now - timedelta(hours=table.hours_max)
    return [reads.c.origin.is_(None), reads.c.seen_at >= begin]


def _is_taken_back() -> ColumnElement[bool]:
    """Whether a hit does not hold: its alert was withdrawn, its read corrected, or an officer says so still."""
    is_withdrawn = exists().where(withdrawals.c.hit_id == hits.c.hit_id, withdrawals.c.unit_id == hits.c.unit_id)
    is_undone = exists().where(  # an answer and its undoing are of one hit, by which the index finds them
        _undoing.c.hit_id == dispositions.c.hit_id,
        _undoing.c.unit_id == dispositions.c.unit_id,
        _undoing.c.undoes == dispositions.c.disposition_id,
    )
    is_wrong = exists().where(
        dispositions.c.hit_id == hits.c.hit_id,
        dispositions.c.unit_id == hits.c.unit_id,
        dispositions.c.part == DispositionPart.READ.value,
        dispositions.c.answer.in_([answer.value for answer in _WRONG]),
        ~is_undone,
    )
    is_corrected = exists().where(_later.c.supersedes == hits.c.read_id, _later.c.unit_id == hits.c.unit_id)
    return or_(is_withdrawn, is_wrong, is_corrected)


def _was_queued(connection: Connection, target: str, event_id: str) -> bool:
    one = (exchange_items.c.target == target, exchange_items.c.event_id == event_id)
    return connection.execute(select(exchange_items.c.number).where(*one)).first() is not None


def _take_back(
    connection: Connection, table: ExchangeTable, terms_number: int, arrivals: _Arrivals, now: datetime
) -> int:
    """Withdraw hits that do not hold any more: those that wait are dropped, those that were tried are taken back."""
    event_ids = [event.id_for(table.name) for event in _hits_taken_back(connection, arrivals)]
    if not event_ids:
        return 0
    item = exchange_items.c
    query = select(item.number, item.event_id, item.state, item.attempts, item.unit_id, item.read_id, item.hit_id)
    query = query.where(
        item.target == table.name, item.event_id.in_(event_ids), item.state != ExchangeState.DROPPED.value
    )
    events = []
    for row in connection.execute(query.order_by(item.number)).all():
        if row.attempts:
            event = NewEvent(EventKind.WITHDRAWAL, row.unit_id, row.read_id, row.hit_id, row.event_id)
            events.append(event)
        if row.state == ExchangeState.QUEUED.value:
            end_event(connection, row.number, ExchangeState.DROPPED, "withdrawn before it was taken")
    return add_events(connection, table.name, terms_number, events, now)


def _hits_taken_back(connection: Connection, arrivals: _Arrivals) -> list[NewEvent]:
    """The hits that do not hold, of those that arrived or were told of and of those whose read was corrected.

    Each as the event that it went out as, if it did.
    """
    superseded = select(reads.c.unit_id, reads.c.supersedes).where(
        tuple_(reads.c.unit_id, reads.c.read_id).in_(arrivals.reads)
    )
    pairs = connection.execute(superseded).all() if arrivals.reads else []
    earlier = [(row.unit_id, row.supersedes) for row in pairs if row.supersedes is not None]
    if not (earlier or arrivals.hits):
        return []
    is_of_these = or_(
        tuple_(hits.c.unit_id, hits.c.hit_id).in_(arrivals.hits), tuple_(hits.c.unit_id, hits.c.read_id).in_(earlier)
    )
    query = select(hits.c.unit_id, hits.c.read_id, hits.c.hit_id).where(is_of_these, _is_taken_back())
    return [NewEvent(EventKind.HIT, row.unit_id, row.read_id, row.hit_id) for row in connection.execute(query)]
