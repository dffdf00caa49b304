"""``alpr-edge department roster``: the signed list of people that units fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.people.common import ReasonOption, author_of, tell_published
from alpr_edge.cli.output import count_text, print_object, time_text

if TYPE_CHECKING:
    from alpr_edge.department.people.rosters import RosterState

app = typer.Typer(help="The signed list of people that units fetch.", no_args_is_help=True)


@app.command("publish")
def publish_command(directory: DirectoryOption, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Publish everybody as they are now. Units fetch it with their next delivery; older rosters end there."""
    from alpr_edge.department.people.registry import open_people

    author = author_of(directory, reason)
    with open_people(directory) as people:
        header = people.rosters.publish(author)
    if as_json:
        print_object(header)
    else:
        tell_published(header)


@app.command("show")
def show_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show the newest roster, the key that signs it, and whether it is behind what is known here."""
    from alpr_edge.department.people.registry import open_people
    from alpr_edge.department.pki.roster_key import load_roster_signer

    author_of(directory)
    with open_people(directory) as people:
        state = people.rosters.state()
    key = str(load_roster_signer(directory).public_key)
    if as_json:
        print_object(_content(state, key))
    elif state is None:
        typer.echo(f"key {key}\nno roster; publish one with: alpr-edge department roster publish")
    else:
        header = state.header
        people_text = count_text(state.people, "person", "people")
        typer.echo(f"key {key}\nroster {header.serial} of {header.department_id}, {people_text}")
        typer.echo(f"issued {time_text(header.issued)}\nvalid until {time_text(header.valid_until)}")
        if state.newer_changes:
            typer.echo(f"{count_text(state.newer_changes, 'change')} of people since; publish them")


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
