"""``alpr-edge outbox``: what waits for the department, what it refused, and portable media at the depot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.access.opening import open_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.item_states import items_text
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import StoreError, UplinkError

MediumArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder on the portable medium; it must exist.")]

app = typer.Typer(help="Items waiting for the department. Shows no plates.", no_args_is_help=True)


@app.command()
def status(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Count items by state. "Offloaded" items are on a medium, without a receipt yet."""
    import dataclasses

    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    with open_store(load(settings), migrate=False) as store:
        counts = store.outbox.shown_counts()
    if as_json:
        print_object(counts)
    else:
        typer.echo(items_text(dataclasses.asdict(counts)))


@app.command("quarantined")
def list_refused(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """List items that the department refused, with the reason."""
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    with open_store(load(settings), migrate=False) as store:
        items = store.outbox.quarantined_items()
    if as_json:
        print_lines(items)
    elif items:
        rows = [(item.item_id, item.kind.value, str(item.attempts), item.detail) for item in items]
        print_table(("item", "kind", "tries", "why"), rows)
    else:
        typer.echo("no refused items")


@app.command()
def requeue(
    items: Annotated[list[str] | None, typer.Argument(metavar="ITEM", help="Ids of items; default: all.")] = None,
    on_lost_media: Annotated[
        bool, typer.Option("--offloaded", help="Send items on a lost medium, instead of refused ones.")
    ] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Send refused items again. Exit code 1 if an id is not among them; the others are sent."""
    from alpr_edge.services.outbox import requeue_items
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with open_upkeep(unit) as authoriser, open_store(unit, migrate=False) as store:
        result = requeue_items(store.outbox, authoriser, items or [], on_lost_media=on_lost_media)
    if as_json:
        print_object(result)
    else:
        typer.echo(f"{count_text(result.requeued, 'item')} due again")
    if result.unknown:
        state = "on a medium without a receipt" if on_lost_media else "refused: alpr-edge outbox quarantined lists them"
        raise StoreError("\n".join(f"{item_id}: no such item is {state}" for item_id in result.unknown))


@app.command()
def offload(medium: MediumArgument, settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Write all due items to portable media. They are sealed and signed (policy 462.5).

    The department imports it with ``alpr-edge department import``, which leaves receipts on the medium for
    ``alpr-edge outbox receipts``. Until then nothing counts as delivered.
    """
    from alpr_edge.services.media_transfer import offload_items
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with (
        open_upkeep(unit) as authoriser,
        open_store(unit, migrate=False) as store,
        _bar(store.outbox.counts().ready) as tick,
    ):
        result = offload_items(store.outbox, authoriser, unit, medium, now=_now, tick=tick)
    if as_json:
        print_object(result)
        return
    count = count_text(result.offloaded, "item")
    typer.echo(f"{count} written to {medium} (medium {result.medium_id}), sealed, read back and equal")
    if result.offloaded:
        typer.echo("next: alpr-edge department import there, then here: alpr-edge outbox receipts")


@app.command()
def receipts(medium: MediumArgument, settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Read the receipts that the department left on a medium. Safe to repeat.

    Exit code 1 if a file there is not a receipt of this unit's department.
    """
    from alpr_edge.services.media_transfer import apply_receipts
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with open_upkeep(unit) as authoriser, open_store(unit, migrate=False) as store:
        report = apply_receipts(store.outbox, authoriser, unit, medium, _now())
    if as_json:
        print_object(report)
    else:
        typer.echo(f"{count_text(report.delivered, 'item')} delivered, {report.offloaded} wait for a receipt")
    if report.troubles:
        raise UplinkError("\n".join(report.troubles))


def _now() -> datetime | None:
    from alpr_edge.runtime.clock import SystemClock

    return SystemClock().now().utc


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar that is told how many items are still waiting."""
    with progress_bar("Writing", total) as show:
        yield lambda waiting: show("Writing", total - waiting, total)
