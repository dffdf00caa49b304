"""Keeps holds: reads that nothing deletes (policy 462.5: evidence, discovery, a lawful order to produce records).

Placing and releasing a hold is one transaction with the items for the department, so a power cut leaves all of it or
nothing. The purge asks within its own transaction what is held, so a hold that comes while it chooses still counts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import Hold, HoldKind, HoldOrigin, HoldPerson, HoldRelease, HoldTerms
from alpr_edge.domain.protocol.holds import READS_A_PART
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_of, instant_or_none, instant_row
from alpr_edge.store.db.schema import case_holds, held_reads, holds, reads
from alpr_edge.store.outbox.hold_items import queue_hold_part, queue_hold_release

LISTED_MAX = 1000
_UNRELEASED = and_(held_reads.c.hold_id == case_holds.c.hold_id, case_holds.c.released_boot_id.is_(None))


def add_hold(connection: Connection, hold: Hold, read_ids: Sequence[str], unit_id: str) -> int:
    """Store a hold over reads and queue it, within a transaction.

    Returns:
        How many reads it covers.
    """
    connection.execute(insert(case_holds), _row(hold))
    if not read_ids and hold.origin is HoldOrigin.UNIT:
        queue_hold_part(connection, hold, [], unit_id)
    return cover_reads(connection, hold, read_ids, unit_id)


def cover_reads(connection: Connection, hold: Hold, read_ids: Sequence[str], unit_id: str) -> int:
    """Add reads to a hold and queue them, within a transaction.

    Returns:
        How many of them it did not cover before.
    """
    count = 0
    for start in range(0, len(read_ids), READS_A_PART):
        added = _reads_to_add(connection, hold.hold_id, read_ids[start : start + READS_A_PART])
        if not added:
            continue
        connection.execute(insert(held_reads), [{"hold_id": hold.hold_id, "read_id": read_id} for read_id in added])
        connection.execute(insert(holds).on_conflict_do_nothing(), [_earlier_row(hold, read_id) for read_id in added])
        if hold.origin is HoldOrigin.UNIT:
            queue_hold_part(connection, hold, added, unit_id)
        count += len(added)
    return count


def release(connection: Connection, hold_id: str, unit_id: str, release: HoldRelease) -> Hold:
    """Release a hold and queue that, within a transaction; other holds on its reads stay."""
    hold = find_hold(connection, hold_id)
    if hold is None or hold.released is not None:
        raise HoldError(f"{hold_id}: no such hold" if hold is None else f"{hold_id}: released before")
    by = release.by
    who = {"released_by_id": by.person_id, "released_by": by.person, "released_session": by.session}
    this = case_holds.c.hold_id == hold_id
    connection.execute(update(case_holds).where(this).values(**instant_row("released", release.at), **who))
    of_this = holds.c.read_id.in_(select(held_reads.c.read_id).where(held_reads.c.hold_id == hold_id))
    others = exists().where(held_reads.c.read_id == holds.c.read_id, _UNRELEASED)
    connection.execute(delete(holds).where(of_this, ~others))
    if hold.origin is HoldOrigin.UNIT:
        queue_hold_release(connection, hold_id, unit_id, release)
    return hold


def forget_released(connection: Connection) -> None:
    """Unlock the reads all of whose holds were released: a damaged database gives back rows from before."""
    of_read = held_reads.c.read_id == holds.c.read_id
    connection.execute(delete(holds).where(exists().where(of_read), ~exists().where(of_read, _UNRELEASED)))


def find_hold(connection: Connection, hold_id: str) -> Hold | None:
    return next(iter(_holds(connection, case_holds.c.hold_id == hold_id)), None)


def same_holds(connection: Connection, terms: HoldTerms, read_ids: Sequence[str]) -> list[Hold]:
    """The unreleased holds of this unit for the same case that cover these reads and no others."""
    is_unreleased = case_holds.c.released_boot_id.is_(None) & (case_holds.c.origin == HoldOrigin.UNIT.value)
    of_case = case_holds.c.case_number == terms.case_number
    of_subject = (case_holds.c.kind == terms.kind.value) & (case_holds.c.subject_id == terms.subject_id)
    found = _holds(connection, is_unreleased & of_case & of_subject)
    return [hold for hold in found if set(read_ids_of(connection, hold.hold_id)) == set(read_ids)]


def list_holds(database: Database, *, with_released: bool = False) -> list[Hold]:
    """The holds in the order in which they were placed, the newest :data:`LISTED_MAX` of them."""
    with database.read() as connection:
        return _holds(connection, None if with_released else case_holds.c.released_boot_id.is_(None))


def ids_of_department(connection: Connection) -> dict[str, bool]:
    """The ids of all holds that the department placed, and whether each was released."""
    query = select(case_holds.c.hold_id, case_holds.c.released_boot_id.is_not(None))
    rows = connection.execute(query.where(case_holds.c.origin == HoldOrigin.DEPARTMENT.value)).all()
    return {hold_id: bool(is_released) for hold_id, is_released in rows}


def holds_on(connection: Connection, read_ids: Sequence[str]) -> dict[str, list[Hold]]:
    """The unreleased holds on reads, by read."""
    query = select(held_reads.c.read_id, held_reads.c.hold_id).where(held_reads.c.read_id.in_(read_ids), _UNRELEASED)
    pairs = connection.execute(query).all()
    found = {hold.hold_id: hold for hold in _holds(connection, case_holds.c.hold_id.in_([pair[1] for pair in pairs]))}
    by_read: dict[str, list[Hold]] = {}
    for read_id, hold_id in pairs:
        if hold_id in found:
            by_read.setdefault(read_id, []).append(found[hold_id])
    return by_read


def read_ids_of(connection: Connection, hold_id: str) -> list[str]:
    """The reads that a hold covers and that are still stored, in the order in which it came to cover them."""
    query = select(held_reads.c.read_id).where(held_reads.c.hold_id == hold_id).order_by(held_reads.c.seq)
    return list(connection.scalars(query))


def stored_ids(connection: Connection, read_ids: Sequence[str]) -> list[str]:
    """Of these reads, those that are stored, each once and in this order."""
    found: set[str] = set()
    for start in range(0, len(read_ids), READS_A_PART):
        part = read_ids[start : start + READS_A_PART]
        found.update(connection.scalars(select(reads.c.read_id).where(reads.c.read_id.in_(part))))
    return [read_id for read_id in dict.fromkeys(read_ids) if read_id in found]


def read_ids_of_case(connection: Connection, case_number: str, utc: datetime | None) -> list[str]:
    """The reads that holds of a case keep at a moment of a trusted clock, in the order in which they were read."""
    in_force = _UNRELEASED & _lasts(utc) & (case_holds.c.case_number == case_number)
    covered = select(held_reads.c.read_id).where(in_force)
    return list(connection.scalars(select(reads.c.read_id).where(reads.c.read_id.in_(covered)).order_by(reads.c.seq)))


def count(database: Database) -> int:
    """How many reads are held, those whose holds are over among them until they are deleted."""
    with database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(holds)) or 0)


def is_held() -> ColumnElement[bool]:
    """Whether a hold that was not released keeps the read of an outer query, or one of a release before schema 12."""
    of_read = exists().where(held_reads.c.read_id == reads.c.read_id, _UNRELEASED).correlate(reads)
    return or_(exists().where(holds.c.read_id == reads.c.read_id), of_read)


def held_until() -> ColumnElement[datetime | None]:
    """When the last of the holds ends that keep the read of an outer query; NULL: never by itself."""
    until = case((func.count() == func.count(case_holds.c.until), func.max(case_holds.c.until)))
    of_read = and_(held_reads.c.read_id == reads.c.read_id, _UNRELEASED)
    return select(until).select_from(held_reads).join(case_holds, _UNRELEASED).where(of_read).scalar_subquery()


def unlock_ended(connection: Connection, read_ids: Sequence[str], utc: datetime | None) -> None:
    """Let the database delete reads whose holds are all over; a read that is held by then still refuses."""
    if utc is None:
        return
    of_read = held_reads.c.read_id == holds.c.read_id
    lasting, placed = exists().where(of_read, _UNRELEASED, _lasts(utc)), exists().where(of_read, _UNRELEASED)
    connection.execute(delete(holds).where(holds.c.read_id.in_(read_ids), placed, ~lasting))


def _lasts(utc: datetime | None) -> ColumnElement[bool]:
    """Whether the end of a hold is still to come; with an unknown clock none has come."""
    until = case_holds.c.until
    return or_(until.is_(None), until > utc) if utc is not None else or_(until.is_(None), until.is_not(None))


def _reads_to_add(connection: Connection, hold_id: str, read_ids: Sequence[str]) -> list[str]:
    """Of these reads, those that are stored and that the hold does not cover yet."""
    covered = (held_reads.c.hold_id == hold_id) & held_reads.c.read_id.in_(read_ids)
    done = set(connection.scalars(select(held_reads.c.read_id).where(covered)))
    return [read_id for read_id in stored_ids(connection, read_ids) if read_id not in done]


def _holds(connection: Connection, condition: ColumnElement[bool] | None) -> list[Hold]:
    count_of = select(func.count()).where(held_reads.c.hold_id == case_holds.c.hold_id).scalar_subquery()
    query = select(case_holds, count_of.label("read_count")).order_by(case_holds.c.seq.desc()).limit(LISTED_MAX)
    rows = connection.execute(query if condition is None else query.where(condition)).mappings().all()
    return [_hold_of(row) for row in reversed(rows)]


def _earlier_row(hold: Hold, read_id: str) -> dict[str, Any]:
    """The row by which the database, and releases before schema 12, keep a read."""
    reason = f"{hold.terms.case_number}: {hold.terms.reason}" if hold.terms.case_number else hold.terms.reason
    return {"read_id": read_id, "reason": reason, "held_by": hold.by.person, "held": hold.made.utc}


def _row(hold: Hold) -> dict[str, Any]:
    terms, by, released_by = hold.terms, hold.by, hold.released_by or HoldPerson("", "")
    return {
        "hold_id": hold.hold_id,
        "origin": hold.origin.value,
        "kind": terms.kind.value,
        "subject_id": terms.subject_id,
        "case_number": terms.case_number,
        "reason": terms.reason,
        "until": terms.until,
        "person_id": by.person_id,
        "person": by.person,
        "session": by.session,
        **instant_row("made", hold.made),
        **instant_row("released", hold.released),
        "released_by_id": released_by.person_id,
        "released_by": released_by.person,
        "released_session": released_by.session,
    }


def _hold_of(row: RowMapping) -> Hold:
    released = instant_or_none(row, "released")
    terms = HoldTerms(HoldKind(row["kind"]), row["subject_id"], row["case_number"], row["reason"], row["until"])
    by = HoldPerson(row["released_by_id"], row["released_by"], row["released_session"])
    return Hold(
        hold_id=row["hold_id"],
        terms=terms,
        by=HoldPerson(row["person_id"], row["person"], row["session"]),
        made=instant_of(row, "made"),
        origin=HoldOrigin(row["origin"]),
        released=released,
        released_by=None if released is None else by,
        read_count=int(row["read_count"]),
    )
