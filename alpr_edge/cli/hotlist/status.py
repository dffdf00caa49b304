"""``alpr-edge hotlist status``: how old the lists are, how their syncs stand, and the officers' own entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.hotlist.common import age_json, details_json, open_lists
from alpr_edge.cli.hotlist.feed_words import unknown_words_json, unknown_words_lines
from alpr_edge.cli.output import count_text, print_object, print_table, time_text
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK
from alpr_edge.domain.list_ages import age_words

if TYPE_CHECKING:
    from alpr_edge.hotlist.index.index import ListFault
    from alpr_edge.hotlist.ingest.report import FeedReport
    from alpr_edge.services.list_status import HotlistStatus, ListState
    from alpr_edge.store.hotlists.officer_entries import OwnEntry

_COLOURS = {"fresh": "green", "amber": "yellow", "red": "red"}
_HEADERS = ("list", "generation", "issued", "imported or confirmed", "age", "level", "entries")


def status(
    entries: Annotated[bool, typer.Option("--entries", help="Show officers' entries; asks for the purpose.")] = False,
    covert: Annotated[bool, typer.Option("--covert", help="With --entries: include covert entries.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Show each list with age, size and the state of its sync. Opens each list to be sure.

    Officers' entries are counted; --entries shows them to a signed-in person who states a purpose.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.list_status import hotlist_status
    from alpr_edge.services.officer_entries import show_entries

    unit = settings_file.load(settings)
    now = open_clock(unit).now().trusted_utc
    require_owner(unit.unit.data_directory)
    own: list[OwnEntry] = []
    with open_lists(unit, migrate=False) as lists:
        if entries or covert:
            with open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose):
                own = show_entries(lists.database, authoriser, known_purpose, now, covert=covert)
        state = hotlist_status(lists, unit.hotlist, now)
    if as_json:
        print_object(_status_json(state, own, now))
    else:
        _print_status(state, own, now)
    end_on_faults(state.faults)


def end_on_faults(faults: Sequence[ListFault]) -> None:
    """End with exit code 1 where a list does not open: it is never passed over in silence."""
    for fault in faults:
        typer.echo(f"alpr-edge: list {fault.source} is not in use: {fault.message}", err=True)
    if faults:
        raise typer.Exit(1)


def own_json(own: OwnEntry) -> dict[str, Any]:
    """An officer's own entry."""
    entry = own.entry
    return {
        "id": entry.record_id,
        "plate": entry.text,
        "state": entry.state,
        "reason": entry.reason.value,
        "case": own.case_number,
        **details_json(entry),
        "added": own.added_at,
        "added_by": own.added_by,
    }


def own_text(own: OwnEntry) -> str:
    """An officer's own entry on one line."""
    entry = own.entry
    parts = [f"entry {entry.record_id}: {entry.text} {entry.state or ''}".rstrip(), entry.reason.replace("_", " ")]
    parts += [f"case {own.case_number}", f"until {time_text(entry.expires)}", f"by {own.added_by}"]
    parts += [text for text in (entry.vehicle, entry.remarks) if text]
    parts += [str(limit) for limit in (entry.area, entry.hours) if limit]
    return ", ".join([*parts, *(["covert"] if entry.covert else [])])


def _status_json(state: HotlistStatus, own: list[OwnEntry], now: datetime | None) -> dict[str, Any]:
    return {
        "lists": [
            _generation_json(each.generation, each, now) | _sync_json(each) for each in state.lists if each.generation
        ],
        "not_held": [_sync_json(each) | {"source": each.source} for each in state.lists if not each.generation],
        "entries": [own_json(each) for each in own],
        "entry_count": state.entry_count,
        "faults": [{"source": fault.source, "message": fault.message} for fault in state.faults],
    }


