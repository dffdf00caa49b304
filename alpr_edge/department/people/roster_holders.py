"""How the roster stands: what is in force, what was changed about people lately, and which unit has it since when.

A roster holds what people sign in with. Of a unit that was stolen it is told whose secrets those are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.people_schema import people_credentials, people_invitations, people_rosters
from alpr_edge.department.held_versions import HeldVersion, HeldVersions
from alpr_edge.department.people.changes import ChangePayload, last_change, read_changes
from alpr_edge.department.people.people_rows import all_entries
from alpr_edge.department.people.rosters import Rosters, RosterState
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.department.pki.units import UnitRecord, Units
from alpr_edge.domain.people.person import AccountStatus, Person

CHANGES_MAX = 30
"""Most changes that are told, the newest."""
_PERSON = "person:"
_ROSTER_TIME_STEP = timedelta(milliseconds=1)
"""What a roster's moment of issue is rounded down to."""


@dataclass(frozen=True, slots=True)
class RosterHolding:
    """What one unit has of the roster."""

    unit_id: str
    held: HeldVersion | None
    """None: it never said."""
    has_newest: bool


@dataclass(frozen=True, slots=True)
class PersonChange:
    """One change of somebody."""

    at: datetime
    """UTC."""
    action: str
    person_id: str
    """Empty: of nobody, such as a roster that was published."""
    name: str
    """As the person is called now; empty likewise."""
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RosterStanding:
    """How it stands."""

    state: RosterState | None
    """None: none was published."""
    changes: tuple[PersonChange, ...]
    """Newest first."""
    units: tuple[RosterHolding, ...]
    """Units that are enrolled, by id."""


class RosterStandings:
    """Says how the roster stands; threads may share it."""

    def __init__(self, directory: Path, database: DepartmentDatabase) -> None:
        self._directory = directory
        self._database = database

    def standing(self) -> RosterStanding:
        """How it stands at present.

        Raises:
            AuditError: the record of changes is damaged.
            StoreError: the database does not answer.
        """
        state = Rosters(self._directory, self._database).state()
        with self._database.reading() as connection:
            changes = _newest_changes(connection)
        return RosterStanding(state, changes, self.holdings(state))

    def holdings(self, state: RosterState | None) -> tuple[RosterHolding, ...]:
        """What each unit that is enrolled has, by id.

        Args:
            state: the newest roster; None: there is none.
        """
        held = HeldVersions(self._database).of_roster()
        records = Units(self._database, TlsFiles(self._directory)).records()
        names = sorted(each.unit_id for each in records if each.state == "valid")
        return tuple(
            RosterHolding(each, mine, mine is not None and state is not None and mine.serial == state.header.serial)
            for each in names
            for mine in [held.get(each)]
        )


def exposure_of(unit: UnitRecord) -> tuple[UnitEnd, datetime] | None:
    """As what and when (UTC) a unit last ended so that somebody else may have its secrets; None: it never did.

    What it held then stays exposed, also where the unit was enrolled again or retired since.
    """
    for each in unit.certificates:
        if each["ended_as"] is not None and UnitEnd(each["ended_as"]).exposes_secrets:
            return UnitEnd(each["ended_as"]), each["revoked_at"].replace(tzinfo=UTC)
    return None


def exposed_people(database: DepartmentDatabase, unit_id: str, ended_at: datetime) -> list[Person]:
    """The people whose sign-in secrets a unit's roster held, and who have no new ones since it was ended; by name.

    Args:
        ended_at: when it was ended, UTC. Who finished an invitation after that has new secrets, all of them.

    Raises:
        StoreError: the database does not answer.

    Every roster counts that the unit may have had since the one that it named last before its end, also for whoever
    may not use it any more; of a unit that is enrolled again that one is not known, so every roster does. Whoever left
    signs in with nothing.
    """
    held = HeldVersions(database).of_roster().get(unit_id)
    secrets, invitations = people_credentials.c, people_invitations.c
    has_secrets = (secrets.password_hash != "") | (secrets.totp_secret != b"")
    with database.reading() as connection:
        others = set(connection.scalars(select(secrets.person_id).where(has_secrets)))
        others -= set(connection.scalars(select(invitations.person_id).where(invitations.finished_at > ended_at)))
        newest = connection.scalar(select(func.max(people_rosters.c.serial))) or 0
        first = 0
        if held is not None and held.since <= ended_at:
            first = min(held.serial, newest)  # a unit states what it likes
        exposed = _people_in_rosters(connection, unit_id, first, others)
        people = [entry.person for entry in all_entries(connection)]
    found = [each for each in people if each.person_id in exposed and each.status is not AccountStatus.LEFT]
    return sorted(found, key=lambda person: (person.name, person.person_id))


def _people_in_rosters(connection: Connection, unit_id: str, first: int, people: set[str]) -> set[str]:
    """Those of some people who are with their secrets in a unit's roster of a serial or a later one, by id."""
    rosters, invitations = people_rosters.c, people_invitations.c
    finished = select(invitations.person_id, func.min(invitations.finished_at)).group_by(invitations.person_id)
    since = {person_id: at for person_id, at in connection.execute(finished) if at is not None}
    found: set[str] = set()
    for issued, units in connection.execute(select(rosters.issued, rosters.units).where(rosters.serial >= first)):
        end = issued + _ROSTER_TIME_STEP
        found |= {
            each for each in people - found if since.get(each, issued) < end and unit_id in units.get(each, (unit_id,))
        }
    return found


def _newest_changes(connection: Connection) -> tuple[PersonChange, ...]:
    first = max(1, last_change(connection) - CHANGES_MAX + 1)
    names = {each.person.person_id: each.person.name for each in all_entries(connection)}
    changes = [_change(each, names) for each in read_changes(connection, first)]
    return tuple(reversed(changes))


def _change(payload: ChangePayload, names: dict[str, str]) -> PersonChange:
    author_id = payload.author.removeprefix(_PERSON)
    by = names.get(author_id, author_id) if payload.author.startswith(_PERSON) else payload.author
    name = names.get(payload.person_id, payload.person_id)
    moment = datetime.fromisoformat(payload.at)
    return PersonChange(moment, payload.action, payload.person_id, name, by, payload.reason)
