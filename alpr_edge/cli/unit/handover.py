"""``alpr-edge unit handover``: shows which of this unit's reads nobody else has, before its data may be destroyed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption

if TYPE_CHECKING:
    from alpr_edge.services.handover import Handover

_LEFT = {
    "items_waiting": "items wait for the department",
    "items_refused": "items were refused: alpr-edge outbox quarantined",
    "items_on_media": "items are on media without a receipt: alpr-edge outbox receipts",
    "reads_unacknowledged": "reads are not wholly at the department",
    "reads_held": "reads are held: alpr-edge unit release",
    "records_set_aside": "records that the store does not take are set aside: alpr-edge unit refused",
    "databases_incomplete": "damaged databases hold rows that did not come over: alpr-edge unit salvage",
}


def handover_command(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Queue everything this unit read, also what was set aside, and count what the department does not have.

    The unit must be stopped. scripts/decommission asks this before it destroys anything.
    """
    from alpr_edge.app.instance_lock import instance_lock
    from alpr_edge.services.handover import prepare
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    chosen = load(settings)
    with (
        instance_lock(chosen.unit.data_directory),
        open_store(chosen, migrate=True, renew=True) as store,
        _bar() as tick,
    ):
        told = prepare(store, tick)
    typer.echo(json.dumps(dataclasses.asdict(told), sort_keys=True) if as_json else "\n".join(_lines(told)))


def _lines(told: Handover) -> Iterator[str]:
    yield f"reads     {told.reads}, {told.open_reads_closed} were still open and are queued now"
    yield f"set aside {told.records_taken_in + told.records_set_aside} records, {told.records_taken_in} taken in now"
    yield f"damaged   {len(told.databases)} databases set aside"
    yield "items     " + ", ".join(f"{count} {state}" for state, count in told.items.items())
    for medium in told.media:
        yield f"medium    {medium['medium_id']}: {medium['items']} items without a receipt"
    if not told.left:
        yield "all was handed over"
    for name, count in told.left.items():
        yield f"left      {count} {_LEFT[name]}"


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal's stderr while databases are read."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Counting", total=None)
        yield lambda name, pages, total: progress.update(task, description=name, completed=pages, total=total)
