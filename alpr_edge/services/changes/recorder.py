"""Records what the unit itself changes of its lists, or finds changed of settings, models, people and keys.

What a person changes goes through :class:`~alpr_edge.access.authorisation.authoriser.Authoriser`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.domain.access_log.changes import NONE, changes_between, in_records
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.ports import Clock
from alpr_edge.services.audit.access_entries import unit_entry

NOTE_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class ChangeRecorder:
    """Records in the name of the unit."""

    log: RecordLog
    component: str
    """The program, as records name it."""
    clock: Clock

    def note(self, name: str, *objects: str, note: str = "") -> None:
        """Record an action that changes nothing by itself, such as a wish; it is on the disk when this returns.

        Raises:
            StoreError: it is not on record: nothing may be done.
        """
        self._append(name, {"objects": objects, "note": note})

    def record_values(self, name: str, values: Mapping[str, str]) -> None:
        """Record how values differ from those on record of the same names; nothing where none does.

        Args:
            values: what is in force; an empty one is not.

        Raises:
            StoreError: they are not on record.
        """
        on_record = self.log.values().values
        self.record_changes(name, changes_between({key: on_record.get(key, NONE) for key in values}, values))

    def record_changes(self, name: str, changes: tuple[RecordedChange, ...], note: str = "") -> None:
        """Record known changes, in as many records as they need.

        Raises:
            StoreError: they are not on record.
        """
        for part in in_records(changes):
            self._append(name, {"changes": part, "note": note})

    def _append(self, name: str, details: dict[str, Any]) -> None:
        now = self.clock.now()
        note = "".join(filter(str.isprintable, details.pop("note")))[:NOTE_CHARACTERS_MAX]
        self.log.append(unit_entry(self.component, name, now).model_copy(update=details | {"note": note}), now)
