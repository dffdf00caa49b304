"""What a publication of settings, or its withdrawal, changes in the units that it is meant for, key by key."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from alpr_edge.department.publishing.settings_register import (
    SettingsToPublish,
    UnitSettingsStep,
    counting_publication,
    counting_step,
)
from alpr_edge.domain.access_log.changes import NONE, Subject, value_name
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.department_settings.document import Values

OWN_FILE = "each car's own"
TEXT_CHARACTERS_MAX = 500
"""Of a value in a record."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """How a key changes in units."""

    key: str
    before: tuple[str, ...]
    """What the department sets in them until then, as JSON, each once; empty: each car's own file counts there."""
    after: str
    """What counts in them then, where that differs by unit each once; empty: each car's own file counts again."""


def settings_changes(
    new: SettingsToPublish, enrolled: Collection[str], steps: Sequence[UnitSettingsStep]
) -> list[SettingChange]:
    """What a publication changes against what counts in its units; a key that it leaves out is the file's again."""
    before = [_counting_values(steps, each) for each in new.units or enrolled] or [{}]
    after = flat_values(new.values)
    keys = sorted(after.keys() | {key for each in before for key in each})
    return [
        SettingChange(key, tuple(sorted({each[key] for each in before if key in each})), after.get(key, NONE))
        for key in keys
        if any(each.get(key, NONE) != after.get(key, NONE) for each in before)
    ]


def withdrawal_changes(
    serial: int, enrolled: Collection[str], steps: Sequence[UnitSettingsStep]
) -> list[SettingChange]:
    """What the withdrawal of a publication changes: in each of its units the one before it counts again, or its file.

    Raises:
        DepartmentError: there is no such publication, or it was withdrawn.
    """
    published = counting_publication(steps, serial)
    then = (*steps, replace(published, serial=steps[-1].serial + 1, values={}))
    units = published.units or tuple(enrolled)
    moves = [(_counting_values(steps, each), _counting_values(then, each)) for each in units]
    changes = []
    for key in sorted({key for move in moves for values in move for key in values}):
        pairs = {(before.get(key, NONE), after.get(key, NONE)) for before, after in moves}
        before = sorted({old for old, new in pairs if old != new} - {NONE})
        after = sorted({new for old, new in pairs if old != new})
        if before or after:
            text = " or ".join(each or OWN_FILE for each in after) if any(after) else NONE
            changes.append(SettingChange(key, tuple(before), text))
    return changes


def recorded_changes(changes: Sequence[SettingChange]) -> tuple[RecordedChange, ...]:
    """The same for the access log; what is too long for a record is cut."""
    return tuple(
        RecordedChange(
            name=value_name(Subject.SETTINGS, each.key),
            before=" or ".join(each.before)[:TEXT_CHARACTERS_MAX],
            after=each.after[:TEXT_CHARACTERS_MAX],
        )
        for each in changes
    )


def _counting_values(steps: Sequence[UnitSettingsStep], unit_id: str) -> dict[str, str]:
    """What the department sets in a unit, by dotted key, as JSON."""
    step = counting_step(steps, unit_id)[1]
    return {} if step is None else flat_values(step.values)


def flat_values(values: Values) -> dict[str, str]:
    """Values by dotted key, as JSON."""
    return {f"{section}.{key}": json.dumps(value) for section, table in values.items() for key, value in table.items()}
