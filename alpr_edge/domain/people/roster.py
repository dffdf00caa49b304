"""The department's roster: its versioned list of the people who may use a car, and which roster may replace another.

Policy 462.3.1(a) asks for a description of who is authorised, 462.6(a) for a system that knows everybody by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person

PEOPLE_MAX = 20_000
"""Most people of one roster."""


class RosterFault(StrEnum):
    """Why a roster is refused."""

    UNREADABLE = "unreadable"
    """Not a roster, or a value in it is not allowed."""
    UNSIGNED = "unsigned"
    """It carries no signature by the key that is pinned here."""
    TAMPERED = "tampered"
    """Signature or digest does not hold."""
    OTHER_DEPARTMENT = "other_department"
    NOT_NEWER = "not_newer"
    """Its serial is that of the roster in force, or lower: an old roster would bring suspended people back."""
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"
    """Two people share an id, a badge or an e-mail address."""


@dataclass(frozen=True, slots=True)
class RosterHeader:
    """What identifies a roster."""

    department_id: str
    serial: int
    """Grows with every roster of the department, from 1."""
    issued: datetime
    valid_until: datetime
    """Exclusive; after it only break-glass is left."""

    def is_expired(self, trusted_now: datetime | None) -> bool:
        """Whether its validity has ended; with an unknown clock not before a clock says so."""
        return rule_date(trusted_now, self) >= self.valid_until


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a roster with the credentials that they set at their first sign-in."""

    person: Person
    credentials: Credentials = field(default_factory=Credentials, repr=False)


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster as a whole."""

    header: RosterHeader
    members: tuple[Member, ...]


def rule_date(trusted_now: datetime | None, header: RosterHeader) -> datetime:
    """The date that training, accounts and rosters are decided by.

    A clock that nothing confirms decides nothing: then it is the day on which the roster was issued, which has passed
    for certain. Nor is it ever earlier than that day, so that a clock set back brings no expired training back.
    """
    return header.issued if trusted_now is None else max(trusted_now, header.issued)


def check_roster(roster: Roster, department_id: str, held: RosterHeader | None, trusted_now: datetime | None) -> None:
    """Check that a roster whose signature holds may replace the one in force.

    Args:
        held: the roster in force; None: there is none yet. Serials of another department say nothing of this one's.
        trusted_now: the present moment; None when no trusted clock knows it.

    Raises:
        RosterError: it may not, and why.
    """
    header = roster.header
    if header.department_id != department_id:
        raise RosterError(RosterFault.OTHER_DEPARTMENT, f"the roster is that of {header.department_id}, not ours")
    if held is not None and held.department_id == header.department_id and header.serial <= held.serial:
        message = f"roster {header.serial} is not newer than {held.serial}, which is in force"
        raise RosterError(RosterFault.NOT_NEWER, message)
    if header.is_expired(trusted_now):
        raise RosterError(
            RosterFault.EXPIRED, f"roster {header.serial} ended at {header.valid_until:%Y-%m-%d %H:%M} UTC"
        )
    _check_unique(member.person for member in roster.members)


def _check_unique(people: Iterable[Person]) -> None:
    """Refuse people who could be taken for one another."""
    ids: set[str] = set()
    names: set[str] = set()
    for person in people:
        if person.person_id in ids or not names.isdisjoint(person.sign_in_names):
            raise RosterError(RosterFault.AMBIGUOUS, "two people share an id, a badge or an e-mail address")
        ids.add(person.person_id)
        names |= person.sign_in_names
