"""Records what the department changed of a unit's settings from afar, under a name of its own (policy 462.3.1).

It stands apart from edits by hand: an auditor sees who changed what. A key that the department may set counts as
changed by it when its document is another one than on record, whoever else touched the file meanwhile; both values
stand there either way.
"""

from collections.abc import Mapping

from alpr_edge.domain.access_log.changes import NONE, Subject, changes_between, value_name
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.errors import DepartmentSettingsError
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.settings import Settings
from alpr_edge.settings.layers.department_layer import kept_document
from alpr_edge.settings.layers.remote_keys import REMOTE_KEYS

SET_BY_DEPARTMENT = "settings_of_department"
_NAME = value_name(Subject.DEPARTMENT_SETTINGS)


def department_values(settings: Settings) -> dict[str, str]:
    """Which document of the department lies over the unit's file; empty where none counts."""
    try:
        document = kept_document(settings)
    except DepartmentSettingsError:
        return {}
    if document is None:
        return {}
    for section, values in document.values.items():
        table = getattr(settings, section, None)
        if any(getattr(table, key, None) != value for key, value in values.items()):
            return {}
    withdrawn = "" if document.publication else ", all withdrawn"
    return {_NAME: f"{document.department_id} {document.serial}{withdrawn}"}


def is_of_department(settings: Settings, department_id: str) -> bool:
    """Whether the kept document is this unit's, from this department, and whole; True if there is none."""
    try:
        document = kept_document(settings)
    except DepartmentSettingsError:
        return False
    return document is None or document.department_id == department_id


def changes_without_document(on_record: Mapping[str, str], own: Mapping[str, str]) -> tuple[RecordedChange, ...]:
    """What changes against the record once no document lies over the unit's file.

    Args:
        own: those of the unit's file alone.
    """
    names = _names_of_department() & on_record.keys()
    return changes_between({name: on_record[name] for name in names}, {name: own.get(name, NONE) for name in names})


def _names_of_department() -> set[str]:
    return {_NAME, *(value_name(Subject.SETTINGS, key) for key in REMOTE_KEYS)}


def record_department_settings(recorder: ChangeRecorder, values: Mapping[str, str]) -> None:
    """Record what a document changed that is another one than on record; before the first start all is recorded there.

    One that is gone, or no longer counts, is no act of the department: it stays a drift.

    Raises:
        StoreError: it is not on record.
    """
    on_record = recorder.log.values()
    document = values.get(_NAME, NONE)
    if document in {NONE, on_record.values.get(_NAME, NONE)} or not on_record.knows(Subject.RELEASE):
        return
    recorder.record_values(SET_BY_DEPARTMENT, {name: values.get(name, NONE) for name in sorted(_names_of_department())})
