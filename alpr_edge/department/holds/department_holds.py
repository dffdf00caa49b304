"""Places and releases the department's own holds on reads of units, lists all of them, and gives units theirs."""

import re
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, false, func, insert, or_, select, true

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.department.db.schema import certificates, reads
from alpr_edge.department.holds.listed_holds import ListedHold, in_force, list_holds
from alpr_edge.department.holds.unknown_holds import hold_warnings, require_known_holds
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.holds.hold import HOLD_READS_MAX, HoldKind, HoldOrigin, HoldTerms, check_terms
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.holds import HOLDS_BYTES_MAX, DepartmentHoldPayload, DepartmentHoldsPayload
from alpr_edge.domain.protocol.items import ITEM_ID_PATTERN, encode

PREFIX = "department"
"""How ids of the department's holds begin, where those of a unit begin with its id."""
READS_OF_UNIT_MAX = HOLD_READS_MAX
"""Most reads that the department's holds in force cover of one unit: a unit fetches them all at once."""
EXTENDED = "a longer hold took its place"
"""Why a hold was released that was extended."""
_ORIGIN = HoldOrigin.DEPARTMENT.value


@dataclass(frozen=True, slots=True)
class HoldAuthor:
    """Who places or releases a hold at the department, and when."""

    name: str
    """A person who is signed in; else a login, as the operating system has it."""
    at: datetime
    person_id: str = ""
    """Of the roster; empty: a login."""

    @property
    def record_id(self) -> str:
        """How a hold has whoever placed it."""
        return self.person_id or f"login:{self.name}"


class DepartmentHolds:
    """The holds of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def place(self, read_ids: Sequence[str], terms: HoldTerms, author: HoldAuthor) -> list[ListedHold]:
        """Hold reads, a hold for each unit that has some of them; the units fetch theirs.

        Args:
            read_ids: reads that were stored here, or whose ids name their unit: those may still be on their way.
        """
        checked, ids = check_terms(terms, author.at), list(dict.fromkeys(read_ids))
        if not ids:
            raise HoldError("nothing to hold: no read is named")
        if not all(re.fullmatch(ITEM_ID_PATTERN, read_id) for read_id in ids):
            raise HoldError("one of those is no id of a read: letters, digits and ._:- alone, at most 128")
        with self._database.writing() as connection:
            placed = []
            for unit_id, own_ids in _by_unit(connection, ids).items():
                _require_room(connection, unit_id, len(own_ids), author.at)
                placed.append(_add(connection, unit_id, own_ids, checked, author))
                _require_size(connection, unit_id, author.at)
            return list_holds(connection, holds.c.hold_id.in_(placed))

    def release(self, hold_id: str, author: HoldAuthor, reason: str = "") -> None:
        """Release a hold of the department; its unit learns of that when it asks next."""
        with self._database.writing() as connection:
            _release(connection, _require_own(connection, hold_id), author, reason)

    def extend(self, hold_id: str, until: datetime | None, author: HoldAuthor) -> ListedHold:
        """Have a hold of the department last longer: a new one of the same reads, case and reason takes its place.

        Both changes are one transaction, so that a unit which asks meanwhile holds the reads all the time.

        Args:
            until: its new end; None: until it is released.
        """
        with self._database.writing() as connection:
            row = _require_own(connection, hold_id)
            before = None if row["until"] is None else datetime.fromisoformat(row["until"])
            if before is None or (until is not None and until <= before):
                end = "lasts until released" if before is None else f"ends {row['until']}"
                raise HoldError(f"{hold_id}: {end}; give a later end, or none")
            if before <= author.at:
                raise HoldError(f"{hold_id}: it is over since {row['until']}; place a new one")
            terms = HoldTerms(HoldKind(row["kind"]), row["subject_id"], row["case_number"], row["reason"], until)
            covered = select(held_reads.c.read_id).where(held_reads.c.hold_id == hold_id)
            ids = list(connection.scalars(covered.order_by(held_reads.c.read_id)))
            _release(connection, row, author, EXTENDED)
            longer = _add(connection, row["unit_id"], ids, terms, author)
            _require_size(connection, row["unit_id"], author.at)
            return list_holds(connection, holds.c.hold_id == longer)[0]

    def list(self, *, with_released: bool = False, case: str = "") -> Sequence[ListedHold]:
        """The holds of units and of the department, the newest :data:`LISTED_MAX`, in the order of arrival.

        Args:
            case: those of this case alone; empty: of every one.
        """
        wanted = normal_case(case)
        is_shown = true() if with_released else hold_releases.c.hold_id.is_(None)
        is_of = holds.c.case_number == wanted if wanted else true()
        with self._database.reading() as connection:
            return list_holds(connection, and_(is_shown, is_of))

    def find(self, hold_id: str) -> ListedHold:
        """A hold that was not released; of one that several units have, the first."""
        is_it = (holds.c.hold_id == hold_id) & hold_releases.c.hold_id.is_(None)
        with self._database.reading() as connection:
            found = list_holds(connection, is_it)
        if not found:
            raise HoldError("there is no such hold, or it was released")
        return found[0]

    def held_ids(self, case_number: str, now: datetime, until: datetime | None) -> set[str]:
        """The reads that the department holds for a case, now and as long as others are to be held, or longer.

        Args:
            until: the end that is wanted; None: no end.
        """
        lasts = or_(holds.c.until.is_(None), false() if until is None else holds.c.until >= rfc3339(until))
        own = (holds.c.origin == _ORIGIN) & (holds.c.case_number == case_number) & in_force(now) & lasts
        with self._database.reading() as connection:
            joined = held_reads.join(holds, held_reads.c.hold_id == holds.c.hold_id)
            return set(connection.scalars(select(held_reads.c.read_id).select_from(joined).where(own)))

    def of_unit(self, unit_id: str, now: datetime) -> DepartmentHoldsPayload:
        """The department's holds on reads of a unit that are in force, for that unit."""
        with self._database.reading() as connection:
            require_known_holds(connection)
            return _of_unit(connection, unit_id, now)

    def warnings(self) -> Sequence[str]:
        """A line where holds are missing since a restore, which says what to do."""
        with self._database.reading() as connection:
            return hold_warnings(connection)


