"""Keeps canvasses: each is started and ended in one transaction with its hold and its items for the department."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from alpr_edge.domain.canvass.canvass import RUNNING_MAX, Canvass, CanvassEnd, CanvassEnding
from alpr_edge.domain.errors import CanvassError
from alpr_edge.domain.ground.areas import GroundArea, parse_ground_area
from alpr_edge.domain.holds.hold import Hold, HoldKind, HoldPerson, HoldTerms
from alpr_edge.domain.instants import Instant
from alpr_edge.store.db.row_mapping import instant_of, instant_or_none, instant_row
from alpr_edge.store.db.schema import canvasses, case_holds, held_reads
from alpr_edge.store.outbox.canvass_items import queue_canvass, queue_canvass_end
from alpr_edge.store.reads.queries import newest_number
from alpr_edge.store.retention.holds import add_hold

LISTED_MAX = 200
"""Most canvasses that are listed, the newest."""
_RUNS = canvasses.c.ended_boot_id.is_(None)


def add_canvass(connection: Connection, canvass: Canvass, unit_id: str) -> None:
    """Store a canvass with its hold, and queue both, within a transaction; from its commit on new reads are held.

    Raises:
        CanvassError: too many run already, or one of the same incident and area does.
    """
    running = running_canvasses(connection)
    if len(running) >= RUNNING_MAX:
        raise CanvassError(f"{RUNNING_MAX} canvasses run already; end one of them first")
    if any((other.incident, other.area) == (canvass.incident, canvass.area) for other in running):
        raise CanvassError("a canvass of this incident and area runs already")
    looked_to = newest_number(connection) if canvass.before else 0
    connection.execute(insert(canvasses), _row(canvass, looked_to))
    add_hold(connection, hold_of(canvass), (), unit_id)
    queue_canvass(connection, canvass, unit_id)


def end_canvass(connection: Connection, canvass_id: str, end: CanvassEnd, unit_id: str) -> None:
    """End a canvass and queue that, within a transaction; what is held for it stays held.

    Raises:
        CanvassError: there is no such canvass, or it has ended.
    """
    is_it = (canvasses.c.canvass_id == canvass_id) & _RUNS
    values = {
        **instant_row("ended", end.at),
        "ended_by_id": end.by.person_id,
        "ended_by": end.by.person,
        "ended_session": end.by.session,
        "ended_how": end.how.value,
    }
    if connection.execute(update(canvasses).where(is_it).values(**values)).rowcount != 1:
        raise CanvassError("this canvass is not here, or has ended already")
    queue_canvass_end(connection, canvass_id, end, unit_id, held_count(connection, canvass_id))


def settle_end(connection: Connection, canvass: Canvass) -> None:
    """Store when a canvass ends, once a clock tells."""
    unknown = (canvasses.c.canvass_id == canvass.canvass_id) & canvasses.c.ends.is_(None)
    connection.execute(update(canvasses).where(unknown).values(ends=canvass.ends))


def find_canvass(connection: Connection, canvass_id: str) -> Canvass | None:
    row = connection.execute(select(canvasses).where(canvasses.c.canvass_id == canvass_id)).mappings().first()
    return None if row is None else canvass_of(row)


def canvasses_of(connection: Connection, incident: str) -> list[Canvass]:
    """The canvasses of an incident, running and ended, whose holds nobody released: the oldest first."""
    released = select(case_holds.c.hold_id).where(case_holds.c.released_boot_id.is_not(None))
    is_wanted = (canvasses.c.incident == incident) & canvasses.c.canvass_id.not_in(released)
    query = select(canvasses).where(is_wanted).order_by(canvasses.c.seq).limit(LISTED_MAX)
    return [canvass_of(row) for row in connection.execute(query).mappings()]


def running_canvasses(connection: Connection) -> list[Canvass]:
    """The canvasses that have not ended, the oldest first."""
    query = select(canvasses).where(_RUNS).order_by(canvasses.c.seq)
    return [canvass_of(row) for row in connection.execute(query).mappings()]


def canvasses_open_at(connection: Connection, seen: Sequence[Instant]) -> list[Canvass]:
    """The canvasses that run, and those that ended after one of some instants of the same boot.

    A read is stored some seconds after it was seen: an end that was stored between the two does not lose it.
    """
    query = select(canvasses).where(_RUNS)
    if seen:
        first = min(seen, key=lambda instant: instant.boottime_ns)
        late = (canvasses.c.ended_boottime_ns >= first.boottime_ns) & (canvasses.c.ended_boot_id == first.boot_id)
        query = select(canvasses).where(_RUNS | late)
    return [canvass_of(row) for row in connection.execute(query.order_by(canvasses.c.seq)).mappings()]


def newest_canvasses(connection: Connection) -> list[Canvass]:
    """The newest canvasses first, at most :data:`LISTED_MAX`."""
    query = select(canvasses).order_by(canvasses.c.seq.desc()).limit(LISTED_MAX)
    return [canvass_of(row) for row in connection.execute(query).mappings()]


def held_count(connection: Connection, canvass_id: str) -> int:
    """How many stored reads are held for a canvass."""
    return connection.scalar(select(func.count()).where(held_reads.c.hold_id == canvass_id)) or 0


def is_released(connection: Connection, canvass_id: str) -> bool:
    """Whether somebody released the hold of a canvass, so that it holds nothing more."""
    is_it = (case_holds.c.hold_id == canvass_id) & case_holds.c.released_boot_id.is_not(None)
    return connection.scalar(select(case_holds.c.seq).where(is_it)) is not None


def is_held_for(connection: Connection, canvass_id: str, read_id: str) -> bool:
    """Whether a read is held for a canvass."""
    is_it = (held_reads.c.hold_id == canvass_id) & (held_reads.c.read_id == read_id)
    return connection.scalar(select(held_reads.c.seq).where(is_it)) is not None


def canvass_of(row: RowMapping) -> Canvass:
    return Canvass(
        canvass_id=row["canvass_id"],
        incident=row["incident"],
        offence=row["offence"],
        area=_area_of(row["area"]),
        partials=tuple(row["partials"]),
        before=timedelta(seconds=row["before_s"]),
        lasts=timedelta(seconds=row["lasts_s"]),
        by=HoldPerson(row["person_id"], row["person"], row["session"]),
        started=instant_of(row, "started"),
        ends=row["ends"],
        end=_end_of(row),
    )


def _area_of(text: str | None) -> GroundArea | None:
    """The area of a row; of a text that a later release wrote in another form: everywhere, so that nothing is lost."""
    try:
        return None if text is None else parse_ground_area(text)
    except ValueError:
        return None


def _end_of(row: RowMapping) -> CanvassEnd | None:
    at = instant_or_none(row, "ended")
    if at is None:
        return None
    by = HoldPerson(row["ended_by_id"], row["ended_by"], row["ended_session"])
    return CanvassEnd(at, by, CanvassEnding(row["ended_how"]))


def hold_of(canvass: Canvass) -> Hold:
    """The hold of a canvass, which has its id and lasts until it is released."""
    terms = HoldTerms(HoldKind.CANVASS, canvass.canvass_id, canvass.incident, "crime-scene canvass")
    return Hold(canvass.canvass_id, terms, canvass.by, canvass.started)


def _row(canvass: Canvass, looked_to: int) -> dict[str, Any]:
    return {
        "canvass_id": canvass.canvass_id,
        "incident": canvass.incident,
        "offence": canvass.offence,
        "area": None if canvass.area is None else str(canvass.area),
        "partials": canvass.partials,
        "before_s": canvass.before / timedelta(seconds=1),
        "lasts_s": canvass.lasts / timedelta(seconds=1),
        "person_id": canvass.by.person_id,
        "person": canvass.by.person,
        "session": canvass.by.session,
        **instant_row("started", canvass.started),
        "ends": canvass.ends,
        "looked_to": looked_to,
    }
