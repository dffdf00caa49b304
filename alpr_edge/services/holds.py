"""Keeps reads from deletion as evidence, releases them, and lists them (policy 462.5)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.services.authorisation.operations import Operation
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention import holds
from alpr_edge.store.retention.holds import Hold


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A hold that somebody asks for."""

    read_id: str
    reason: str
    """Why: a case, an order; lists of holds show it."""
    until: datetime | None = None
    """The end of the hold, UTC; None: until somebody releases it."""


def hold_read(database: Database, authoriser: Authoriser, purpose: Purpose, request: HoldRequest, now: Instant) -> Hold:
    """Keep a read from being deleted; one that is held already keeps its first reason and is at most prolonged.

    Args:
        database: the database of this vehicle.
        authoriser: allows it and puts it on record.
        purpose: what the data is wanted for.
        request: the hold that is asked for.
        now: the present instant.

    Returns:
        The hold as it stands now.

    Raises:
        AccessError: it is refused.
        StoreError: there is no such read, no reason was given, or the end has passed.
    """
    subject = AccessSubject((request.read_id,), note=request.reason.strip())
    with authoriser.access(Operation.HOLD_READ, purpose, subject) as access:
        hold = Hold(request.read_id, request.reason.strip(), access.actor.name, now.utc, request.until)
        if not hold.reason:
            raise StoreError("the reason is empty; name the case or the order")
        if hold.until is not None and hold.is_over(now.utc):
            raise StoreError(f"the hold would have ended already ({rfc3339(hold.until)}); give a later end")
        return holds.hold(database, hold)


def release_read(database: Database, authoriser: Authoriser, purpose: Purpose, read_id: str) -> None:
    """Let a held read be deleted like the others again.

    Raises:
        AccessError: it is refused.
        StoreError: it is not held.
    """
    with authoriser.access(Operation.RELEASE_READ, purpose, AccessSubject((read_id,))):
        holds.release(database, read_id)


def list_holds(database: Database, authoriser: Authoriser, purpose: Purpose) -> list[Hold]:
    """The reads held, with why, by whom, since when and until when; shows no plates.

    Raises:
        AccessError: it is refused.
    """
    with authoriser.access(Operation.SHOW_HOLDS, purpose) as access:
        found = holds.list_holds(database)
        access.show(tuple(hold.read_id for hold in found))
        return found


def parse_hold_end(text: str | None) -> datetime | None:
    """The end of a hold as somebody typed it, a date or a moment; of one without a zone, in local time.

    A date alone means the end of that day.

    Raises:
        StoreError: it is neither.
    """
    if text is None:
        return None
    text = text.strip()
    try:
        end = datetime.fromisoformat(text)
        is_date = len(text) <= len("2026-12-31")
        return (end.replace(hour=23, minute=59, second=59) if is_date else end).astimezone(UTC)
    except (ValueError, OverflowError):
        raise StoreError("the end of a hold is such as 2026-12-31 or 2026-12-31T18:00") from None