def _require_own(connection: Connection, hold_id: str) -> RowMapping:
    """The row of a hold that the department may change."""
    row = connection.execute(select(holds).where(holds.c.hold_id == hold_id)).mappings().first()
    if row is None:
        raise HoldError(f"{hold_id}: no such hold")
    if row["origin"] != _ORIGIN:
        raise HoldError(f"{hold_id}: {row['unit_id']} placed this hold; it has to release it")
    if connection.scalar(select(hold_releases.c.hold_id).where(hold_releases.c.hold_id == hold_id)):
        raise HoldError(f"{hold_id}: released before")
    return row


def _release(connection: Connection, row: RowMapping, author: HoldAuthor, reason: str) -> None:
    who = {"person_id": author.record_id, "person": author.name, "released": rfc3339(author.at), "reason": reason}
    names = {"hold_id": row["hold_id"], "unit_id": row["unit_id"], "received_at": naive_utc_now()}
    connection.execute(insert(hold_releases).values(names | who))


def _of_unit(connection: Connection, unit_id: str, now: datetime) -> DepartmentHoldsPayload:
    """What a unit is given of the holds in force."""
    query = _in_force(unit_id, now, *holds.c).order_by(holds.c.hold_id)
    rows = connection.execute(query).mappings().all()
    covered = held_reads.c.hold_id.in_([row["hold_id"] for row in rows])
    pairs = connection.execute(select(held_reads.c.hold_id, held_reads.c.read_id).where(covered)).all()
    by_hold: defaultdict[str, list[str]] = defaultdict(list)
    for hold_id, read_id in sorted(map(tuple, pairs)):
        by_hold[hold_id].append(read_id)
    return DepartmentHoldsPayload(unit_id=unit_id, holds=[_payload(row, by_hold[row["hold_id"]]) for row in rows])


def _by_unit(connection: Connection, read_ids: Sequence[str]) -> dict[str, list[str]]:
    """Reads by their units, which their ids begin with; of older units the reads were stored here."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for read_id in read_ids:
        unit_id, colon, _ = read_id.partition(":")
        units = [unit_id] if colon else connection.scalars(select(reads.c.unit_id).where(reads.c.read_id == read_id))
        known = list(units)
        if not known or not (known[0] in found or _is_unit(connection, known[0])):
            raise HoldError(f"{read_id}: no such read here, and its id names no unit of this department")
        for each in known:
            found[each].append(read_id)
    return found


def _is_unit(connection: Connection, unit_id: str) -> bool:
    """Whether a unit has a certificate on record, or reads were imported under its name."""
    tables = (certificates, import_runs)
    known = (select(table.c.unit_id).where(table.c.unit_id == unit_id).limit(1) for table in tables)
    return any(connection.scalar(query) is not None for query in known)


def _require_room(connection: Connection, unit_id: str, count: int, now: datetime) -> None:
    query = _in_force(unit_id, now, held_reads.c.read_id).join(held_reads, held_reads.c.hold_id == holds.c.hold_id)
    held = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    if held + count > READS_OF_UNIT_MAX:
        raise HoldError(f"{unit_id}: {held} reads are held already, {READS_OF_UNIT_MAX} at most; release some first")


def _require_size(connection: Connection, unit_id: str, now: datetime) -> None:
    """Refuse what would make the answer to a unit longer than the unit takes: it would hold nothing of it."""
    size = len(encode(_of_unit(connection, unit_id, now)))
    if size > HOLDS_BYTES_MAX:
        raise HoldError(f"{unit_id}: its holds would take {size} bytes, {HOLDS_BYTES_MAX} at most; release some first")


def _add(connection: Connection, unit_id: str, read_ids: list[str], terms: HoldTerms, author: HoldAuthor) -> str:
    hold_id = f"{PREFIX}:{uuid.uuid4()}"
    kind = HoldKind.READ if len(read_ids) == 1 else HoldKind.SEARCH
    row = {
        "hold_id": hold_id,
        "unit_id": unit_id,
        "origin": _ORIGIN,
        "kind": kind.value,
        "subject_id": read_ids[0],
        "case_number": terms.case_number,
        "reason": terms.reason,
        "until": None if terms.until is None else rfc3339(terms.until),
        "person_id": author.record_id,
        "person": author.name,
        "made": rfc3339(author.at),
        "received_at": naive_utc_now(),
    }
    connection.execute(insert(holds).values(row))
    names = {"hold_id": hold_id, "unit_id": unit_id}
    connection.execute(insert(held_reads), [names | {"read_id": read_id} for read_id in read_ids])
    return hold_id


def _in_force(unit_id: str, now: datetime, *columns: ColumnElement[Any]) -> Select[Any]:
    """The department's holds on a unit's reads that are in force."""
    own = (holds.c.unit_id == unit_id) & (holds.c.origin == _ORIGIN)
    return select(*columns).select_from(holds).where(own, in_force(now))


def _payload(row: RowMapping, read_ids: list[str]) -> DepartmentHoldPayload:
    return DepartmentHoldPayload(
        hold_id=row["hold_id"],
        case_number=row["case_number"],
        reason=row["reason"],
        until=row["until"],
        person=row["person"],
        made=row["made"],
        read_ids=read_ids,
    )
