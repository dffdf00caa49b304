"""``alpr-edge department incident list``, ``show`` and ``register``: what is on file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.incidents.words import NumberArgument, incident_lines, incident_object
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import print_lines, print_object, print_table, time_text

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.domain.audits.incident import Incident


def list_command(
    directory: DirectoryOption,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not closed.")] = False,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """List incidents, the open ones marked. The look is on record."""
    found = [each for each in _all(directory, purpose) if each.is_open or not only_open]
    if as_json:
        print_lines(map(incident_object, found))
    elif found:
        rows = [
            (str(each.number), time_text(each.facts.known), str(each.facts.kind), "open" if each.is_open else "closed")
            for each in found
        ]
        print_table(("no", "known", "kind", "state"), rows, notes=[each.facts.text for each in found])
    else:
        typer.echo("no incident is on file")


def show_command(
    incident: NumberArgument, directory: DirectoryOption, purpose: PurposeOption = "audit", as_json: JsonOption = False
) -> None:
    """Show one incident, step by step. The look is on record."""
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        found = office.incidents.show(authoriser, stated, incident)
    print_object(incident_object(found)) if as_json else typer.echo("\n".join(incident_lines(found)))


def register_command(directory: DirectoryOption, purpose: PurposeOption = "audit", as_json: JsonOption = False) -> None:
    """Print the register, for the file. Every incident with all its steps; the look is on record."""
    found = _all(directory, purpose)
    if as_json:
        print_lines(map(incident_object, found))
    else:
        typer.echo("\n\n".join("\n".join(incident_lines(each)) for each in found) or "no incident is on file")


def _all(directory: Path, purpose: str) -> tuple[Incident, ...]:
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        return office.incidents.list(authoriser, stated)
