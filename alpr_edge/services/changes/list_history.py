"""Who changed lists by hand, or had covert entries shown, as the access log has it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.record_notes import DONE, NOT_DONE
from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord, parse_record
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.store.access_log.log import AccessLog

BATCH = 2000
LIST_OPERATIONS = (
    Operation.IMPORT_LIST,
    Operation.SYNC_LIST,
    Operation.ROLL_BACK_LIST,
    Operation.DROP_LIST,
    Operation.DISMISS_REFUSAL,
    Operation.SHOW_COVERT_ENTRIES,
)
_WORDS = tuple(f'"action":"{operation.value}"'.encode() for operation in LIST_OPERATIONS)
_LIST = "list:"


@dataclass(slots=True)
class _History:
    """Lines so far; a record that says what came of something belongs to the line before it."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    _last: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    def add(self, record: AccessRecord) -> None:
        """Take the next record."""
        is_person = bool(record.person_id) or record.break_glass
        if not is_person or record.outcome is AccessOutcome.REFUSED:
            return
        source = next((name.removeprefix(_LIST) for name in record.objects if name.startswith(_LIST)), "")
        place = (record.person, record.action, source)
        before = self._last.get(place)
        if before is not None and record.note.startswith((DONE, NOT_DONE)):
            del self._last[place]
            before["not_done"] = record.note.startswith(NOT_DONE)
            changes = [change for change in record.changes if change.name.startswith(_LIST)]
            before["before"] = ", ".join(change.before for change in changes)
            before["after"] = ", ".join(change.after for change in changes)
            return
        line = {
            "at": record.received.utc,
            "actor": record.person,
            "purpose": record.purpose,
            "action": record.action,
            "source": source,
            "note": record.note,
            "before": "",
            "after": "",
            "not_done": False,
        }
        self.lines.append(line)
        self._last[place] = line


def list_changes_by_hand(log: AccessLog, authoriser: Authoriser, purpose: Purpose) -> list[dict[str, Any]]:
    """Who changed a list by hand, or had covert entries shown, the oldest first; never a plate.

    Raises:
        AccessError: it is refused.
        StoreError: the log cannot be read.
    """
    with authoriser.access(Operation.SHOW_LIST_CHANGES, purpose) as access:
        history = _History()
        for record in _records(log):
            history.add(record)
        access.show(count=len(history.lines))
        return history.lines


def _records(log: AccessLog) -> Iterator[AccessRecord]:
    """The records about lists; only these are parsed."""
    first = log.first()
    while batch := log.read_bodies(first, BATCH):
        yield from (parse_record(body) for _, body in batch if any(word in body for word in _WORDS))
        first = batch[-1][0] + 1
