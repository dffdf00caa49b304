"""Finds out whether a training of somebody who is signed in ends soon: without it nobody is shown a plate.

Health is for everybody to read, so nobody is named there; whoever signs in is told of their own.
"""

from contextlib import ExitStack
from datetime import datetime

from alpr_edge.access.store import AccessRows
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.days import last_day
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import TRAINING_ENDING, Person
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import SessionLimits, SessionState
from alpr_edge.settings import Settings
from alpr_edge.settings.profiles import load_security_profile
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.schema import FILE_NAME


class TrainingWatch:
    """Looks at the people whose sessions are open or in glance mode."""

    interval_s = 30.0

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._limits = load_security_profile(settings.policy).sessions
        self._ends: tuple[datetime, ...] = ()

    def look(self) -> None:
        """Read the sessions; accounts that cannot be read are told of by the stage of rosters."""
        self._ends = self._find_ends()  # at once: another thread asks for them meanwhile

    def _find_ends(self) -> tuple[datetime, ...]:
        """When trainings of those who are signed in end soon, the first first."""
        now = self._clock.now()
        directory, utc = self._settings.unit.data_directory, now.trusted_utc
        if utc is None or not (directory / FILE_NAME).exists():
            return ()
        try:
            with ExitStack() as resources:
                opened = open_accounts(directory, self._settings.store.keys_directory, migrate=False)
                accounts = resources.enter_context(opened)
                with accounts.reading() as rows:
                    people = _signed_in(rows, now, self._limits)
        except StoreError:
            return ()
        ends = (person.training.ends_soon_at(utc) for person in people)
        return tuple(sorted(end for end in ends if end is not None))

    def faults(self) -> list[Fault]:
        """That a training ends soon, and when the first does."""
        ends = self._ends
        if not ends:
            return []
        whose = "one who is signed in" if len(ends) == 1 else f"{len(ends)} who are signed in"
        text = f"training: of {whose} ends within {TRAINING_ENDING.days} days, the first on {last_day(ends[0])}"
        return [Fault(FaultKind.TRAINING_ENDING, "training", text)]


def _signed_in(rows: AccessRows, now: Instant, limits: SessionLimits) -> list[Person]:
    states = ((session.person_id, session.state_at(now, limits)) for session in rows.live_sessions())
    ids = {person_id for person_id, state in states if state in {SessionState.OPEN, SessionState.GLANCE}}
    people = (rows.person(person_id) for person_id in sorted(ids))
    return [person for person in people if person is not None]
