"""``alpr-edge hotlist match``: which entries a plate matches, and the tone that would follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.hotlist.common import age_json, entry_json, load_indexes, open_lists
from alpr_edge.cli.hotlist.status import end_on_faults
from alpr_edge.cli.output import count_text, print_lines, time_text
from alpr_edge.cli.plate_entry import STANDARD_INPUT, PlateArgument, typed_plate
from alpr_edge.domain.hits import OWN_SOURCE, HotlistEntry
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.list_ages import age_words

if TYPE_CHECKING:
    from alpr_edge.hotlist.index.index import HotlistIndex
    from alpr_edge.hotlist.index.officer_entries import OwnIndex
    from alpr_edge.services.match_plate import FoundEntry, NotInForce, PlateMatches

_STATES = {"same": "same state", "other": "OTHER STATE", "unknown": "state not read (check plate)"}


def match(
    plate: PlateArgument = STANDARD_INPUT,
    state: Annotated[str | None, typer.Option(help="State, two letters, if it was read.")] = None,
    covert: Annotated[bool, typer.Option("--covert", help="Include covert entries; this is recorded.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Look up a plate as a read would be; show the tone that would follow and its meaning. Verify through CLETS.

    You are asked for the plate, or it is read from standard input; list alternative readings after commas.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.match_plate import match_plate, parse_plates

    text = typed_plate(plate, "Plate (alternatives after commas)")
    unit = settings_file.load(settings)
    now = open_clock(unit).now()
    query = parse_plates(text, state, now, covert=covert)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_lists(unit, migrate=False) as lists,
    ):
        index, own, entries = load_indexes(lists, unit.hotlist.covert_sources, now.trusted_utc)
        matches = match_plate(entries, authoriser, known_purpose, query, unit.hotlist)
    if as_json:
        print_lines(_matches_json(matches, now))
    else:
        lines = [_found_text(entry, now) for entry in matches.entries]
        typer.echo("\n".join(lines) or _nothing_text(index, own, covert=covert))
        if matches.left_out:
            typer.echo(f"Not searched, as you have no permission: {', '.join(matches.left_out)} lists.")
    end_on_faults(index.faults)


def _matches_json(matches: PlateMatches, now: Instant) -> Iterator[dict[str, Any]]:
    """The entries, then whose lists are left out, as the person has no permission for them."""
    yield from (_found_json(entry, now) for entry in matches.entries)
    if matches.left_out:
        yield {"left_out": list(matches.left_out)}


def _nothing_text(index: HotlistIndex, own: OwnIndex, *, covert: bool) -> str:
    officers = sum(covert or not each.entry.covert for each in own.entries)
    lists, entries = count_text(len(index.lists), "list"), count_text(len(index), "entry", "entries")
    return f"No entry in {lists} ({entries}) and {count_text(officers, 'officer entry', 'officer entries')}."


def _found_json(answer: FoundEntry, now: Instant) -> dict[str, Any]:

    match, entry = answer.match, answer.match.entry
    age_s, ahead_s = age_json(match.generation, now.trusted_utc)
    return {
        "in_force": answer.not_in_force is None,
        "not_in_force": answer.not_in_force,
        "kind": match.kind.value,
        "state_match": match.state_match.value,
        "says": answer.phrase,
        "tone": answer.tone.value,
        "generation": match.generation.serial,
        "list_age_s": age_s,
        "list_ahead_s": ahead_s,
        "list_level": answer.list_age.value,
        **entry_json(entry),
    }


def _found_text(answer: FoundEntry, now: Instant) -> str:
    match, entry = answer.match, answer.match.entry
    plate = f"{entry.plate_raw} {entry.state or '--'}: {entry.reason.replace('_', ' ')}"
    lines = [f"{match.kind.value} match, {_STATES[match.state_match.value]}: {plate}"]
    if entry.source == OWN_SOURCE:
        lines.append("an officer's own entry")
    else:
        age = age_words(match.generation.age(now.trusted_utc))
        lines.append(f"{entry.source} generation {match.generation.serial}, {age} ({answer.list_age.value})")
    lines += [text for text in (entry.record_id, entry.vehicle, entry.remarks) if text]
    if entry.covert:
        lines.append("covert: the car stays silent, the department is notified")
    lines += [_area_text(entry)] if entry.area else []
    if answer.not_in_force is not None:
        lines.append(f"not in force now: {_not_in_force_text(answer.not_in_force, entry)}; nothing sounds")
    else:
        sounds = "" if entry.covert else f"sounds in the tone {answer.tone.value!r}, "
        lines.append(f"{sounds}meaning: {answer.phrase}")
    return "\n    ".join(lines)


def _area_text(entry: HotlistEntry) -> str:
    area = entry.area
    assert area is not None
    return f"in force only within {area.radius_m:g} m of {area.lat_deg:.5f} {area.lon_deg:.5f}"


def _not_in_force_text(not_in_force: NotInForce, entry: HotlistEntry) -> str:
    from alpr_edge.services.match_plate import NotInForce

    if not_in_force is NotInForce.EARLY:
        return f"it takes effect {time_text(entry.effective)}"
    return (
        f"it ended {time_text(entry.expires)}" if not_in_force is NotInForce.ENDED else f"its hours are {entry.hours}"
    )
