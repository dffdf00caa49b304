"""``alpr-edge holds place`` and ``release``: reads that must not be deleted (policy 462.5)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_store_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text

if TYPE_CHECKING:
    from alpr_edge.domain.holds.hold import Hold, HoldKind
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


def place_command(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of the reads, as `alpr-edge reads` shows them.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Reason: evidence, a subpoena, a court order.")],
    until: Annotated[
        str | None, typer.Option("--until", help="When the hold ends, such as 2026-12-31; default: when released.")
    ] = None,
    of_hits: Annotated[bool, typer.Option("--hits", help="The ids are of hits; hold their reads.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Keep reads from being deleted, for the case of --case. For evidence, discovery, an order to produce records.

    Repeated for the same case and reads, it can only extend the hold. The department is notified. If some ids are not
    here, the others are held; each missing id gives an error line and exit code 1.
    """
    from alpr_edge.domain.holds.hold import HoldKind, parse_hold_end
    from alpr_edge.services.holds.unit_holds import HoldRequest
    from alpr_edge.settings import load

    unit, end = load(settings), parse_hold_end(until)
    kind = HoldKind.HIT if of_hits else HoldKind.READ
    with open_store_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose, store):
        request = HoldRequest(kind, tuple(ids), known_purpose.case or "", reason, end)
        unit_holds = open_holds(unit, store.database)
        hold = unit_holds.place(authoriser, known_purpose, request)
        missing = unit_holds.uncovered_ids(hold, ids)
    if as_json:
        print_object(hold_fields(hold))
    else:
        end_text = "" if hold.terms.until is None else f" until {time_text(hold.terms.until)}"
        reads_text = count_text(hold.read_count, "read")
        typer.echo(f"{hold.hold_id}: holds {reads_text}{end_text}, case {hold.terms.case_number}")
    _tell_missing(missing, kind)


def _tell_missing(ids: Sequence[str], kind: HoldKind) -> None:
    """Tell each id that the hold does not cover, and end with 1 where there is one."""
    for each in ids:
        typer.echo(f"alpr-edge: {each}: not held: no such {kind.value} here; it may have been deleted", err=True)
    if ids:
        raise typer.Exit(1)


def release_command(
    hold: Annotated[str, typer.Argument(metavar="ID", help="Id of the hold, as `alpr-edge holds list` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Reason: the case is closed, a court order. It is recorded.")],
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Let the reads of a hold be deleted like the others again, as far as no other hold covers them."""
    from alpr_edge.settings import load

    unit = load(settings)
    with open_store_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose, store):
        released = open_holds(unit, store.database).release(authoriser, known_purpose, hold, reason)
    if as_json:
        print_object({"hold_id": hold, "released": True, "reads": released.read_count})
    else:
        typer.echo(f"{hold}: released")
