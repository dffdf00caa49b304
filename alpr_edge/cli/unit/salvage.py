"""``alpr-edge unit salvage``: copies what can be read of damaged databases, and deletes nothing unasked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import StoreError

if TYPE_CHECKING:
    from alpr_edge.store.recovery.damaged_databases import DamagedDatabase
    from alpr_edge.store.recovery.salvage import SalvageReport
    from alpr_edge.store.unit_store import UnitStore

_DISCARD_HELP = "Delete each one from which everything readable came over. It may hold evidence: ask first (462.5)."
_SEEN_HELP = "Stop the alarm in the car without saving anything yet."


def salvage(
    discard: Annotated[bool, typer.Option("--discard", help=_DISCARD_HELP)] = False,
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help=_SEEN_HELP)] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Save what can be read of databases that were damaged and set aside. Safe to run again, while the unit works.

    Ends with 1 when --discard has to leave one where it is.
    """
    from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
    from alpr_edge.settings import load
    from alpr_edge.store.recovery.damaged_databases import damaged_databases
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    databases = damaged_databases(unit.unit.data_directory)
    lists = frozenset(path.name for path in (unit.unit.data_directory / LISTS_DIRECTORY).glob("*"))
    if acknowledge:
        _acknowledge(databases, as_json=as_json)
        return
    with open_store(unit, migrate=False) as store, progress_bar("Salvaging") as bar:
        reports = [_salvage(store, database, lists, bar) for database in databases]
    incomplete = _discard(databases, reports) if discard else []
    print_object({"databases": reports}) if as_json else _print(reports)
    if incomplete:
        raise StoreError(f"kept, as rows in them hang on lost ones and are nowhere else: {', '.join(incomplete)}")


def _acknowledge(databases: list[DamagedDatabase], *, as_json: bool) -> None:
    for database in databases:
        database.acknowledge()
    if as_json:
        print_object({"acknowledged": [database.folder.name for database in databases]})
    else:
        count = count_text(len(databases), "database")
        typer.echo(f"{count} set aside acknowledged; what is in there waits for: alpr-edge unit salvage")


def _salvage(
    store: UnitStore, database: DamagedDatabase, lists: frozenset[str], bar: Callable[[str, int, int | None], None]
) -> dict[str, Any]:
    from alpr_edge.store.recovery.salvage import Salvage

    salvage_run = Salvage(store.database, store.images, store.renewal.key, lists)
    done = salvage_run.run(database, lambda pages, total: bar(database.folder.name, pages, total))
    return {"name": database.folder.name, "bytes": database.size_bytes, **_figures(done)}


def _figures(done: SalvageReport) -> dict[str, Any]:
    return {"rows_saved": done.new_rows.total(), "rows_already_there": done.there.total(), **done.figures()}


def _discard(databases: list[DamagedDatabase], reports: list[dict[str, Any]]) -> list[str]:
    """Delete the databases that hold nothing that is still needed; returns the names of the others."""
    for database, figures in zip(databases, reports, strict=True):
        figures["discarded"] = figures["complete"]
        if figures["complete"]:
            database.discard()
    return [figures["name"] for figures in reports if not figures["complete"]]


def _print(reports: list[dict[str, Any]]) -> None:
    if not reports:
        typer.echo("no database was set aside")
    for figures in reports:
        rows, there = figures["saved"], figures["already_there"]
        typer.echo(
            f"{figures['name']}: {rows.get('reads', 0)} reads and {rows.get('hits', 0)} hits saved, "
            f"{there.get('reads', 0)} and {there.get('hits', 0)} already there; {figures['images_adopted']} images "
            f"taken over; {figures['queued_again']} items queued again"
        )
        unread = f"{figures['pages_unreadable']} pages and {figures['rows_unreadable']} rows cannot be read"
        hanging = sum(figures["hanging"].values())
        typer.echo(f"  {unread}; {hanging} rows hang on lost ones; " + _outcome_text(figures))


def _outcome_text(figures: dict[str, Any]) -> str:
    if figures.get("discarded"):
        return "deleted"
    return f"kept ({figures['bytes']} bytes), as it may hold evidence (462.5)"
