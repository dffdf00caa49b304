"""What a publication of settings changes in the units that it is meant for, key by key."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from alpr_edge.department.publishing.settings_register import SettingsStep, SettingsToPublish, counting_step
from alpr_edge.domain.access_log.changes import NONE, Subject, value_name
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.department_settings.document import Values

TEXT_CHARACTERS_MAX = 500
"""Of a value in a record."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """How a key changes in units."""

    key: str
    before: tuple[str, ...]
    """What the department sets in them until then, as JSON, each once; empty: each car's own file counts there."""
    after: str
    """Empty: each car's own file counts again."""


def settings_changes(
    new: SettingsToPublish, enrolled: Collection[str], steps: Sequence[SettingsStep]
) -> list[SettingChange]:
    """What a publication changes against what counts in its units; a key that it leaves out is the file's again.

    Args:
        new: what would be published.
        enrolled: the ids of all units.
        steps: every publication and withdrawal until then.
    """
    counting = [counting_step(steps, each)[1] for each in new.units or enrolled]
    before = [flat_values({} if step is None else step.values) for step in counting] or [{}]
    after = flat_values(new.values)
    keys = sorted(after.keys() | {key for each in before for key in each})
    return [
        SettingChange(key, tuple(sorted({each[key] for each in before if key in each})), after.get(key, NONE))
        for key in keys
        if any(each.get(key, NONE) != after.get(key, NONE) for each in before)
    ]


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


def flat_values(values: Values) -> dict[str, str]:
    """Values by dotted key, as JSON."""
    return {f"{section}.{key}": json.dumps(value) for section, table in values.items() for key, value in table.items()}
