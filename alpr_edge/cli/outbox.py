"""``alpr-edge outbox``: what waits for the department, what it refused, and portable media at the depot."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, queue_actor
from alpr_edge.domain.access import MAINTENANCE
from alpr_edge.domain.errors import UplinkError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.outbox import count_items, list_quarantined, requeue_items
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from alpr_edge.uplink.media import offload, opened_medium, sealer_of, take_receipts

MediumArgument = Annotated[Path, typer.Argument(help="A folder on the portable medium.")]

app = typer.Typer(help="What waits for the department. Shows no plates.", no_args_is_help=True)


@app.command()
def status(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Count what is ready, delivered, quarantined, and offloaded to media without a receipt yet."""
    with open_store(load(settings), migrate=False) as store:
        counts = dataclasses.asdict(count_items(store.outbox, queue_actor(), MAINTENANCE))
    typer.echo(json.dumps(counts) if as_json else "  ".join(f"{name} {count}" for name, count in counts.items()))


@app.command()
def quarantined(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """List what the department refused, and why."""
    with open_store(load(settings), migrate=False) as store:
        items = list_quarantined(store.outbox, queue_actor(), MAINTENANCE)
    for item in items:
        shown = dataclasses.asdict(item)
        typer.echo(
            json.dumps(shown) if as_json else f"{item.item_id}  {item.kind}  {item.attempts} tries  {item.detail}"
        )


@app.command()
def requeue(
    items: Annotated[list[str] | None, typer.Argument(help="Ids of items; default: all.")] = None,
    offloaded: Annotated[
        bool, typer.Option("--offloaded", help="What lies on a medium that was lost, in place of what was refused.")
    ] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Send quarantined items again."""
    with open_store(load(settings), migrate=False) as store:
        count = requeue_items(store.outbox, queue_actor(), MAINTENANCE, items or None, offloaded=offloaded)
    typer.echo(f"{count} items are due again")


@app.command("offload")
def offload_command(
    medium: MediumArgument, settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False
) -> None:
    """Write everything that is due to portable media (policy 462.5), sealed for the department and signed by this unit.

    The department takes it in with ``alpr-edge department import``, which leaves receipts on the medium for
    ``alpr-edge outbox receipts``. Until then nothing of it counts as handed over.
    """
    chosen = load(settings)
    with open_store(chosen, migrate=False) as store, opened_medium(medium, chosen.unit.id) as opened:
        sealer = sealer_of(chosen.uplink, chosen.unit.id, opened.medium_id)
        with _bar(store.outbox.counts().ready) as tick:
            count = offload(store.outbox, opened, sealer, chosen.uplink, _now, tick)
    if as_json:
        typer.echo(json.dumps({"medium_id": opened.medium_id, "offloaded": count}))
        return
    typer.echo(f"{count} items are on {medium} (medium {opened.medium_id}), sealed, read back and equal")
    typer.echo("they wait for receipts: alpr-edge department import there, then here: alpr-edge outbox receipts")


@app.command("receipts")
def receipts_command(
    medium: MediumArgument, settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False
) -> None:
    """Take down the receipts that the department left on a medium; again changes nothing.

    Ends with 1 when a file there is no receipt of this unit's department.
    """
    chosen = load(settings)
    with open_store(chosen, migrate=False) as store, opened_medium(medium, chosen.unit.id) as opened:
        found = take_receipts(store.outbox, opened, chosen.uplink, chosen.unit.id, _now())
        left = store.outbox.counts().offloaded
    told = {"delivered": found.delivered, "offloaded": left, "troubles": found.troubles}
    typer.echo(json.dumps(told) if as_json else f"{found.delivered} items are delivered, {left} wait for a receipt")
    if found.troubles:
        raise UplinkError("\n".join(found.troubles))


def _now() -> datetime | None:
    return SystemClock().now().utc


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, told how many items are still waiting."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Writing", total=total)
        yield lambda waiting: progress.update(task, completed=total - waiting)
