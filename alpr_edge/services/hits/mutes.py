"""Mutes the unit for some minutes, ends that before its time, and says whether it is muted: each mute is on record."""

from collections.abc import Callable
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.callers import UNIT
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import DispositionError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.page_requests.mute import MUTE_MINUTES, EndOfMute, Mute, MuteOrder
from alpr_edge.domain.page_requests.request import PageRequest, RequestOutcome
from alpr_edge.domain.permissions.purposes import MAINTENANCE
from alpr_edge.store.db.database import Database
from alpr_edge.store.requests.page_requests import add_request, mute_in_force, newest_mute_request


@dataclass(frozen=True, slots=True)
class MuteState:
    """Whether hits make no tone now, for everybody at the page."""

    mute: Mute | None
    """The mute in force; None: hits sound."""
    minutes_left: int
    is_asked: bool
    """Whether somebody has just asked to begin or end one, and the unit has not answered yet."""
    is_failed: bool
    """Whether the newest one that was asked for did not begin: hits sound."""


class UnitMutes:
    """The mutes of a unit."""

    def __init__(self, database: Database, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    def begin(self, authoriser: Authoriser, minutes: int) -> None:
        """Ask for a mute, which replaces the one in force.

        Raises:
            AccessError: it is refused.
            DispositionError: it is another number.
            StoreError: the unit answers nothing at present.
        """
        if minutes not in MUTE_MINUTES:
            raise DispositionError(f"a mute lasts {', '.join(map(str, MUTE_MINUTES))} minutes")
        self._ask(authoriser, Operation.MUTE_ALERTS, MuteOrder(minutes), f"for {minutes} minutes")

    def end(self, authoriser: Authoriser) -> None:
        """Ask for the end of the mute; raises as :meth:`begin` does."""
        self._ask(authoriser, Operation.END_MUTE, EndOfMute(), "")

    def end_unattended(self, now: Instant) -> None:
        """Ask for the end of a mute in the unit's name, as nobody is signed in any more; without one nothing is asked.

        The sign-out that brings it about is on record.

        Raises:
            StoreError: the unit answers nothing at present.
        """
        state = self.state(now)
        if state.mute is not None or state.is_asked:
            with self._database.write() as connection:
                add_request(connection, PageRequest(self._new_id(), EndOfMute(), "", UNIT, "", now))

    def state(self, now: Instant) -> MuteState:
        """Whether the unit is muted at present."""
        with self._database.read() as connection:
            mute, newest = mute_in_force(connection, now), newest_mute_request(connection)
        is_asked = newest is not None and newest.answer is None and not newest.is_too_late(now)
        return MuteState(mute, mute.minutes_left(now) if mute else 0, is_asked, _is_failed(newest, now))

    def _ask(self, authoriser: Authoriser, operation: Operation, content: MuteOrder | EndOfMute, note: str) -> None:
        with authoriser.access(operation, MAINTENANCE, AccessSubject(note=note)) as access:
            actor = access.actor
            who = (actor.person_id, actor.name, actor.session_id)
            with self._database.write() as connection:
                add_request(connection, PageRequest(self._new_id(), content, *who, access.now))


def _is_failed(newest: PageRequest | None, now: Instant) -> bool:
    """Whether a mute was asked for within the time that it would last, and did not begin."""
    if newest is None or not isinstance(newest.content, MuteOrder):
        return False
    is_over = not Mute(newest.person, newest.made, newest.content.minutes).holds(now)
    if newest.answer is None:
        return newest.is_too_late(now) and not is_over
    return newest.answer.outcome is not RequestOutcome.DONE and not is_over
