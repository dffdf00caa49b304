"""``alpr-edge hotlist status`` and ``match``: how old the lists are, and what the unit would do for one plate."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from alpr_edge import settings as settings_file
from alpr_edge.app.factories import open_clock
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.hotlist.common import age_s, age_text, opened_lists, watched
from alpr_edge.cli.plate_entry import STANDARD_INPUT, PlateArgument, typed_plate
from alpr_edge.domain.access import MAINTENANCE
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.hotlist.ingest.report import refused
from alpr_edge.services.match_plate import FoundEntry, list_level, match_plate, parse_plates
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from alpr_edge.store.hotlists.sync_state import SyncState

_COLOURS = {"fresh": "green", "amber": "yellow", "red": "red"}


def status(
    covert: Annotated[bool, typer.Option("--covert", help="Show covert entries of this unit too.")] = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Show every live list, its age and size and how its sync stands, and the officers' own entries.

    Opens each list to be sure.
    """
    unit = settings_file.load(settings)
    now = open_clock(unit).now().trusted_utc
    require_owner(unit.unit.data_directory)
    with opened_lists(unit, migrate=False) as lists:
        index, own, _ = watched(lists, now)
        feeds = {found.source: found.refused for found in refused(lists.directory)}
        names = {source.name for source in unit.hotlist.source} | {held.generation.source for held in index.lists}
        states = {
            name: _sync_json(sync_state.state_of(lists.database, name)) | {"last_feed_refused": feeds.get(name, "")}
            for name in sorted(names | set(feeds))
        }
    rows = [_list_json(held.generation, now, unit.hotlist) for held in index.lists]
    rows = [row | states.pop(row["source"]) for row in rows]
    missing = [state | {"source": name} for name, state in states.items()]
    entries = [own_json(each) for each in own.entries if covert or not each.entry.covert]
    if as_json:
        faults = [{"source": fault.source, "message": fault.message} for fault in index.faults]
        typer.echo(json.dumps({"lists": rows, "not_held": missing, "entries": entries, "faults": faults}))
    else:
        _print(rows, missing, entries, index)
    _end_on_faults(index)


