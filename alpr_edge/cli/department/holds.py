"""``alpr-edge department holds``: reads that the cars must not delete, for a case (policy 462.5).

Each command is for somebody who is signed in and says what for, and is on record (policy 462.6(a)).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.instants import moment_in

if TYPE_CHECKING:
    from alpr_edge.department.holds.department_canvass import CanvassHolds
    from alpr_edge.department.holds.listed_holds import ListedHold

HeldCaseOption = Annotated[str, typer.Option("--case", help="The case number.")]
OwnCaseOption = Annotated[str, typer.Option("--case", help="The case number of the hold.")]
HoldArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a hold that the department placed.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="When the hold ends, such as 2026-12-31; default: when released.")
]
_AREA_HELP = "Latitude,longitude,metres; or the corners of a polygon with blanks between them."
_TIME_HELP = "Such as 2026-05-04T18:00; without a zone by this computer's clock."
_RELEASE_HELP = "Why its reads need no longer be held; on record, and shown with the hold."

app = typer.Typer(help="Keep reads from deletion in the cars, for a case (policy 462.5).")


@app.command("place")
def place_command(
    reads: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of the reads.")],
    directory: DirectoryOption,
    case: HeldCaseOption,
    reason: Annotated[str, typer.Option("--reason", help="Reason: evidence, a subpoena, a court order.")],
    until: UntilOption = None,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Keep reads from deletion in their cars. Each car fetches its own hold; your name stands with it."""
    from alpr_edge.domain.holds.hold import parse_hold_end

    end = parse_hold_end(until)
    with open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated):
        placed = office.holds.place(authoriser, stated, reads, reason, end)
    _warn_of_missing_holds(directory)
    if as_json:
        print_lines(map(asdict, placed))
        return
    for hold in placed:
        missing = f"; {hold.arrival_words}" if hold.arrival_words else ""
        typer.echo(f"{hold.hold_id}: holds {count_text(hold.reads, 'read')} of {hold.unit_id}{missing}")


@app.command("canvass")
def canvass_command(
    directory: DirectoryOption,
    area: Annotated[str, typer.Option("--area", help=_AREA_HELP)],
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help=_TIME_HELP)],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Up to then; a date alone: to its end.")],
    case: HeldCaseOption,
    reason: Annotated[str, typer.Option("--reason", help="Why, such as: canvass around 800 11th Street.")],
    until: UntilOption = None,
    untimed: Annotated[
        bool, typer.Option("--untimed", help="Those of the area as well whose time is not sure, of any day.")
    ] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Keep the reads of an area and a time (462.4(c)).

    It keeps what has arrived: run it again once the cars have delivered the rest; what is held already is left out.
    """
    from alpr_edge.department.inquiries.cases.hold_service import CanvassOrder
    from alpr_edge.department.search.criteria import SearchPeriod
    from alpr_edge.domain.ground.areas import parse_ground_area
    from alpr_edge.domain.holds.hold import parse_hold_end
    from alpr_edge.domain.releases.typed_scope import typed_moment

    try:
        ground = parse_ground_area(area)
    except ValueError as error:
        raise HoldError(f"--area: {error}") from None
    period = SearchPeriod(typed_moment(begin), typed_moment(end, is_end=True))
    request = CanvassOrder(ground, period, untimed, reason, parse_hold_end(until))
    with (
        open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated),
        progress_bar("reads found") as show,
    ):
        result = office.holds.canvass(authoriser, stated, request, lambda count: show("reads found", count, None))
    _warn_of_missing_holds(directory)
    print_object(asdict(result)) if as_json else _print_canvass(result)


def _print_canvass(result: CanvassHolds) -> None:
    for hold in result.placed:
        typer.echo(f"{hold.hold_id}: holds {count_text(hold.reads, 'read')} of {hold.unit_id}")
    before = f"; {result.held_before} were held for this case before" if result.held_before else ""
    typer.echo(f"{count_text(result.reads, 'read')} found{before}")
    if result.unseen.untimed:
        typer.echo(f"{count_text(result.unseen.untimed, 'read')} of the area without a sure time: see --untimed")
    if result.unseen.placeless:
        typer.echo(
            f"{count_text(result.unseen.placeless, 'read')} of this time without a place: hold them by their ids"
        )
    if result.unseen.silent_units:
        typer.echo(f"nothing of this time came from {', '.join(result.unseen.silent_units)}: off, or not yet delivered")


@app.command("release")
def release_command(
    hold: HoldArgument,
    directory: DirectoryOption,
    case: OwnCaseOption,
    reason: Annotated[str, typer.Option("--reason", help=_RELEASE_HELP)],
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Release a hold of the department. Its car learns of that when it asks next."""
    with open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated):
        office.holds.release(authoriser, stated, hold, reason)
    print_object({"hold_id": hold, "released": True}) if as_json else typer.echo(f"{hold}: released")


@app.command("extend")
def extend_command(
    hold: HoldArgument,
    directory: DirectoryOption,
    case: OwnCaseOption,
    until: Annotated[
        str | None, typer.Option("--until", help="Its new end, such as 2027-12-31; left out: when released.")
    ] = None,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Have a hold of the department last longer. A new one takes its place, of the same reads, case and reason."""
    from alpr_edge.domain.holds.hold import parse_hold_end

    end = parse_hold_end(until)
    with open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated):
        longer = office.holds.extend(authoriser, stated, hold, end)
    _warn_of_missing_holds(directory)
    if as_json:
        print_object(asdict(longer))
    else:
        typer.echo(f"{longer.hold_id}: holds {count_text(longer.reads, 'read')} of {longer.unit_id} in its place")


@app.command("list")
def list_command(
    directory: DirectoryOption,
    show_all: Annotated[
        bool, typer.Option("--all", help="Also those that were released: by whom, when and why.")
    ] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the holds of the department and the cars.

    Of --case, or all: why, by whom and until when. Shows no plates.
    """
    with open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated):
        found = office.holds.list(authoriser, stated, with_released=show_all)
    if as_json:
        print_lines(map(asdict, found))
    elif found:
        headers = "case", "unit", "reads", "why", "by", "until"
        print_table(headers, [_row(hold) for hold in found], notes=[_note(hold) for hold in found])
    else:
        typer.echo("nothing is held")


def _warn_of_missing_holds(directory: Path) -> None:
    """Say where cars are given no hold at present."""
    with open_storage(directory) as storage:
        for line in storage.holds.warnings():
            typer.echo(f"warning: {line}", err=True)


def _row(hold: ListedHold) -> tuple[str, ...]:
    by = hold.person if hold.origin == "unit" else f"{hold.person}, department"
    until = time_text(moment_in(hold.until)) if hold.until else "released by hand"
    return hold.case_number or "none", hold.unit_id, str(hold.reads), hold.reason, by, until


def _note(hold: ListedHold) -> str:
    note = f"id {hold.hold_id}, placed {_time_words(hold.made)}"
    if not hold.is_released:
        return f"{note}; {hold.arrival_words}" if hold.arrival_words else note
    reason = f": {hold.release_reason}" if hold.release_reason else ""
    return f"{note}, released {_time_words(hold.released)} by {hold.released_by or 'nobody named'}{reason}"


def _time_words(text: str | None) -> str:
    return "at an unknown time" if text is None else time_text(moment_in(text))
