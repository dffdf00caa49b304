"""``alpr-edge department audience``: which units a published list is meant for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.units import DirectoryOption
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.hotlists import ListShelf


def audience_command(
    directory: DirectoryOption,
    source: Annotated[str, typer.Option("--source", help="Name of the list. Left out: show all of them.")] = "",
    units: Annotated[
        list[str] | None, typer.Option("--for", help="A unit that it is meant for; give it again.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--for-all", help="It is meant for all units.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show, or with --for or --for-all change, which units a list is meant for; no other is told of it or can fetch it.

    A unit that has fetched it already keeps what it holds until it is removed there.
    """
    shelf = _shelf(directory)
    if units or everybody:
        _change(shelf, source, units or [], everybody=everybody)
    found = {name: found for name, found in shelf.audiences().items() if source in {"", name}}
    if as_json:
        typer.echo(
            json.dumps({name: None if audience is None else sorted(audience) for name, audience in found.items()})
        )
        return
    for name, audience in found.items():
        typer.echo(f"{name}: {'all units' if audience is None else ', '.join(sorted(audience)) or 'no unit'}")


def _change(shelf: ListShelf, source: str, units: list[str], *, everybody: bool) -> None:
    if units and everybody:
        raise DepartmentError("--for and --for-all exclude each other")
    if not source:
        raise DepartmentError("say which list with --source")
    shelf.set_audience(source, None if everybody else units)


def _shelf(directory: DirectoryOption) -> ListShelf:
    from alpr_edge.department.hotlists import ListShelf
    from alpr_edge.department.ingest.storage import LISTS_NAME

    if not directory.is_dir():
        raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
    return ListShelf(directory / LISTS_NAME)
