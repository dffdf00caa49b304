"""``alpr-edge unit salvage``: copies what can be read of damaged databases, and deletes nothing unasked."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alpr_edge.cli.access.opening import open_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import StoreError

_DISCARD_HELP = "Delete each database that was fully recovered. It may hold evidence: ask first (462.5)."
_SEEN_HELP = "Stop the alarm in the car without recovering anything yet."


def salvage(
    discard: Annotated[bool, typer.Option("--discard", help=_DISCARD_HELP)] = False,
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help=_SEEN_HELP)] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Recover what is readable in damaged databases that were set aside. Safe to repeat while the unit works.

    Exit code 1 if --discard cannot delete a database.
    """
    from alpr_edge.services.recovery.salvage import acknowledge_databases, discard_databases, salvage_databases
    from alpr_edge.settings import load
    from alpr_edge.store.recovery.damaged_databases import damaged_databases
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    databases = damaged_databases(unit.unit.data_directory)
    with open_upkeep(unit) as authoriser:
        if acknowledge:
            acknowledge_databases(databases, authoriser)
            _print_acknowledged([database.folder.name for database in databases], as_json=as_json)
            return
        with open_store(unit, migrate=False) as store, progress_bar("Salvaging") as bar:
            reports = salvage_databases(store, databases, authoriser, bar)
        incomplete = discard_databases(databases, reports, authoriser) if discard else []
    print_object({"databases": reports}) if as_json else _print(reports)
    if incomplete:
        raise StoreError(
            f"kept, because they hold rows that depend on lost ones and exist nowhere else: {', '.join(incomplete)}"
        )


def _print_acknowledged(names: list[str], *, as_json: bool) -> None:
    if as_json:
        print_object({"acknowledged": names})
    elif names:
        count = count_text(len(names), "damaged database")
        typer.echo(f"{count} acknowledged, the alarm ends; to recover the data: alpr-edge unit salvage")
    else:
        typer.echo("no database was set aside")


def _print(reports: list[dict[str, Any]]) -> None:
    if not reports:
        typer.echo("no database was set aside")
    for figures in reports:
        rows, there = figures["saved"], figures["already_there"]
        typer.echo(
            f"{figures['name']}: {count_text(rows.get('reads', 0), 'read')} and "
            f"{count_text(rows.get('hits', 0), 'hit')} saved, "
            f"{there.get('reads', 0)} and {there.get('hits', 0)} already there; {figures['images_adopted']} images "
            f"taken over; {figures['queued_again']} items queued again"
        )
        unread = f"{figures['pages_unreadable']} pages and {figures['rows_unreadable']} rows cannot be read"
        hanging = sum(figures["hanging"].values())
        typer.echo(f"  {unread}; {hanging} rows depend on lost ones;  " + _outcome_text(figures))


def _outcome_text(figures: dict[str, Any]) -> str:
    if figures.get("discarded"):
        return "deleted"
    return f"kept ({figures['bytes']} bytes), as it may hold evidence (462.5)"
