"""Whose people may have accounts: the department's own, and those of a dated exception (policy 462.7).

An account looks at plates whenever its holder wants. For another agency that is a standing share of ALPR data, where
the policy and Civil Code 1798.90.55(b) want a written request for each: it gets none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from alpr_edge.department.identity_settings import OutsideOrganisationTable
from alpr_edge.department.people.person_fields import Entry
from alpr_edge.department.settings import DepartmentFile
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus, Person

_REMEDY = (
    "another agency has no account, it asks in writing (alpr-edge department release, policy 462.7); a contractor or a "
    "task force has one by [[outside_organisation]] in department.toml, another name of this department by [people] "
    "organisations"
)


@dataclass(frozen=True, slots=True)
class Organisations:
    """The department's own names and identifiers, and the exceptions."""

    names: tuple[str, ...]
    """Empty: the settings do not say what the department is called, and nobody's organisation is compared."""
    oris: tuple[str, ...]
    outside: tuple[OutsideOrganisationTable, ...]

    @classmethod
    def of(cls, file: DepartmentFile) -> Self:
        """Those of the settings."""
        said = (provisioned_organisation(file), file.people.name, file.administration.department)
        names = dict.fromkeys(name for name in (*said, *file.people.organisations) if name.strip())
        return cls(tuple(names), file.people.oris, file.outside_organisation)

    def is_own(self, person: Person) -> bool:
        """Whether somebody's account names this department, or nothing says what it is called."""
        if not self.names:
            return True
        is_ori_own = not (person.ori and self.oris) or _comparison_key(person.ori) in map(_comparison_key, self.oris)
        return is_ori_own and _comparison_key(person.organisation) in map(_comparison_key, self.names)

    def exception_of(self, person: Person) -> OutsideOrganisationTable | None:
        """The exception that an account of another organisation goes by; None: there is none, or it is over."""
        named = (each for each in self.outside if _comparison_key(each.name) == _comparison_key(person.organisation))
        return next((each for each in named if person.valid_until <= _end_of(each)), None)

    def fault(self, person: Person) -> str:
        """Why somebody may have no account; empty: they may."""
        if self.is_own(person) or self.exception_of(person) is not None:
            return ""
        ends = [
            each.until for each in self.outside if _comparison_key(each.name) == _comparison_key(person.organisation)
        ]
        if ends:
            return f"valid_until: the exception for {person.organisation!r} ends {max(ends)}; name a day up to then"
        if _comparison_key(person.organisation) in map(_comparison_key, self.names):
            return f"ori: {person.ori!r} is none of this department ({', '.join(self.oris)}); {_REMEDY}"
        return f"organisation: {person.organisation!r} is not this department ({', '.join(self.names)}); {_REMEDY}"

    def require(self, before: Entry | None, after: Entry) -> None:
        """Refuse an account of another organisation that is made, prolonged, brought back or given more rights.

        Whoever has one already can still be suspended and otherwise changed: a check names them.

        Args:
            before: the person as they are; None: somebody new.
        """
        if after.person.status is not AccountStatus.ACTIVE:
            return
        if (
            before is not None
            and _terms(before.person) == _terms(after.person)
            and not after.has_more_rights_than(before)
        ):
            return
        if fault := self.fault(after.person):
            raise DepartmentError(fault)

    def outsiders(self, people: Iterable[Person], now: datetime) -> list[Person]:
        """Those of other organisations whose accounts are active now, with or without an exception."""
        return [
            person
            for person in people
            if person.status is AccountStatus.ACTIVE and person.valid_until > now and not self.is_own(person)
        ]


def provisioned_organisation(file: DepartmentFile) -> str:
    """The organisation of everybody who comes by SCIM, by the settings; empty: they say nothing of it."""
    said = (file.provisioning.organisation, file.people.name, file.administration.department)
    return next((name for name in (*said, *file.people.organisations) if name.strip()), "")


def _terms(person: Person) -> tuple[str, str, AccountStatus]:
    return person.organisation, person.ori, person.status


def _comparison_key(text: str) -> str:
    """A name without differences of case and blanks."""
    return " ".join(text.casefold().split())


def _end_of(exception: OutsideOrganisationTable) -> datetime:
    """The end of its last day, in the time zone of this server, as accounts have it."""
    return datetime.combine(exception.until + timedelta(days=1), time()).astimezone()
