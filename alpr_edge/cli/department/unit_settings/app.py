"""``alpr-edge department settings``: what the department sets in its units from afar (policy 462.3.1)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.consent import YesOption, require_consent
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.department.people.common import ReasonOption
from alpr_edge.cli.output import print_lines, print_object, time_text
from alpr_edge.domain.errors import DepartmentError

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


SerialArgument = Annotated[int, typer.Argument(metavar="SERIAL", min=1, help="Serial of a publication.")]

app = typer.Typer(help="What the department sets in its units from afar.", no_args_is_help=True)


@app.command("publish")
def publish_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A part of a unit's settings file (TOML).")],
    directory: DirectoryOption,
    units: Annotated[
        list[str] | None, typer.Option("--unit", help="A unit that it is meant for; give it again. Left out: all.")
    ] = None,
    after: Annotated[
        int,
        typer.Option("--after", min=0, max=10**8, help="A serial that units hold, where a backup was restored."),
    ] = 0,
    reason: ReasonOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish settings for all units, or for some.

    They are checked as the units will, the difference is shown, and it goes on record. They take the place of all that
    the department set in these units before, and count in each from the next start of its daemons.
    """
    from alpr_edge.cli.department.inquiries.opening import open_authorised
    from alpr_edge.department.publishing.settings_changes import settings_changes
    from alpr_edge.department.publishing.settings_holders import settings_lines
    from alpr_edge.department.publishing.settings_register import SettingsToPublish, read_remote_file

    new = SettingsToPublish(read_remote_file(file), tuple(units or ()), after)
    with open_storage(directory) as storage:
        storage.settings.check(new)
        steps = storage.settings.steps()
        enrolled = [each.unit_id for each in settings_lines(directory, storage.database, steps)]
        changes = settings_changes(new, enrolled, steps)
    if not as_json:
        typer.echo("\n".join(map(change_text, changes)) or "nothing changes in these units")
    require_consent(f"publish these settings for {units_text(new.units)}?", yes=yes)
    with open_authorised(directory) as (office, authoriser):
        seen = replace(new, seen=steps[-1].serial if steps else 0)
        step = office.unit_settings.publish(authoriser, seen, reason)
    if as_json:
        print_object(step_content(step) | {"changes": [change_content(each) for each in changes]})
    else:
        typer.echo(f"settings {step.serial} are published; units fetch them within half a minute of their link")


@app.command("list")
def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show what was published, and which unit has what.

    Of each unit: what it should have, what it holds and works by since when, and what it refused and why.
    """
    from alpr_edge.department.publishing.settings_holders import settings_lines

    with open_storage(directory) as storage:
        steps = storage.settings.steps()
        units = settings_lines(directory, storage.database, steps)
    if as_json:
        print_lines([*map(step_content, steps), *map(unit_content, units)])
        return
    withdrawn = {each.publication for each in steps if each.is_withdrawal}
    for step in steps:
        typer.echo(step_text(step) + (" (withdrawn)" if step.serial in withdrawn else ""))
    if not steps:
        typer.echo("nothing was published; publish with: alpr-edge department settings publish FILE")
    for each in units:
        typer.echo(f"  {unit_text(each)}")


@app.command("show")
def show_command(serial: SerialArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show one publication with its values."""
    from alpr_edge.department.publishing.settings_changes import flat_values

    with open_storage(directory) as storage:
        step = next((each for each in storage.settings.steps() if each.serial == serial), None)
    if step is None:
        raise DepartmentError(f"{serial}: was not published; see: alpr-edge department settings list")
    if as_json:
        print_object(step_content(step))
        return
    typer.echo(step_text(step))
    for key, value in flat_values(step.values).items():
        typer.echo(f"  {key} = {value}")


@app.command("withdraw")
def withdraw_command(
    serial: SerialArgument,
    directory: DirectoryOption,
    reason: ReasonOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a publication.

    What was published before for the same units counts again, or each car's own file alone; from their next start. The
    difference is shown, and goes on record.
    """
    from alpr_edge.cli.department.inquiries.opening import open_authorised
    from alpr_edge.department.publishing.settings_changes import withdrawal_changes
    from alpr_edge.department.publishing.settings_holders import settings_lines

    with open_storage(directory) as storage:
        steps = storage.settings.steps()
        enrolled = [each.unit_id for each in settings_lines(directory, storage.database, steps)]
    changes = withdrawal_changes(serial, enrolled, steps)
    if not as_json:
        typer.echo("\n".join(map(change_text, changes)) or "nothing changes in any unit")
    require_consent(f"withdraw settings {serial}?", yes=yes)
    with open_authorised(directory) as (office, authoriser):
        step = office.unit_settings.withdraw(authoriser, serial, reason)
    if as_json:
        print_object(step_content(step) | {"changes": [change_content(each) for each in changes]})
    else:
        typer.echo(f"settings {serial} are withdrawn; units learn of it as serial {step.serial}")
