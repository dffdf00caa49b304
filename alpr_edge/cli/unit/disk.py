"""``alpr-edge unit disk``: what the car keeps, what waits, what is held, and how long there is room."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress

from alpr_edge.app.factories import open_clock
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, queue_actor
from alpr_edge.diagnostics.context import fresh_health
from alpr_edge.domain.access import MAINTENANCE
from alpr_edge.services.disk_usage import SLICES, deletion_objection, disk_usage
from alpr_edge.settings import Settings, load
from alpr_edge.store.unit_store import UnitStore, open_store


def disk_command(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Show what is kept, what waits for the department, what is held, and how long there is room. Shows no plates."""
    chosen = load(settings)
    with open_store(chosen, migrate=False) as store:
        told = _told(chosen, store)
    typer.echo(json.dumps(told) if as_json else "\n".join(_lines(told)))


def _told(chosen: Settings, store: UnitStore) -> dict[str, Any]:
    with _bar() as tick:
        figures = disk_usage(store, queue_actor(), MAINTENANCE, chosen, tick)
    return figures | {"deletion_by_age_rests": _resting(chosen, store)}


def _resting(chosen: Settings, store: UnitStore) -> str:
    """Why nothing is deleted by age: by the running unit's health, else by this computer's clock."""
    health = fresh_health(chosen.unit.runtime_directory)
    told = None if health is None else health.figures.get("deletion_by_age_rests")
    if told is not None:
        return str(told)
    return deletion_objection(store, open_clock(chosen).now())


def _lines(told: dict[str, Any]) -> Iterator[str]:
    free, total, kept, bound = (told[f"{name}_bytes"] for name in ("free", "total", "store", "bound"))
    yield f"disk      {_size(total - free)} of {_size(total)} used ({told['disk_share']:.0%}), {told['fill']}"
    yield f"reads     {told['reads']} with {told['images']} images, {_size(kept)}"
    yield f"bound     {_size(bound)} not acknowledged or held, {told['quota_share']:.0%} of {_size(told['bytes_max'])}"
    yield f"held      {told['reads_held']} reads"
    states = ("acknowledged", "waiting", "quarantined", "offloaded")
    yield "items     " + ", ".join(f"{told[f'items_{state}']} {state}" for state in states)
    yield f"ballast   {_size(told['ballast_bytes'])} of {_size(told['ballast_wanted_bytes'])}"
    yield f"on record {told['reads_deleted_on_record']} reads deleted without a receipt"
    rests = told["deletion_by_age_rests"]
    yield f"by age    deletion rests: {rests}" if rests else "by age    old reads are deleted"
    left = "not known yet" if told["days_left"] is None else f"{told['days_left']:g} days without a link"
    yield f"room for  {left}"


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


@contextmanager
def _bar() -> Iterator[Callable[[], None]]:
    """A bar on a terminal's stderr while the images are counted."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Counting", total=SLICES)
        yield lambda: progress.update(task, advance=1)
