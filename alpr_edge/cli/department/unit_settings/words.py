"""What the commands about units' settings print: a publication, a unit, a change of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alpr_edge.cli.output import time_text

if TYPE_CHECKING:
    from alpr_edge.department.publishing.settings_changes import SettingChange
    from alpr_edge.department.publishing.settings_holders import UnitSettingsLine
    from alpr_edge.department.publishing.settings_register import UnitSettingsStep


def step_content(step: UnitSettingsStep) -> dict[str, Any]:
    """A publication or withdrawal, as JSON has it."""
    return {
        "serial": step.serial,
        "withdraws": step.publication if step.is_withdrawal else None,
        "values": step.values,
        "units": list(step.units) or None,
        "at": step.at,
        "by": step.by,
        "reason": step.reason,
    }


def step_text(step: UnitSettingsStep) -> str:
    """The same in a line."""
    what = f"withdraws {step.publication}" if step.is_withdrawal else "published"
    reason = f": {step.reason}" if step.reason else ""
    return f"{step.serial}: {what}, {time_text(step.at)} by {step.by}, for {units_text(step.units)}{reason}"


def units_text(units: tuple[str, ...]) -> str:
    """For whom it is."""
    return ", ".join(units) or "all units"


def unit_content(unit: UnitSettingsLine) -> dict[str, Any]:
    """What a unit should have and has, as JSON has it."""
    said = unit.said
    names = ("held", "held_since", "in_force", "in_force_since", "refused", "refusal", "refused_since")
    about = dict.fromkeys(names) if said is None else {name: getattr(said, name) for name in names}
    return {"unit": unit.unit_id, "serial": unit.serial, "publication": unit.publication, "state": unit.state} | about


def unit_text(unit: UnitSettingsLine) -> str:
    """The same in a line."""
    said, words = unit.said, f"{unit.unit_id}: {unit.state}"
    if said is None:
        return words
    words += f"; should have {unit.serial or 'none'}, holds {said.held or 'none'} since {time_text(said.held_since)}"
    works_by = "nothing runs" if said.in_force is None else f"in force {said.in_force or 'none'}"
    words += f", {works_by} since {time_text(said.in_force_since)}"
    if said.refused:
        words += f"; refused {said.refused} since {time_text(said.refused_since)}: {said.refusal}"
    return words


def change_content(change: SettingChange) -> dict[str, Any]:
    """How a key changes, as JSON has it."""
    return {"key": change.key, "before": list(change.before), "after": change.after or None}


def change_text(change: SettingChange) -> str:
    """The same in a line."""
    from alpr_edge.department.publishing.settings_changes import OWN_FILE

    before = " or ".join(change.before) or OWN_FILE
    return f"{change.key}: {before}, now {change.after or f'{OWN_FILE} again'}"