def match(
    plate: PlateArgument = STANDARD_INPUT,
    state: Annotated[str | None, typer.Option(help="Its state, two letters, if it was read.")] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Look a plate up as a read would be, and say what the unit would. Verify what is found through CLETS.

    The plate is asked for, or read from standard input; other texts that the reader considered follow after commas.
    """
    text = typed_plate(plate, "Plate (others the reader considered after commas)")
    unit = settings_file.load(settings)
    now = open_clock(unit).now()
    actor = require_owner(unit.unit.data_directory)
    wanted = parse_plates(text, state, now)
    with opened_lists(unit, migrate=False) as lists:
        index, own, entries = watched(lists, now.trusted_utc)
        found = match_plate(entries, actor, MAINTENANCE, wanted, unit.hotlist, now)
    rows = [_found_json(each, now) for each in found]
    shown_own = sum(not each.entry.covert for each in own.entries)
    nothing = f"No entry in {len(index.lists)} lists ({len(index):,} entries) and {shown_own} entries of officers."
    typer.echo(json.dumps(rows) if as_json else "\n".join(map(_found_text, rows)) or nothing)
    _end_on_faults(index)


def own_json(own: OwnEntry) -> dict[str, Any]:
    """An officer's own entry."""
    entry = own.entry
    return {
        "id": entry.record_id,
        "plate": entry.plate,
        "state": entry.state,
        "reason": entry.reason.value,
        "case": own.case_number,
        "vehicle": entry.vehicle,
        "remarks": entry.remarks,
        "effective": _moment(entry.effective),
        "expires": _moment(entry.expires),
        "area": str(entry.area) if entry.area else None,
        "hours": str(entry.hours) if entry.hours else None,
        "covert": entry.covert,
        "added": _moment(own.added),
        "added_by": own.added_by,
    }


def _end_on_faults(index: HotlistIndex) -> None:
    """A list that does not open is never passed over in silence."""
    for fault in index.faults:
        typer.echo(f"alpr-edge: list {fault.source} is not watched: {fault.message}", err=True)
    if index.faults:
        raise typer.Exit(1)


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _list_json(generation: Generation, now: datetime | None, limits: HotlistSettings) -> dict[str, Any]:
    return {
        "source": generation.source,
        "serial": generation.serial,
        "issued": _moment(generation.issued),
        "imported": _moment(generation.imported),
        "age_s": age_s(generation, now),
        "level": list_level(generation, now, limits).value,
        "entries": generation.entries,
    }


def _sync_json(state: SyncState) -> dict[str, Any]:
    return {
        "confirmed": _moment(state.asked),
        "taken_in": _moment(state.taken),
        "fetch_failure": state.fetch_failure,
        "take_failure": state.take_failure,
    }


def _print(
    rows: list[dict[str, Any]], missing: list[dict[str, Any]], entries: list[dict[str, Any]], index: HotlistIndex
) -> None:
    if rows:
        _print_lists(rows)
    elif not index.faults and not entries:
        typer.echo("No hotlist was imported yet: this unit watches for nothing.")
    for row in missing:
        typer.echo(f"list {row['source']}: nothing taken in yet")
    for row in (*rows, *missing):
        failures = (("not fetched", row["fetch_failure"]), ("last list refused", _refusal(row)))
        for words, failure in failures:
            if failure:
                typer.echo(f"list {row['source']}: {words}: {failure}")
    for own in entries:
        typer.echo(own_text(own))


def _refusal(row: dict[str, Any]) -> str:
    """Why the source's last list was refused, whether it came by itself or by hand."""
    return str(row["last_feed_refused"] or row["take_failure"])


def own_text(own: dict[str, Any]) -> str:
    """An officer's own entry on one line."""
    parts = [f"entry {own['id']}: {own['plate']} {own['state'] or ''}".rstrip(), own["reason"].replace("_", " ")]
    parts += [f"case {own['case']}", f"until {own['expires']}", f"by {own['added_by']}"]
    parts += [own[name] for name in ("vehicle", "remarks", "area", "hours") if own[name]]
    return ", ".join([*parts, *(["covert"] if own["covert"] else [])])


def _print_lists(rows: list[dict[str, Any]]) -> None:
    table = Table("source", "serial", "issued", "imported or confirmed", "age", "level", "entries", box=None)
    for row in rows:
        table.add_row(
            row["source"],
            str(row["serial"]),
            row["issued"] or "not said",
            row["imported"] or "unknown",
            age_text(row["age_s"]),
            f"[{_COLOURS[row['level']]}]{row['level']}[/]",
            f"{row['entries']:,}",
        )
    Console(width=None if Console().is_terminal else 140).print(table)


def _found_json(found: FoundEntry, now: Instant) -> dict[str, Any]:
    met, entry = found.match, found.match.entry
    return {
        "kind": met.kind.value,
        "state_match": met.state.value,
        "says": found.phrase,
        "tone": found.tone.value,
        "plate": entry.plate_raw,
        "state": entry.state,
        "reason": entry.reason.value,
        "source": entry.source,
        "serial": met.generation.serial,
        "list_age_s": age_s(met.generation, now.trusted_utc),
        "list_level": found.level.value,
        "record_id": entry.record_id,
        "vehicle": entry.vehicle,
        "remarks": entry.remarks,
        "effective": _moment(entry.effective),
        "expires": _moment(entry.expires),
    }


def _found_text(row: dict[str, Any]) -> str:
    state = {"same": "same state", "other": "OTHER STATE", "unknown": "state not known"}[row["state_match"]]
    parts = [
        f"{row['kind']} match, {state}: {row['plate']} {row['state'] or '--'}: {row['reason'].replace('_', ' ')}",
        f"{row['source']} generation {row['serial']}, {age_text(row['list_age_s'])} old ({row['list_level']})",
        *(row[name] for name in ("record_id", "vehicle", "remarks") if row[name]),
    ]
    return "\n    ".join([*parts, f"the unit says, in the tone {row['tone']!r}: {row['says']}"])
