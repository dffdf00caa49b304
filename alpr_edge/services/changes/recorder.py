"""Records what changed of a unit's settings, lists, people, models and keys, with the value before and after."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from alpr_edge.domain.access import Actor, Purpose
from alpr_edge.domain.access_log.changes import Subject, changes_between, in_records
from alpr_edge.domain.access_log.records import AccessEntry, RecordedChange
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.services.audit.access_entries import AccessAction, allowed_entry, unit_entry
from alpr_edge.store.access_log.log import AccessLog

NOTE_CHARACTERS_MAX = 500
Author = Callable[[AccessAction, Instant], AccessEntry]
"""Makes the entry of an action: says who does it, and why."""


def by_person(actor: Actor, purpose: Purpose) -> Author:
    """What a person changes."""
    return lambda action, now: allowed_entry(actor, purpose, action, now)


def by_unit(component: str) -> Author:
    """What the unit changes or finds by itself."""

    def entry(action: AccessAction, now: Instant) -> AccessEntry:
        made = unit_entry(component, action.name, now)
        return made.model_copy(update={"objects": action.objects, "note": action.note})

    return entry


@dataclass(frozen=True, slots=True)
class ChangeRecorder:
    """Records changes by one author."""

    log: AccessLog
    author: Author
    clock: Clock

    def note(self, name: str, *objects: str, note: str = "") -> None:
        """Record an action that changes nothing by itself, such as a wish; it is on the disk when this returns.

        Raises:
            StoreError: it is not on record: nothing may be done.
        """
        self._append(AccessAction(name, objects=objects, note=note[:NOTE_CHARACTERS_MAX]), ())

    def record(
        self, name: str, subjects: Iterable[Subject], values: Mapping[str, str], note: str = ""
    ) -> tuple[RecordedChange, ...]:
        """Record how values differ from those on record; nothing where none does.

        Args:
            name: the action.
            subjects: what the values are of: a name on record of these that is not among the values is gone.
            values: what is in force.
            note: what else there is to say.

        Returns:
            The changes.

        Raises:
            StoreError: they are not on record.
        """
        changes = changes_between(self.log.values().of(subjects), values)
        self.record_changes(name, changes, note)
        return changes

    def record_changes(self, name: str, changes: tuple[RecordedChange, ...], note: str = "") -> None:
        """Record known changes, in as many records as they need.

        Raises:
            StoreError: they are not on record.
        """
        for part in in_records(changes):
            self._append(AccessAction(name, note=note[:NOTE_CHARACTERS_MAX]), part)

    def _append(self, action: AccessAction, changes: tuple[RecordedChange, ...]) -> None:
        now = self.clock.now()
        self.log.append(self.author(action, now).model_copy(update={"changes": changes}), now)
