"""Starts and ends canvasses and tells how they are; the capture daemon holds the reads (policy 462.4(c)).

A canvass is its own hold: what it holds stays held after its end, until somebody releases the hold of its id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnd, CanvassEnding
from alpr_edge.domain.errors import CanvassError, SearchError
from alpr_edge.domain.ground.areas import area_words, corners_text
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.services.canvass.canvass_input import CanvassPlan
from alpr_edge.services.holds.unit_holds import hold_person
from alpr_edge.services.search.read_searches import NO_READ
from alpr_edge.store.canvass.canvass_reads import earlier_reads_left
from alpr_edge.store.canvass.canvass_rows import (
    add_canvass,
    end_canvass,
    find_canvass,
    held_count,
    is_held_for,
    newest_canvasses,
    running_canvasses,
)
from alpr_edge.store.db.database import Database

NO_CANVASS = "there is no such canvass here; alpr-edge canvass list shows them"
OTHER_INCIDENT = "this canvass is of another incident; give its number as the case"


@dataclass(frozen=True, slots=True)
class CanvassState:
    """A canvass, and how far it is; shows no plate."""

    canvass: Canvass
    read_count: int
    """Stored reads that are held for it."""
    earlier_left: int
    """Reads of before the start that are still to be looked through."""


class UnitCanvasses:
    """The canvasses of a unit."""

    def __init__(self, database: Database, unit_id: str, new_id: Callable[[], str]) -> None:
        self._database = database
        self._unit_id = unit_id
        self._new_id = new_id

    def start(self, authoriser: Authoriser, purpose: Purpose, plan: CanvassPlan) -> CanvassState:
        """Start a canvass: every read of its area that is stored from now on is held.

        Raises:
            AccessError: it is refused.
            CanvassError: too many run, or one of this incident and area does.
            StoreError: it cannot be kept or put on record: it was not started.
        """
        canvass_id = self._new_id()
        subject = AccessSubject((canvass_id,), note=_note(plan), corners=corners_text(plan.area))
        with authoriser.access(Operation.START_CANVASS, purpose, subject) as access:
            trusted = access.now.trusted_utc
            canvass = Canvass(
                canvass_id=canvass_id,
                incident=purpose.case or "",
                offence=purpose.offence or "",
                area=plan.area,
                partials=plan.partials,
                before=plan.before,
                lasts=plan.lasts,
                by=hold_person(access),
                started=access.now,
                ends=None if trusted is None else trusted + plan.lasts,
            )
            with self._database.write() as connection:
                add_canvass(connection, canvass, self._unit_id)
                return _state(connection, canvass)

    def end(self, authoriser: Authoriser, purpose: Purpose, canvass_id: str) -> CanvassState:
        """End a canvass; what it holds stays held.

        Raises:
            AccessError: it is refused.
            CanvassError: there is none of that id, it has ended, or the purpose is of another incident.
        """
        with authoriser.access(Operation.END_CANVASS, purpose, AccessSubject((canvass_id[:128],))) as access:
            end = CanvassEnd(access.now, hold_person(access), CanvassEnding.HAND)
            with self._database.write() as connection:
                canvass_for(connection, purpose, canvass_id)
                end_canvass(connection, canvass_id, end, self._unit_id)
                return _state(connection, canvass_for(connection, purpose, canvass_id))

    def show(self, authoriser: Authoriser, purpose: Purpose, canvass_id: str) -> CanvassState:
        """How one canvass is.

        Raises:
            AccessError: it is refused.
            CanvassError: there is none of that id, or the purpose is of another incident.
        """
        subject = AccessSubject((canvass_id[:128],))
        with (
            authoriser.access(Operation.SHOW_CANVASSES, purpose, subject) as access,
            self._database.read() as connection,
        ):
            state = _state(connection, canvass_for(connection, purpose, canvass_id))
            access.show((canvass_id,))
            return state

    def show_all(self, authoriser: Authoriser, purpose: Purpose) -> list[CanvassState]:
        """How the canvasses are, the newest first.

        Raises:
            AccessError: it is refused.
        """
        with authoriser.access(Operation.SHOW_CANVASSES, purpose) as access:
            states = self.newest()
            access.show(tuple(state.canvass.canvass_id for state in states))
            return states

    def find(self, canvass_id: str) -> Canvass:
        """A canvass, for which it then has to be allowed to look at anything of it.

        Raises:
            CanvassError: there is none of that id.
        """
        with self._database.read() as connection:
            canvass = find_canvass(connection, canvass_id)
        if canvass is None:
            raise CanvassError(NO_CANVASS)
        return canvass

    def require_held(self, canvass_id: str, read_id: str) -> None:
        """Refuse a read that is not held for a canvass.

        Raises:
            SearchError: it is not.
        """
        with self._database.read() as connection:
            if not is_held_for(connection, canvass_id, read_id):
                raise SearchError(NO_READ)

    def newest(self) -> list[CanvassState]:
        """The canvasses of this car, the newest first, as its page tells everybody who may make one: without plates."""
        with self._database.read() as connection:
            return _states(connection, newest_canvasses(connection))

    def running(self) -> list[CanvassState]:
        """Those that run now, the oldest first, as the page tells everybody in the car: without plates."""
        with self._database.read() as connection:
            return _states(connection, running_canvasses(connection))


def canvass_purpose(canvass: Canvass) -> Purpose:
    """What a canvass is looked at for: its own incident."""
    return Purpose(PurposeCode.CRIME_SCENE_CANVASS.value, canvass.offence, canvass.incident)


def canvass_for(connection: Connection, purpose: Purpose, canvass_id: str) -> Canvass:
    """The canvass of an id, for a purpose of its incident."""
    canvass = find_canvass(connection, canvass_id)
    if canvass is None:
        raise CanvassError(NO_CANVASS)
    if canvass.incident != (purpose.case or ""):
        raise CanvassError(OTHER_INCIDENT)
    return canvass


def _states(connection: Connection, canvasses: Sequence[Canvass]) -> list[CanvassState]:
    return [_state(connection, canvass) for canvass in canvasses]


def _state(connection: Connection, canvass: Canvass) -> CanvassState:
    canvass_id = canvass.canvass_id
    return CanvassState(canvass, held_count(connection, canvass_id), earlier_reads_left(connection, canvass_id))


def _note(plan: CanvassPlan) -> str:
    """What is asked for, as it stands on record; the partial plates go with the result, as what is searched for."""
    area = "everywhere" if plan.area is None else area_words(plan.area)
    return f"canvass {area}, for {plan.lasts}, from {plan.before} before"