def _generation_json(generation: Generation, state: ListState, now: datetime | None) -> dict[str, Any]:

    age_s, ahead_s = age_json(generation, now)
    return {
        "source": generation.source,
        "generation": generation.serial,
        "issued": generation.issued_at,
        "imported": generation.imported_at,
        "age_s": age_s,
        "ahead_s": ahead_s,
        "level": state.level,
        "entries": generation.entries,
    }


def _sync_json(state: ListState) -> dict[str, Any]:
    return {
        "in_settings": state.is_in_settings,
        "confirmed": state.sync.asked,
        "last_import": state.sync.taken,
        "download_failure": state.sync.fetch_failure,
        "import_failure": state.sync.take_failure,
        "changes_refused": state.sync.refused_place is not None,
        "last_feed_refused": state.refusal,
        "last_import_by_hand_refused": state.refusal_by_hand,
        "refusal_dismissed": state.refusal_dismissed,
        "last_feed": None if state.last_feed is None else _feed_json(state.last_feed),
    }


def _feed_json(report: FeedReport) -> dict[str, Any]:
    names = ("at", "read", "kept", "rejected", "skipped_junk", "withheld")
    return {name: getattr(report, name) for name in names} | unknown_words_json(report)


def _print_status(state: HotlistStatus, own: list[OwnEntry], now: datetime | None) -> None:
    live = [(each, each.generation) for each in state.lists if each.generation]
    if live:
        rows = [_row(generation, each, now) for each, generation in live]
        print_table(_HEADERS, rows, [_COLOURS[str(each.level)] for each, _ in live])
    elif not state.faults and not state.entry_count:
        typer.echo("No hotlist was imported yet: this unit matches no plate.")
    for line in _lines(state, own):
        typer.echo(line)
    if live and now is None:
        typer.echo(f"no age is known: {UNCONFIRMED_CLOCK}")


def _row(generation: Generation, state: ListState, now: datetime | None) -> tuple[str, ...]:
    return (
        generation.source,
        str(generation.serial),
        time_text(generation.issued_at) if generation.issued_at else "not dated",
        time_text(generation.imported_at),
        age_words(generation.age(now)),
        str(state.level),
        f"{generation.entries:,}",
    )


def _lines(state: HotlistStatus, own: list[OwnEntry]) -> Iterable[str]:
    broken = {fault.source for fault in state.faults}
    for each in state.lists:
        if each.generation is None and each.source not in broken:
            yield f"list {each.source}: nothing imported yet"
        yield from (f"list {each.source}: {line}" for line in _sync_lines(each))
    yield from map(own_text, own)
    if state.entry_count and not own:
        count = count_text(state.entry_count, "officer entry", "officer entries")
        yield f"{count}: alpr-edge hotlist status --entries shows them after sign-in"


def _sync_lines(state: ListState) -> Iterable[str]:
    """The faults of a source, a line each."""
    if state.sync.fetch_failure:
        yield f"not downloaded: {state.sync.fetch_failure}"
    refusal = state.refusal or (state.sync.take_failure if not state.refusal_dismissed else "")
    if refusal:
        yield f"last feed refused: {refusal}"
    if state.sync.refused_place is not None:
        yield "a complete list was refused: every change of it is refused too, until a complete list is imported"
    if state.refusal_dismissed:
        yield f"last feed refused, and the refusal dismissed: {state.refusal_dismissed}"
    if state.refusal_by_hand:
        yield f"last import by hand refused: {state.refusal_by_hand}"
    if state.last_feed is not None and not state.last_feed.refused:
        yield from (f"last feed: {line}" for line in _feed_lines(state.last_feed))


def _feed_lines(report: FeedReport) -> Iterable[str]:
    """What the last feed had that is in no entry, or that was not understood."""
    counts = (
        (report.rejected, "rejected"),
        (report.skipped_junk, "without a real plate"),
        (report.withheld, "excluded by reason"),
    )
    left_out = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    if left_out:
        yield f"{count_text(report.read, 'line')} read: {left_out}"
    yield from unknown_words_lines(report)
