"""``alpr-edge hotlist add`` and ``remove``: an officer's own entry, whole or partial (policy 462.4(c)).

It is watched for within a second or two, and the reads the vehicle holds already are looked through at once.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from alpr_edge import settings as settings_file
from alpr_edge.app.factories import open_clock
from alpr_edge.app.replay.output import read_line
from alpr_edge.cli.caller import caller
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.hotlist.common import opened_database, state_letters
from alpr_edge.cli.hotlist.status import own_json, own_text
from alpr_edge.cli.plate_entry import STANDARD_INPUT, PlateArgument, typed_plate
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import OWN_SOURCE, HotlistEntry, Reason
from alpr_edge.domain.matching import Match
from alpr_edge.domain.patterns import canonical_partial, is_partial, partial_fault
from alpr_edge.domain.plates import PLATE_LENGTH_MAX
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.restrictions import Area, Hours
from alpr_edge.hotlist.formats.base import REMARKS_MAX, VEHICLE_MAX, clean
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.hotlist.ingest.validation import is_junk
from alpr_edge.settings import Settings
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from alpr_edge.store.reads.lookback import FOUND_MAX, look_back

CASE_MAX = 64
_FROM_NOW = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Parsed = TypeVar("Parsed")


def add(
    plate: PlateArgument = STANDARD_INPUT,
    *,
    reason: Annotated[Reason, typer.Option(help="Why it is wanted.")],
    case: Annotated[str, typer.Option(help="Number of the case or incident.")],
    expires: Annotated[str, typer.Option(help="Its end: 90m, 12h, 3d, or a date and time such as 2026-05-04T18:00.")],
    state: Annotated[str | None, typer.Option(help="Issuing state, two letters.")] = None,
    vehicle: Annotated[str, typer.Option(help="Make, model, colour: for an officer to compare.")] = "",
    remarks: Annotated[str, typer.Option(help="What whoever stops the car must know.")] = "",
    area: Annotated[str | None, typer.Option(help="Only here: latitude,longitude,radius in metres.")] = None,
    hours: Annotated[str | None, typer.Option(help="Only then: such as 'Mo-Fr 22:00-06:00'.")] = None,
    covert: Annotated[bool, typer.Option("--covert", help="Silent in the car; the department is told.")] = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Watch for a plate or a part of one (? one character, * any number), and look through the reads held already."""
    text = typed_plate(plate, "Plate (? one character, * any number)")
    unit = _unit(settings)
    now = open_clock(unit).now().trusted_utc
    entry = HotlistEntry(
        source=OWN_SOURCE,
        plate=_plate(text),
        plate_raw=clean(text.upper(), 2 * PLATE_LENGTH_MAX),
        state=state_letters(state),
        reason=reason,
        vehicle=clean(vehicle, VEHICLE_MAX),
        remarks=clean(remarks, REMARKS_MAX),
        expires=_end(expires, now),
        area=_parsed(Area.parse, area),
        hours=_parsed(Hours.parse, hours),
        covert=covert,
    )
    own, seen = _keep(unit, OwnEntry(entry, _case(case), now, caller()), now)
    told = own_json(own) | {"seen": [_seen_json(*each) for each in seen]}
    typer.echo(json.dumps(told) if as_json else _added_text(told))


def remove(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="Of the entry, as add and status show it.")],
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Stop watching for an officer's own entry; its row is kept for audits."""
    unit = _unit(settings)
    with opened_database(unit, migrate=False) as database:
        own = officer_entries.remove(database, entry_id, caller(), open_clock(unit).now().trusted_utc)
    typer.echo(json.dumps(own_json(own)) if as_json else f"entry {entry_id} is no longer watched for")


def _unit(settings: Path) -> Settings:
    """The unit's settings, for who may see its plates."""
    unit = settings_file.load(settings)
    require_owner(unit.unit.data_directory)
    return unit


def _keep(unit: Settings, wanted: OwnEntry, now: datetime | None) -> tuple[OwnEntry, list[tuple[PlateRead, Match]]]:
    with opened_database(unit, migrate=False) as database:
        own = officer_entries.add(database, wanted, now)
        # Whatever the hours and the end: where it was is what is asked.
        return own, list(look_back(database, own.entry.plate, OwnIndex([own])))


def _plate(text: str) -> str:
    plate = canonical_partial(text)
    if is_partial(plate):
        if fault := partial_fault(plate):
            raise FeedError(f"that cannot be watched for: {fault}")
        return plate
    if is_junk(plate):
        raise FeedError("that is no plate: it holds no letter or digit that tells a car")
    if len(plate) > PLATE_LENGTH_MAX:
        raise FeedError(f"that is no plate: longer than {PLATE_LENGTH_MAX} characters")
    return plate


def _case(text: str) -> str:
    number = clean(text, CASE_MAX)
    if not number:
        raise FeedError("--case is empty; name the case or incident")
    return number


def _end(text: str, now: datetime | None) -> datetime:
    match = _FROM_NOW.fullmatch(text.strip())
    if match is None:
        try:
            return datetime.fromisoformat(text.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            # Overflow: a day at either end of the calendar, of another zone.
            raise FeedError("--expires is such as 90m, 12h, 3d or 2026-05-04T18:00") from None
    if now is None:
        raise FeedError("nothing vouches for this unit's clock yet; give --expires as a date and time")
    return now + timedelta(**{_UNITS[match[2]]: int(match[1])})


def _parsed(parse: Callable[[str], Parsed], text: str | None) -> Parsed | None:
    """An option's value; a fault in it as this program's one line."""
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise FeedError(str(error)) from None


def _seen_json(read: PlateRead, met: Match) -> dict[str, Any]:
    return read_line(read) | {"kind": met.kind.value, "state_match": met.state.value}


def _added_text(told: dict[str, Any]) -> str:
    lines = [own_text(told)]
    for seen in told["seen"]:
        place = seen["position"]
        where = f", {place['lat_deg']:.5f} {place['lon_deg']:.5f}" if place else ""
        lines.append(f"seen {seen['last_seen'] or 'at an unknown time'}: {seen['plate']}, {seen['kind']} match{where}")
    if len(told["seen"]) == FOUND_MAX:
        lines.append("and more")
    return "\n".join(lines if told["seen"] else [*lines, "Nothing held on this vehicle matches it."])
