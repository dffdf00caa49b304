"""``alpr-edge canvass list`` and ``show``: the canvasses of this unit, and how each is. Shows no plates."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_store_access
from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text, utc_text

if TYPE_CHECKING:
    from alpr_edge.domain.canvass.canvass import Canvass
    from alpr_edge.services.canvass.unit_canvasses import CanvassState, UnitCanvasses
    from alpr_edge.settings import Settings
    from alpr_edge.store.db.database import Database

CANVASS_PURPOSE = "crime_scene_canvass"
CanvassArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the canvass, as `alpr-edge canvass list` shows it.")
]


def open_canvasses(unit: Settings, database: Database) -> UnitCanvasses:
    from alpr_edge.app.pipeline.record_ids import new_id
    from alpr_edge.services.canvass.unit_canvasses import UnitCanvasses

    return UnitCanvasses(database, unit.unit.id, partial(new_id, unit.unit.id))


def list_command(
    purpose: PurposeOption = CANVASS_PURPOSE,
    offence: OffenceOption = "",
    case: CaseOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """List the canvasses of this unit, the newest first. Shows no plates."""
    from alpr_edge.settings import load

    unit = load(settings)
    with open_store_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose, store):
        states = open_canvasses(unit, store.database).show_all(authoriser, known_purpose)
    if as_json:
        print_lines(map(state_fields, states))
    elif states:
        headers = "incident", "reads", "by", "started", "state"
        print_table(headers, [_row(state) for state in states], notes=[state.canvass.canvass_id for state in states])
    else:
        typer.echo("no canvass")


def show_command(
    canvass: CanvassArgument,
    purpose: PurposeOption = CANVASS_PURPOSE,
    offence: OffenceOption = "",
    case: CaseOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the state of one canvass of the incident of --case. Shows no plates of reads."""
    from alpr_edge.settings import load

    unit = load(settings)
    with open_store_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose, store):
        state = open_canvasses(unit, store.database).show(authoriser, known_purpose, canvass)
    if as_json:
        print_object(state_fields(state))
    else:
        typer.echo(state_text(state))


def state_fields(state: CanvassState) -> dict[str, object]:
    """How a canvass is, as JSON has it."""
    canvass = state.canvass
    return {
        "canvass_id": canvass.canvass_id,
        "incident": canvass.incident,
        "offence": canvass.offence,
        "area": None if canvass.area is None else str(canvass.area),
        "before_h": canvass.before / timedelta(hours=1),
        "lasts_h": canvass.lasts / timedelta(hours=1),
        "by": canvass.by.person,
        "started": utc_text(canvass.started.utc),
        "ends": utc_text(canvass.ends),
        "ended": None if canvass.end is None else utc_text(canvass.end.at.utc),
        "ended_by": None if canvass.end is None else canvass.end.by.person,
        "ended_how": None if canvass.end is None else canvass.end.how,
        "partials": len(canvass.partials),
        "reads": state.read_count,
        "earlier_reads_left": state.earlier_left,
    }


def state_text(state: CanvassState) -> str:
    """How a canvass is, in words."""
    canvass = state.canvass
    area = "everywhere" if canvass.area is None else f"in {canvass.area}"
    left = f"; {count_text(state.earlier_left, 'earlier read')} at most still to search" if state.earlier_left else ""
    return (
        f"Canvass {canvass.incident} {area}, started {time_text(canvass.started.utc)} by {canvass.by.person}:"
        f" {_end_text(canvass)}, {count_text(state.read_count, 'read')} held{left}."
    )


def _row(state: CanvassState) -> tuple[str, ...]:
    canvass = state.canvass
    return (
        canvass.incident,
        f"{state.read_count:,}",
        canvass.by.person,
        time_text(canvass.started.utc),
        _end_text(canvass),
    )


def _end_text(canvass: Canvass) -> str:
    if canvass.end is not None:
        return f"ended {time_text(canvass.end.at.utc)} by {canvass.end.by.person}"
    if canvass.ends is not None:
        return f"runs until {time_text(canvass.ends)}"
    return f"runs for {canvass.lasts / timedelta(hours=1):g} h, until the clock is known"
