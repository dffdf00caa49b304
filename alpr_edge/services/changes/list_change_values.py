"""What the access log says of a change of a list while it is made: that it was begun, by which action.

A list changes in the unit's database, and its record is written to another file afterwards. A unit that loses its power
in between starts with a list that no record has. By what was recorded before, it knows that for a change that was asked
for, and tells it from one made by stealth.
"""

from alpr_edge.domain.access_log.changes import NONE, RecordedValues, Subject, value_name
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.services.changes.values_in_force import list_value
from alpr_edge.store.db.database import Database


def change_name(source: str) -> str:
    """The name under which it stands that a list's change was begun; its value is the action, and empty at its end."""
    return value_name(Subject.LIST_CHANGE, source)


def change_begun(source: str, action: str) -> RecordedChange:
    """What is recorded before a list is changed."""
    return RecordedChange(name=change_name(source), before=NONE, after=action)


def values_after_change(database: Database, source: str) -> dict[str, str]:
    """What is recorded once a list was changed: its live generation, and that the change has its end."""
    return {**list_value(database, source), change_name(source): NONE}


def changes_begun(on_record: RecordedValues) -> dict[str, str]:
    """The changes that were begun and have no end on record: the action by the list's source."""
    return {name.partition(":")[2]: action for name, action in on_record.of({Subject.LIST_CHANGE}).items()}
