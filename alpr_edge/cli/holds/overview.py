"""``alpr-edge holds list``: what is held, for which case, by whom and until when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_store_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_lines, print_table, time_text

if TYPE_CHECKING:
    from alpr_edge.domain.holds.hold import Hold
    from alpr_edge.services.holds.unit_holds import UnitHolds
    from alpr_edge.settings import Settings
    from alpr_edge.store.db.database import Database


def open_holds(unit: Settings, database: Database) -> UnitHolds:
    from alpr_edge.app.pipeline.record_ids import new_id
    from alpr_edge.services.holds.unit_holds import UnitHolds

    return UnitHolds(database, unit.unit.id, partial(new_id, unit.unit.id))


def list_command(
    show_all: Annotated[bool, typer.Option("--all", help="Include released holds.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """List holds with case, reason, person, start and end. Shows no plates."""
    from alpr_edge.settings import load

    unit = load(settings)
    with open_store_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose, store):
        found = open_holds(unit, store.database).list(authoriser, known_purpose, with_released=show_all)
    if as_json:
        print_lines(map(hold_fields, found))
    elif found:
        headers = "case", "reads", "why", "by", "since", "until"
        print_table(headers, [_row(hold) for hold in found], notes=[_note(hold) for hold in found])
    else:
        typer.echo("no holds")


def hold_fields(hold: Hold) -> dict[str, object]:
    """A hold as JSON has it."""
    terms, released_by = hold.terms, hold.released_by
    return {
        "hold_id": hold.hold_id,
        "origin": hold.origin,
        "kind": terms.kind,
        "subject_id": terms.subject_id,
        "case_number": terms.case_number,
        "reason": terms.reason,
        "held_by": hold.by.person,
        "since": hold.made.utc,
        "until": terms.until,
        "reads": hold.read_count,
        "released": None if hold.released is None else hold.released.utc,
        "released_by": None if released_by is None else released_by.person,
    }


def _row(hold: Hold) -> tuple[str, ...]:
    terms = hold.terms
    until = "released by hand" if terms.until is None else time_text(terms.until)
    by = hold.by.person if hold.origin == "unit" else f"{hold.by.person}, department"
    return terms.case_number or "none", str(hold.read_count), terms.reason, by, time_text(hold.made.utc), until


def _note(hold: Hold) -> str:
    note = f"id {hold.hold_id}, on a {hold.terms.kind.value}"
    if hold.released is None or hold.released_by is None:
        return note
    return f"{note}, released {time_text(hold.released.utc)} by {hold.released_by.person}"
