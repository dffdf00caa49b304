"""A person from texts, as commands and CSV files give them.

A date counts to its end, in the time zone of this server; a moment by RFC 3339 counts as it is.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, Self, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster_json import person_payload
from alpr_edge.settings.base import is_name
from alpr_edge.settings.validation_words import plain_words

VALID_FOR = timedelta(days=365)
"""How long an account holds where nothing else is said: accounts are reviewed each year."""
UNITS_MAX = 200
SAME_TEXTS_MAX = 1024
"""Texts that are read once for a whole file: many people have the same roles and dates."""
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
_MESSAGES = {
    "string_pattern_mismatch": "has a character that is not allowed there",
    "string_too_long": "is too long",
    "string_too_short": "is missing",
}
"""What is told of a value that no roster may hold."""
NEEDED = ("name", "badge", "organisation")
WordT = TypeVar("WordT", bound=StrEnum)


class FieldFaultsError(DepartmentError):
    """Texts or values of a person are refused."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Entry:
    """A person with the units that they may use; none named: all of them."""

    person: Person
    units: tuple[str, ...]
    details: dict[str, Any] = field(repr=False, compare=False)
    """The person as JSON, as the database and rosters hold them."""

    @classmethod
    def of(cls, person: Person, units: tuple[str, ...] = ()) -> Self:
        """Check a person.

        Raises:
            FieldFaultsError: values are not allowed in a roster; it names all of them.
        """
        try:
            details = person_payload(person).model_dump(mode="json")
        except ValidationError as error:
            raise FieldFaultsError(list(map(_value_fault, error.errors()))) from None
        return cls(person, units, details)

    def has_more_rights_than(self, before: Self) -> bool:
        """Whether the account lets its holder do more, or for longer, or in more units; the status is left out."""
        old, new = before.person, self.person
        has_more_units = bool(before.units) and not (self.units and set(self.units) <= set(before.units))
        is_no_more = (
            new.roles <= old.roles
            and new.sources <= old.sources
            and new.has_covert_clearance <= old.has_covert_clearance
            and new.may_unlock <= old.may_unlock
            and new.is_sworn <= old.is_sworn
            and all(one <= other for one, other in zip(_ends(new), _ends(old), strict=True))
        )
        return has_more_units or not is_no_more


def new_entry(texts: Mapping[str, str], approved_by: str, now: datetime) -> Entry:
    """Somebody new.

    Args:
        texts: by :data:`COLUMNS`; one that is missing or empty gets its default, which allows nothing.

    Raises:
        FieldFaultsError: texts are missing or wrong; it names each column and what was expected.
    """
    missing = [f"{column}: is missing" for column in NEEDED if not texts.get(column, "").strip()]
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
    return _entry_with(blank, (), {column: text for column, text in texts.items() if text.strip()}, missing)


def changed_entry(entry: Entry, texts: Mapping[str, str]) -> Entry:
    """A person with other values.

    Args:
        texts: by :data:`COLUMNS`, only those that change; an empty one clears a list or a date.

    Raises:
        FieldFaultsError: texts are wrong, or bring back somebody who left; it names each column and what was expected.
    """
    changed = _entry_with(entry.person, entry.units, texts)
    if entry.person.status is AccountStatus.LEFT and changed.person.status is not AccountStatus.LEFT:
        raise FieldFaultsError(["status: whoever left stays so; add them anew, which gives them another id"])
    return changed


def _ends(person: Person) -> tuple[datetime, datetime, datetime]:
    """The end of an account and of both trainings; a training that was never completed has ended long ago."""
    never, training = datetime.min.replace(tzinfo=UTC), person.training
    return person.valid_until, training.cjis_until or never, training.alpr_until or never


def _entry_with(person: Person, units: tuple[str, ...], texts: Mapping[str, str], missing: Sequence[str] = ()) -> Entry:
    changes: dict[str, Any] = {}
    trainings: dict[str, Any] = {}
    faults = list(missing)
    for column, text in texts.items():
        try:
            if column == "units":
                units = _units(text)
            elif column in _TRAININGS:
                trainings[_TRAININGS[column]] = _moment(column, text.strip()) if text.strip() else None
            elif column != "person_id":
                name, read = _FIELDS[column]
                changes[name] = read(column, text.strip())
        except DepartmentError as error:
            faults.append(str(error))
    if trainings:
        changes["training"] = replace(person.training, **trainings)
    try:
        entry = Entry.of(replace(person, **changes), units)
    except FieldFaultsError as error:
        named = {fault.partition(":")[0] for fault in faults}
        faults += (fault for fault in error.faults if fault.partition(":")[0] not in named)
    if faults:
        raise FieldFaultsError(faults)
    return entry


def _value_fault(error: ErrorDetails) -> str:
    message = _MESSAGES.get(error["type"], "{}").format(plain_words(error["msg"]))
    return f"{error['loc'][0]}: {message}"


def _as_typed(column: str, text: str) -> str:
    del column
    return text


def _is_yes(column: str, text: str) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
    try:
        return words[text.casefold()]
    except KeyError:
        raise DepartmentError(f"{column}: {text!r} is neither yes nor no") from None


@lru_cache(maxsize=SAME_TEXTS_MAX)
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


@lru_cache(maxsize=SAME_TEXTS_MAX)
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


def _status(column: str, text: str) -> AccountStatus:
    try:
        return AccountStatus(text.casefold())
    except ValueError:
        raise DepartmentError(f"{column}: {text!r} is none of {', '.join(AccountStatus)}") from None


_TRAININGS = {"cjis_training_until": "cjis_until", "alpr_training_until": "alpr_until"}
"""Fields of a training by their columns."""
_FIELDS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    **{name: (name, _as_typed) for name in ("name", "badge", "email", "organisation", "ori", "title", "approved_by")},
    "roles": ("roles", partial(_words, words=Role)),
    "sworn": ("is_sworn", _is_yes),
    "sources": ("sources", partial(_words, words=SourcePermission)),
    "covert": ("has_covert_clearance", _is_yes),
    "status": ("status", _status),
    "valid_until": ("valid_until", _moment),
    "may_unlock": ("may_unlock", _is_yes),
}
"""Fields of a person by their columns, and how a text is read."""
