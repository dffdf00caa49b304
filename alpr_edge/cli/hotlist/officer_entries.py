"""``alpr-edge hotlist add`` and ``remove``: an officer's own entry, whole or partial (policy 462.4(c)).

It is watched for within a second or two, and the reads the vehicle holds already are looked through at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.hotlist.common import open_list_database
from alpr_edge.cli.hotlist.status import own_json, own_text
from alpr_edge.cli.output import print_object, time_text
from alpr_edge.cli.plate_entry import STANDARD_INPUT, PlateArgument, typed_plate
from alpr_edge.domain.hits import Reason

if TYPE_CHECKING:
    from alpr_edge.domain.matching import Match
    from alpr_edge.domain.reads import PlateRead
    from alpr_edge.services.officer_entries import AddedEntry


_REASONS = tuple(reason.value for reason in Reason if reason is not Reason.IMMIGRATION_VIOLATOR)
"""Those that the service takes, which is not imported before the command runs."""


def _parse_reason(text: str) -> Reason:
    if text not in _REASONS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(map(repr, _REASONS))}.")
    return Reason(text)


def _complete_reason(incomplete: str) -> list[str]:
    return [reason for reason in _REASONS if reason.startswith(incomplete)]


ReasonOption = Annotated[
    Reason,
    typer.Option(
        help="Reason the vehicle is wanted.",
        parser=_parse_reason,
        metavar=f"<{'|'.join(_REASONS)}>",
        autocompletion=_complete_reason,
    ),
]


def add(
    plate: PlateArgument = STANDARD_INPUT,
    *,
    reason: ReasonOption,
    case: Annotated[str, typer.Option("--case", help="Case or incident number; also kept in the entry.")],
    expires: Annotated[str, typer.Option(help="End: 90m, 12h, 3d, a date, or a time such as 2026-05-04T18:00.")],
    state: Annotated[str | None, typer.Option(help="Issuing state, two letters.")] = None,
    vehicle: Annotated[str, typer.Option(help="Make, model, color, for officers to compare.")] = "",
    remarks: Annotated[str, typer.Option(help="Officer-safety notes.")] = "",
    area: Annotated[str | None, typer.Option(help="Only in this area: latitude,longitude,radius in meters.")] = None,
    hours: Annotated[str | None, typer.Option(help="Only at these hours, such as 'Mo-Fr 22:00-06:00'.")] = None,
    covert: Annotated[bool, typer.Option("--covert", help="Silent in the car; the department is notified.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Add an entry for all or part of a plate (? one character, * any number), and search stored reads for it."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services import officer_entries as services
    from alpr_edge.services.officer_entries import EntryRequest

    text = typed_plate(plate, "Plate (? one character, * any number)")
    unit = settings_file.load(settings)
    now = open_clock(unit).now().trusted_utc
    request = EntryRequest(text, reason, case, expires, state, vehicle, remarks, area, hours, covert)
    own_entry = services.parse_entry(request, now)
    with (
        open_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose),
        open_list_database(unit, migrate=False) as database,
    ):
        result = services.add_entry(database, authoriser, known_purpose, own_entry, now)
    if as_json:
        seen = [_sighting_json(*each) for each in result.earlier_reads] if result.is_looked_back else None
        print_object(own_json(result.own) | {"is_new": result.is_new, "seen": seen})
    else:
        typer.echo(_result_text(result))


def remove(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, as add and status show it.")],
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Remove an officer's entry; its row is kept for audits."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services import officer_entries as services

    unit = settings_file.load(settings)
    now = open_clock(unit).now().trusted_utc
    with (
        open_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose),
        open_list_database(unit, migrate=False) as database,
    ):
        own = services.remove_entry(database, authoriser, known_purpose, entry_id, now)
    if as_json:
        print_object(own_json(own))
    else:
        typer.echo(f"entry {entry_id} removed")


def _sighting_json(read: PlateRead, match: Match) -> dict[str, Any]:
    from alpr_edge.app.replay.output import read_line

    return read_line(read) | {"kind": match.kind.value, "state_match": match.state_match.value}


def _result_text(result: AddedEntry) -> str:
    from alpr_edge.store.reads.lookback import FOUND_MAX

    own = own_text(result.own)
    if not result.is_new:
        own = f"already on the list, unchanged; to change its end, remove it and add it again\n{own}"
    if not result.is_looked_back:
        return f"{own}\nStored reads were not searched: you have no permission for them."
    sightings = [_sighting_text(*each) for each in result.earlier_reads]
    if not sightings:
        return f"{own}\nNo read stored on this unit matches it."
    more = ["and more"] if len(sightings) == FOUND_MAX else []
    return "\n".join([own, *sightings, *more])


def _sighting_text(read: PlateRead, match: Match) -> str:
    from alpr_edge.app.replay.output import read_line

    position = read.position
    place = f", {position.lat_deg:.5f} {position.lon_deg:.5f}" if position else ""
    seen_at = read_line(read)["last_seen"]
    moment = time_text(datetime.fromisoformat(seen_at)) if seen_at else "at an unknown time"
    return f"seen {moment}: {read.text}, {match.kind.value} match{place}"
