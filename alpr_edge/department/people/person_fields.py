"""A person from texts, as commands and CSV files give them.

A date counts to its end, in the time zone of this server; a moment by RFC 3339 counts as it is.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import ValidationError

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster_json import person_payload
from alpr_edge.settings.base import is_name
from alpr_edge.settings.validation_words import plain_words

VALID_FOR = timedelta(days=365)
"""How long an account holds where nothing else is said: accounts are reviewed each year."""
UNITS_MAX = 200
COLUMNS = (
    "person_id",
    "name",
    "badge",
    "email",
    "organisation",
    "ori",
    "title",
    "roles",
    "sworn",
    "sources",
    "covert",
    "cjis_training_until",
    "alpr_training_until",
    "status",
    "valid_until",
    "approved_by",
    "may_unlock",
    "units",
)
"""Columns of a CSV file; ``name``, ``badge`` and ``organisation`` are needed for somebody new."""
NEEDED = ("name", "badge", "organisation")
WordT = TypeVar("WordT", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Entry:
    """A person with the units that they may use; none named: all of them."""

    person: Person
    units: tuple[str, ...] = ()


def new_entry(texts: Mapping[str, str], approved_by: str, now: datetime) -> Entry:
    """Somebody new.

    Args:
        texts: by :data:`COLUMNS`; one that is missing or empty gets its default, which allows nothing.
        approved_by: who approves the account where the texts do not say.
        now: the present moment.

    Raises:
        DepartmentError: a text is missing or wrong; it names the column and what was expected.
    """
    for column in NEEDED:
        if not texts.get(column, "").strip():
            raise DepartmentError(f"{column}: is missing")
    blank = Person(
        person_id=texts.get("person_id", "").strip() or f"p-{secrets.token_hex(5)}",
        name="",
        badge="",
        email="",
        organisation="",
        ori="",
        title="",
        roles=frozenset(),
        is_sworn=False,
        sources=frozenset(),
        has_covert_clearance=False,
        training=Training(),
        status=AccountStatus.ACTIVE,
        valid_until=now + VALID_FOR,
        approved_by=approved_by,
        active_at=now,
    )
    return changed_entry(Entry(blank), {column: text for column, text in texts.items() if text.strip()})


def changed_entry(entry: Entry, texts: Mapping[str, str]) -> Entry:
    """A person with other values.

    Args:
        entry: the person as they are.
        texts: by :data:`COLUMNS`, only those that change; an empty one clears a list or a date.

    Raises:
        DepartmentError: a text is wrong; it names the column and what was expected.
    """
    person, units = entry.person, entry.units
    for column, text in texts.items():
        if column == "units":
            units = _units(text)
        elif column != "person_id":
            person = _SETTERS[column](person, text.strip())
    return Entry(_checked(person), units)


def _checked(person: Person) -> Person:
    try:
        person_payload(person)
    except ValidationError as error:
        first = error.errors()[0]
        raise DepartmentError(f"{first['loc'][0]}: {plain_words(first['msg'])}") from None
    return person


def _text(name: str) -> Callable[[Person, str], Person]:
    def put(person: Person, text: str) -> Person:
        changes: dict[str, Any] = {name: text}
        return replace(person, **changes)

    return put


def _flag(column: str, name: str) -> Callable[[Person, str], Person]:
    def put(person: Person, text: str) -> Person:
        changes: dict[str, Any] = {name: _is_yes(column, text)}
        return replace(person, **changes)

    return put


def _is_yes(column: str, text: str) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
    try:
        return words[text.casefold()]
    except KeyError:
        raise DepartmentError(f"{column}: {text!r} is neither yes nor no") from None


def _words(column: str, text: str, words: type[WordT]) -> frozenset[WordT]:
    found = set()
    for part in _parts(text):
        try:
            found.add(words(part.casefold()))
        except ValueError:
            raise DepartmentError(f"{column}: {part!r} is none of {', '.join(words)}") from None
    return frozenset(found)


def _parts(text: str) -> list[str]:
    return text.replace(";", " ").replace(",", " ").split()


def _units(text: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(_parts(text)))
    for part in parts:
        if not is_name(part):
            raise DepartmentError(f"units: {part!r} is no unit's id")
    if len(parts) > UNITS_MAX:
        raise DepartmentError(f"units: at most {UNITS_MAX}")
    return parts


def _moment(column: str, text: str) -> datetime:
    try:
        if len(text) == len("2026-12-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time()).astimezone().astimezone(UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise DepartmentError(f"{column}: {text!r} is no date; write it as 2027-06-30")


def _training(column: str, name: str) -> Callable[[Person, str], Person]:
    def put(person: Person, text: str) -> Person:
        changes: dict[str, Any] = {name: _moment(column, text) if text else None}
        return replace(person, training=replace(person.training, **changes))

    return put


def _status(person: Person, text: str) -> Person:
    try:
        return replace(person, status=AccountStatus(text.casefold()))
    except ValueError:
        raise DepartmentError(f"status: {text!r} is none of {', '.join(AccountStatus)}") from None


_SETTERS: dict[str, Callable[[Person, str], Person]] = {
    **{name: _text(name) for name in ("name", "badge", "email", "organisation", "ori", "title", "approved_by")},
    "roles": lambda person, text: replace(person, roles=_words("roles", text, Role)),
    "sworn": _flag("sworn", "is_sworn"),
    "sources": lambda person, text: replace(person, sources=_words("sources", text, SourcePermission)),
    "covert": _flag("covert", "has_covert_clearance"),
    "cjis_training_until": _training("cjis_training_until", "cjis_until"),
    "alpr_training_until": _training("alpr_training_until", "alpr_until"),
    "status": _status,
    "valid_until": lambda person, text: replace(person, valid_until=_moment("valid_until", text)),
    "may_unlock": _flag("may_unlock", "may_unlock"),
}
