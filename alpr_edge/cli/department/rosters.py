"""``alpr-edge department roster``: the signed list of people that units fetch."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.people.common import ReasonOption, author_of, tell_published
from alpr_edge.cli.output import count_text, print_object, time_text

if TYPE_CHECKING:
    from alpr_edge.department.people.roster_holders import RosterHolding
    from alpr_edge.department.people.rosters import RosterState

app = typer.Typer(help="The signed list of people that units fetch.", no_args_is_help=True)


@app.command("publish")
def publish_command(
    directory: DirectoryOption,
    after: Annotated[
        int,
        typer.Option("--after", min=0, max=10**9, help="A serial that units hold, where a backup was restored."),
    ] = 0,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Publish everybody as they are now. Units fetch it with their next delivery; older rosters end there."""
    from alpr_edge.department.people.registry import open_people

    author = author_of(directory, reason)
    with open_people(directory) as people:
        header = people.rosters.publish(author, after)
    if as_json:
        print_object(header)
    else:
        tell_published(header)


@app.command("show")
def show_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show the newest roster, its key, and which unit has it. Changes of people since are counted."""
    from alpr_edge.department.db.database import DepartmentDatabase
    from alpr_edge.department.people.roster_holders import RosterStandings
    from alpr_edge.department.people.rosters import Rosters
    from alpr_edge.department.pki.roster_key import load_roster_signer

    author_of(directory)
    with closing(DepartmentDatabase(directory, create=False)) as database:
        state = Rosters(directory, database).state()
        units = RosterStandings(directory, database).holdings(state)
    key = str(load_roster_signer(directory).public_key)
    if as_json:
        print_object(_content(state, key) | {"units": [_unit_content(each) for each in units]})
    elif state is None:
        typer.echo(f"key {key}\nno roster; publish one with: alpr-edge department roster publish")
    else:
        header = state.header
        people_text = count_text(state.people, "person", "people")
        typer.echo(f"key {key}\nroster {header.serial} of {header.department_id}, {people_text}")
        typer.echo(f"issued {time_text(header.issued)}\nvalid until {time_text(header.valid_until)}")
        if state.newer_changes:
            typer.echo(f"{count_text(state.newer_changes, 'change')} of people since; publish them")
    if not as_json:
        for each in units:
            typer.echo(f"  {_unit_text(each)}")


def _unit_content(unit: RosterHolding) -> dict[str, object]:
    held = unit.held
    return {
        "unit": unit.unit_id,
        "serial": None if held is None else held.serial,
        "since": None if held is None else held.since,
        "has_newest": unit.has_newest,
    }


def _unit_text(unit: RosterHolding) -> str:
    held = unit.held
    if held is None:
        return f"{unit.unit_id} never said what it has"
    words = f"{unit.unit_id} has serial {held.serial or 'none'} since {time_text(held.since)}"
    return words if unit.has_newest else f"{words}; the newest is sent, not yet fetched"


def _content(state: RosterState | None, key: str) -> dict[str, object]:
    if state is None:
        return {"key": key, "serial": None}
    header = state.header
    return {
        "key": key,
        "department_id": header.department_id,
        "serial": header.serial,
        "issued": header.issued,
        "valid_until": header.valid_until,
        "people": state.people,
        "newer_changes": state.newer_changes,
    }
