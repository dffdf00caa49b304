"""What a unit works by, as texts with a name each: its settings, lists, people, models, keys; and how they change.

A name begins with what it is of: ``settings:vision.detector``, ``list:bolo``, ``roster``, ``model:detector``,
``key:outbox``. A change that stands in the access log says what was in force before and what is after, so the newest
change of each name is what has to be in force now.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.access_log.records import CHANGES_MAX, RecordedChange

VALUE_CHARACTERS_MAX = 200
"""A longer value stands as its digest."""
NONE = ""
"""What a value was before its name was first recorded, and is once it is gone."""
_DIGEST_CHARACTERS = 32


class Subject(StrEnum):
    """What a name begins with."""

    SETTINGS = "settings"
    DEPARTMENT_SETTINGS = "department_settings"
    """The document of the department that lies over the unit's settings file."""
    LIST = "list"
    LIST_CHANGE = "list_change"
    """A change of a list that was begun; its value is the action, and empty once the change is on record."""
    ENTRY = "entry"
    """An officer's own entry, which ends by itself."""
    ROSTER = "roster"
    LOCK = "lock"
    """Of an account after too many failures, by the id of its person; on record once somebody releases it."""
    MODEL = "model"
    """A network that the settings name, with the digests of its files."""
    MODEL_CHOICE = "model_choice"
    """Whether float32 or int8 is run, which a measurement on the unit decides."""
    ADDED_MODEL = "added_model"
    KEY = "key"
    RELEASE = "release"


COMPARED = frozenset(Subject) - {
    Subject.LIST_CHANGE,
    Subject.ENTRY,
    Subject.LOCK,
    Subject.MODEL_CHOICE,
    Subject.ADDED_MODEL,
}
"""What has to be in force as it is on record; the others are recorded and not compared."""


def value_name(subject: Subject, key: str = "") -> str:
    return f"{subject}:{key}" if key else subject.value


def subject_of(name: str) -> str:
    """What a name begins with."""
    return name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class RecordedValues:
    """Values by name."""

    values: Mapping[str, str]
    unfounded: tuple[str, ...]
    """Names whose record says something else: the file was changed by hand."""

    def of(self, subjects: Iterable[str]) -> dict[str, str]:
        """The values of some subjects that are in force, which an empty one is not."""
        wanted = set(subjects)
        return {name: value for name, value in self.values.items() if value and subject_of(name) in wanted}

    def knows(self, subject: str) -> bool:
        """Whether anything of a subject was ever recorded."""
        return any(subject_of(name) == subject for name in self.values)


def value_text(value: object) -> str:
    """A value as a record has it: JSON on one line, a long one its length and digest."""
    text = json.dumps(value, sort_keys=True)
    if len(text) <= VALUE_CHARACTERS_MAX:
        return text
    return f"{len(text)} characters, sha256:{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"


def secret_digest(key: bytes, text: str) -> str:
    """What stands in place of a secret or a plate: equal for equal ones, and no use to whoever lacks the key.

    A plain digest of something short could be found by trying.
    """
    return f"hmac:{hmac.digest(key, text.encode(), 'sha256').hex()[:_DIGEST_CHARACTERS]}"


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[RecordedChange, ...]:
    """What has to be recorded to get from one set of values to another, by name."""
    names = sorted(before.keys() | after.keys())
    values = ((name, before.get(name, NONE), after.get(name, NONE)) for name in names)
    return tuple(RecordedChange(name=name, before=old, after=new) for name, old, new in values if old != new)


def in_records(changes: tuple[RecordedChange, ...]) -> Iterator[tuple[RecordedChange, ...]]:
    """The changes in parts that fit into a record each."""
    for first in range(0, len(changes), CHANGES_MAX):
        yield changes[first : first + CHANGES_MAX]


def change_not_made(change: RecordedChange) -> RecordedChange:
    """A change in the record that it was not made: as it was asked for; that of a list, which was begun, is ended."""
    is_begin = subject_of(change.name) == Subject.LIST_CHANGE
    return change.model_copy(update={"before": change.after, "after": change.before}) if is_begin else change
