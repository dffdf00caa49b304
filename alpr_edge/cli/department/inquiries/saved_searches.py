"""``alpr-edge department saved-searches``: searches that somebody saved, run again by their own act alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_authorised, open_inquiry
from alpr_edge.cli.department.inquiries.search import (
    LIMIT,
    AreaOption,
    BeginOption,
    CameraOption,
    EndOption,
    LimitOption,
    StateOption,
    UnitOption,
    look,
    print_found,
    typed_search,
)
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.cli.plate_entry import PlateArgument

if TYPE_CHECKING:
    from alpr_edge.department.search.saved_search import SavedCriteria, SavedSearch
    from alpr_edge.domain.permissions.purposes import Purpose

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id, as the list has it.")]

app = typer.Typer(help="Searches that you saved to run them again; each ends by itself.", no_args_is_help=True)


@app.command("add")
def add_command(
    name: Annotated[str, typer.Option("--name", help="What you call it; tells no plate.")],
    directory: DirectoryOption,
    plate: PlateArgument = "",
    area: AreaOption = "",
    last: Annotated[
        int | None, typer.Option("--last", metavar="DAYS", help="The last days whenever it is run.", show_default=False)
    ] = None,
    begin: BeginOption = "",
    end: EndOption = "",
    unit: UnitOption = "",
    camera: CameraOption = "",
    state: StateOption = "",
    days: Annotated[
        int | None, typer.Option("--days", help="How long it lasts; left out: as the settings say.", show_default=False)
    ] = None,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    as_json: JsonOption = False,
) -> None:
    """Save a search to run it again. It is not run now, and nobody is alerted by it.

    It ends by itself, and with your account or training. Purpose, offence and case are saved with it. The plate is
    asked for, or read from standard input; with --area or --unit only where - is given.
    """
    from alpr_edge.department.search.saved_search import SavedCriteria
    from alpr_edge.domain.errors import SearchError

    if last is not None and (begin or end):
        raise SearchError("a time is --last, or --from and --to")
    search = typed_search(plate, area, (begin, end), unit, camera, state)
    criteria = SavedCriteria.of(search, last)
    with open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated):
        saved = office.saved_searches.save(authoriser, stated, name, criteria, days)
    if as_json:
        print_object(_overview(saved))
    else:
        typer.echo(f"{saved.dates.saved_id}: saved; ends {time_text(saved.dates.ends_at)}")


@app.command("list")
def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """List the searches that you saved. Without what they look for."""
    with open_authorised(directory) as (office, authoriser):
        found = office.saved_searches.list(authoriser)
    if as_json:
        print_lines(map(_overview, found))
    elif found:
        headers = ("name", "purpose", "case", "ends")
        rows = [
            (each.name, each.purpose.code, each.purpose.case or "", time_text(each.dates.ends_at)) for each in found
        ]
        print_table(headers, rows, notes=[f"id {each.dates.saved_id}" for each in found])
    else:
        typer.echo("no search is saved")


@app.command("show")
def show_command(saved_id: IdArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show what one of your saved searches looks for."""
    with open_authorised(directory) as (office, authoriser):
        saved = office.saved_searches.open(authoriser, saved_id.strip())
    if as_json:
        print_object(_overview(saved) | asdict(saved.criteria))
        return
    typer.echo(f"{saved.name}, for {_purpose_words(saved.purpose)}; ends {time_text(saved.dates.ends_at)}")
    for line in _criteria_lines(saved.criteria):
        typer.echo(f"  {line}")


@app.command("run")
def run_command(
    saved_id: IdArgument, directory: DirectoryOption, limit: LimitOption = LIMIT, as_json: JsonOption = False
) -> None:
    """Run one of your saved searches. On record as a search of its own."""
    from datetime import UTC, datetime

    from alpr_edge.department.inquiries.saved_searches import purpose_of_run

    with open_authorised(directory) as (office, authoriser):
        saved = office.saved_searches.open(authoriser, saved_id.strip())
        search = saved.criteria.search_at(datetime.now(UTC))
        found = look(office, authoriser, purpose_of_run(saved), search, limit)
    print_found(found, as_json=as_json)


@app.command("delete")
def delete_command(saved_id: IdArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Delete one of your saved searches."""
    with open_authorised(directory) as (office, authoriser):
        office.saved_searches.delete(authoriser, saved_id.strip())
    print_object({"saved_id": saved_id, "deleted": True}) if as_json else typer.echo(f"{saved_id}: deleted")


@app.command("people")
def people_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """List who has how many saved searches. For the administrator; not what they look for."""
    with open_authorised(directory) as (office, authoriser):
        found = office.saved_searches.counts(authoriser)
    if as_json:
        print_lines(map(asdict, found))
    elif found:
        rows = [(each.name or each.person_id, str(each.count), time_text(each.ends_at)) for each in found]
        print_table(("person", "saved", "last ends"), rows)
    else:
        typer.echo("nobody has a saved search")


def _overview(saved: SavedSearch) -> dict[str, Any]:
    purpose = {"purpose": saved.purpose.code, "offence": saved.purpose.offence, "case": saved.purpose.case}
    return asdict(saved.dates) | {"name": saved.name} | purpose


def _purpose_words(purpose: Purpose) -> str:
    return ", ".join(text for text in (purpose.code, purpose.offence, purpose.case) if text)


def _criteria_lines(criteria: SavedCriteria) -> list[str]:
    """What a saved search looks for, a line each."""
    lines = [f"plates: {', '.join(criteria.plates)}"] if criteria.plates else []
    if criteria.last_days is not None:
        lines.append(f"seen: in the last {count_text(criteria.last_days, 'day')}, whenever it is run")
    elif criteria.begin is not None:
        lines.append(f"seen: {time_text(criteria.begin)} to {time_text(criteria.end)}")
    named = {
        "area": criteria.area,
        "unit": criteria.unit_id,
        "camera": criteria.camera_id,
        "state": criteria.state,
    }
    return lines + [f"{name}: {value}" for name, value in named.items() if value]
