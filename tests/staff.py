"""A unit with people: a signed roster in its accounts, and sessions of theirs for services and commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import LOCAL, Caller
from alpr_edge.access.roster_update import install_roster
from alpr_edge.cli.access.session_file import write_token
from alpr_edge.cli.caller import caller
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import AccessSession, Factor, new_token, token_digest
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.authorisation.opening import open_authoriser
from alpr_edge.settings import Settings, load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access_log.log import open_access_log
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY, person

ROSTER_KEY = RosterKey(DEPARTMENT, SIGNING_KEY.public_key())
STOLEN = Purpose("stolen_vehicle")
AUDIT = Purpose("audit")
FOR_STOLEN = ("--purpose", "stolen_vehicle")
"""What a command is given to say what it is for."""
FOR_AUDIT = ("--purpose", "audit")
_ASK_FOR_STOLEN = (
    "evidence export",
    "evidence list",
    "reads",
    "hotlist list",
    "hotlist match",
    "hotlist add",
    "hotlist remove",
    "holds",
)
_ASK_FOR_AUDIT = ("audit prove", "audit report", "audit review", "hotlist changes", "report ")
LOGIN = "desk"
"""The login of callers of services."""
BEGUN = datetime.now(UTC).replace(microsecond=0)
_LASTS = timedelta(days=30)


def staff_person(person_id: str, *roles: Role, **changes: object) -> Person:
    """Somebody whose account and training are current now, who may see the data of every source."""
    current = person(
        person_id,
        name=person_id.replace("-", " ").title(),
        roles=frozenset(roles),
        sources=frozenset(SourcePermission),
        training=Training(BEGUN + _LASTS, BEGUN + _LASTS),
        valid_until=BEGUN + _LASTS,
        active_at=BEGUN,
    )
    return replace(current, **changes)  # type: ignore[arg-type] # any field


CHIEF = staff_person(
    "chief", Role.OFFICER, Role.SUPERVISOR, Role.ALPR_ADMINISTRATOR, has_covert_clearance=True, may_unlock=True
)
"""May do whatever a test asks for that is not about permissions."""
PEOPLE = (CHIEF, *(staff_person(role.value.replace("_", "-"), role) for role in Role))
"""One of each role besides: ``officer``, ``supervisor``, ``alpr-administrator`` and so on."""


def stating(*words: str) -> list[str]:
    """The words of a command, with what it is for where it has to be said and was not."""
    if "--purpose" in words:
        return list(words)
    name = " ".join(words[:2])
    if name.startswith(_ASK_FOR_AUDIT):
        return [*words, *FOR_AUDIT]
    shows_entries = name == "hotlist status" and {"--entries", "--covert"} & set(words)
    return [*words, *FOR_STOLEN] if shows_entries or name.startswith(_ASK_FOR_STOLEN) else list(words)


class Staff:
    """The people of a unit.

    Args:
        settings: the unit's settings file.
        people: who is in its roster.
    """

    def __init__(self, settings: Path, people: tuple[Person, ...] = PEOPLE) -> None:
        self.unit: Settings = load(settings)
        self.clock: Clock = SystemClock()
        self._serial = 0
        with open_access_log(self.unit, migrate=True):
            pass
        self.install(*people)

    def install(self, *people: Person, credentials: Credentials | None = None) -> None:
        """Put a new roster in force.

        Args:
            people: who is in it.
            credentials: those of each; None: nobody has any.
        """
        self._serial += 1
        header = RosterHeader(DEPARTMENT, self._serial, BEGUN, BEGUN + _LASTS)
        content = sign_roster(
            Roster(header, tuple(Member(each, credentials or Credentials()) for each in people)), SIGNING_KEY
        )
        directory, keys = self.unit.unit.data_directory, self.unit.store.keys_directory
        with open_accounts(directory, keys, migrate=True) as accounts:
            install_roster(accounts, content, ROSTER_KEY, self.clock.now())

    def begin_session(
        self, person_id: str = "chief", *, login: str = LOGIN, address: str = LOCAL, now: Instant | None = None
    ) -> str:
        """A new session, without the second that Argon2 takes; returns its token."""
        token, at = new_token(), now or self.clock.now()
        session = AccessSession(token_digest(token), person_id, Factor.PASSWORD_AND_CODE, login, address, "", at, at)
        directory, keys = self.unit.unit.data_directory, self.unit.store.keys_directory
        with open_accounts(directory, keys, migrate=False) as accounts, accounts.writing() as rows:
            rows.save_session(session)
        return token

    def sign_in_here(self, person_id: str = "chief") -> None:
        """Sign somebody in for the commands that this login runs."""
        write_token(self.unit.unit.runtime_directory, caller(), self.begin_session(person_id, login=caller()))

    @contextmanager
    def authoriser(self, person_id: str = "chief") -> Iterator[Authoriser]:
        """What services ask, for somebody who is signed in; empty: for the login that owns the unit's data."""
        token = self.begin_session(person_id) if person_id else ""
        with self.authoriser_of(Caller(LOGIN, token, is_owner=not person_id)) as authoriser:
            yield authoriser

    @contextmanager
    def authoriser_of(self, some: Caller) -> Iterator[Authoriser]:
        """What services ask, for any caller."""
        with open_authoriser(self.unit, some, self.clock) as authoriser:
            yield authoriser

    def records(self) -> list[AccessRecord]:
        """The records of the access log."""
        with open_access_log(self.unit, migrate=False) as log:
            return [parse_record(record.body) for record in log.read(0, 10_000)]
