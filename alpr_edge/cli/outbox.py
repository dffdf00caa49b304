"""``alpr-edge outbox``: what waits for the department, what it refused, and portable media at the depot."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from alpr_edge.app.sending import write_all
from alpr_edge.app.store_room import open_store
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, fail
from alpr_edge.domain.errors import AlprEdgeError, UplinkError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.uplink.spool import DirectorySpool
from alpr_edge.uplink.uploader import Uploader

app = typer.Typer(help="What waits for the department. Shows no plates.", no_args_is_help=True)


@app.command()
def status(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Count what is ready, delivered and quarantined."""
    try:
        with open_store(load(settings), migrate=False) as store:
            counts = dataclasses.asdict(store.outbox.counts())
    except AlprEdgeError as error:
        fail(error)
    typer.echo(json.dumps(counts) if as_json else "  ".join(f"{name} {count}" for name, count in counts.items()))


@app.command()
def quarantined(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """List what the department refused, and why."""
    try:
        with open_store(load(settings), migrate=False) as store:
            items = store.outbox.quarantined()
    except AlprEdgeError as error:
        fail(error)
    for item in items:
        shown = dataclasses.asdict(item)
        typer.echo(
            json.dumps(shown) if as_json else f"{item.item_id}  {item.kind}  {item.attempts} tries  {item.detail}"
        )


@app.command()
def requeue(
    items: Annotated[list[str] | None, typer.Argument(help="Ids of quarantined items; default: all.")] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Send quarantined items again."""
    try:
        with open_store(load(settings), migrate=False) as store:
            count = store.outbox.requeue(items or None)
    except AlprEdgeError as error:
        fail(error)
    typer.echo(f"{count} items are due again")


@app.command()
def offload(
    medium: Annotated[Path, typer.Argument(help="A folder on the portable medium, which must be encrypted.")],
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Hand everything that is due over on portable media (policy 462.5), instead of over the link.

    The department takes it in with ``alpr-edge department import``.
    """
    try:
        chosen = load(settings)
        with open_store(chosen, migrate=False) as store:
            spool = DirectorySpool(medium, chosen.unit.id)
            uploader = Uploader(store.outbox, spool, chosen.uplink, SystemClock())
            with _bar(store.outbox.counts().ready) as tick:
                left = write_all(uploader, store.outbox, tick)
            if left:
                raise UplinkError(f"{left} items are not on the medium: {uploader.state.last_error}")
    except AlprEdgeError as error:
        fail(error)
    typer.echo(f"{uploader.state.delivered} items are on {medium}, read back and equal")


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, told how many items are still waiting."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Writing", total=total)
        yield lambda waiting: progress.update(task, completed=total - waiting)
