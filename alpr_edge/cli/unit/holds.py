"""``alpr-edge unit hold``, ``release`` and ``holds``: reads that must not be deleted (policy 462.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_lines, print_object, print_table, time_text

if TYPE_CHECKING:
    from alpr_edge.store.retention.holds import Hold

ReadArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the read, as `alpr-edge reads` shows it.")]


def hold_command(
    read: ReadArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why: a case, a subpoena.")],
    until: Annotated[
        str | None, typer.Option("--until", help="When the hold ends, such as 2026-12-31; default: when released.")
    ] = None,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Keep a read from being deleted. For evidence, discovery, an action to produce records (policy 462.5)."""
    from alpr_edge.runtime.clock import SystemClock
    from alpr_edge.services.holds import HoldRequest, hold_read, parse_hold_end
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    unit, request = load(settings), HoldRequest(read, reason, parse_hold_end(until))
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_store(unit, migrate=False) as store,
    ):
        hold = hold_read(store.database, authoriser, known_purpose, request, SystemClock().now())
    if as_json:
        print_object(hold)
    else:
        typer.echo(f"{read} is held" if hold.until is None else f"{read} is held until {time_text(hold.until)}")


def release_command(
    read: ReadArgument,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Let a held read be deleted like the others again."""
    from alpr_edge.services.holds import release_read
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_store(unit, migrate=False) as store,
    ):
        release_read(store.database, authoriser, known_purpose, read)
    print_object({"read_id": read, "held": False}) if as_json else typer.echo(f"{read} is not held any more")


def holds_command(
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """List the reads that are held: why, by whom, since when and until when. Shows no plates."""
    from alpr_edge.services.holds import list_holds
    from alpr_edge.settings import load
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_store(unit, migrate=False) as store,
    ):
        holds = list_holds(store.database, authoriser, known_purpose)
    if as_json:
        print_lines(holds)
    elif holds:
        print_table(("read", "reason", "by", "since", "until"), [_row(hold) for hold in holds])
    else:
        typer.echo("no read is held")


def _row(hold: Hold) -> tuple[str, ...]:
    until = "released" if hold.until is None else time_text(hold.until)
    return hold.read_id, hold.reason, hold.held_by, time_text(hold.since), until
