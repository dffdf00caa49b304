"""``alpr-edge audit drift``: is what the unit works by what the access log says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.output import count_text, print_object

if TYPE_CHECKING:
    from alpr_edge.services.changes.self_check import Drift


def drift(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Compare settings, lists, people, models and keys with the access log. Exit code 1 if one differs.

    Shows no plate. A running unit does the same at its start and once a day, and records what it finds.
    """
    from alpr_edge.diagnostics.recorded_changes import read_drift
    from alpr_edge.settings import load

    unit = load(settings)
    require_owner(unit.unit.data_directory)
    found = read_drift(unit)
    if as_json:
        changes = [change.model_dump() for change in found.changes]
        print_object({"ok": not found, "compared": found.is_compared, "changes": changes, "unfounded": found.unfounded})
    else:
        _print(found)
    if found:
        raise typer.Exit(1)


def _print(found: Drift) -> None:
    from alpr_edge.services.changes.self_check import describe

    for change in found.changes:
        typer.secho(f"changed without a record: {describe(change)}", fg=typer.colors.RED)
    for name in found.unfounded:
        typer.secho(f"{name}: the value stored with the log differs from its record", fg=typer.colors.RED)
    count = len(found.changes) + len(found.unfounded)
    if not found.is_compared:
        typer.echo("no start of this unit is recorded yet; nothing to compare with")
        return
    typer.echo(f"{count_text(count, 'difference')} to the access log" if count else "everything matches the record")
