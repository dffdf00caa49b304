"""``alpr-edge canvass start`` and ``end`` (policy 462.4(c))."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from alpr_edge.cli.access.opening import open_store_access
from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.canvass.overview import CANVASS_PURPOSE, CanvassArgument, open_canvasses, state_fields, state_text
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.cli.plate_entry import read_line

AreaOption = Annotated[
    str,
    typer.Option(
        "--area", help="latitude,longitude,radius (meters), or corners separated by blanks. Default: everywhere."
    ),
]
EndsOption = Annotated[
    str,
    typer.Option(
        "--ends",
        help="90m, 12h, 3d, or a date and time; a date means the end of that day. Default: [canvass] lasts_h.",
    ),
]
BeforeOption = Annotated[
    str, typer.Option("--before", help="Include reads from this long before: 30m, 4h, 0. Default: [canvass] before_h.")
]
PartialsOption = Annotated[
    bool, typer.Option("--partials", help="Ask for full or partial plates that witnesses remember.")
]


def start_command(
    area: AreaOption = "",
    ends: EndsOption = "",
    before: BeforeOption = "",
    partials: PartialsOption = False,
    purpose: PurposeOption = CANVASS_PURPOSE,
    offence: OffenceOption = "",
    case: CaseOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Hold every read in an area from now on for the incident of --case, until the canvass ends.

    --partials reads plates from standard input, one per line until an empty line (? one character, * any number): they
    must not be on a command line.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.canvass.canvass_input import CanvassRequest, parse_canvass
    from alpr_edge.settings import load

    unit = load(settings)
    request = CanvassRequest(area, ends, before, _typed_partials() if partials else ())
    plan = parse_canvass(request, unit.canvass, open_clock(unit).now())
    with open_store_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose, store):
        state = open_canvasses(unit, store.database).start(authoriser, known_purpose, plan)
    if as_json:
        print_object(state_fields(state))
    else:
        typer.echo(f"{state_text(state)}\nIts id is {state.canvass.canvass_id}.")


def end_command(
    canvass: CanvassArgument,
    purpose: PurposeOption = CANVASS_PURPOSE,
    offence: OffenceOption = "",
    case: CaseOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """End a canvass of the incident of --case. Its reads stay held; "alpr-edge holds release" releases them."""
    from alpr_edge.settings import load

    unit = load(settings)
    with open_store_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose, store):
        state = open_canvasses(unit, store.database).end(authoriser, known_purpose, canvass)
    if as_json:
        print_object(state_fields(state))
    else:
        typer.echo(state_text(state))


def _typed_partials() -> tuple[str, ...]:
    """The lines of standard input up to an empty one; more than a canvass takes are refused later, not read."""
    from alpr_edge.domain.canvass.canvass import PARTIALS_MAX

    if sys.stdin.isatty():
        typer.echo(
            "Full or partial plates, one per line (? one character, * any number); end with an empty line:", err=True
        )
    lines: list[str] = []
    while len(lines) <= PARTIALS_MAX and (line := read_line()):
        lines.append(line)
    return tuple(lines)
