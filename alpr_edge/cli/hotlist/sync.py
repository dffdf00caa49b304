"""``alpr-edge hotlist sync``: download and import what is newer, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.hotlist.common import import_progress
from alpr_edge.cli.hotlist.feed_words import unknown_words_lines
from alpr_edge.cli.output import count_text, print_lines
from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.ingest.report import refusals
from alpr_edge.settings import ListSource, Settings

if TYPE_CHECKING:
    from alpr_edge.services.hotlist_sync import SyncResult


def sync(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Names of sources in the settings; default: all.")
    ] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Download and import newer lists now. A running unit refreshes by itself."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.app.connections.department import open_hotlist_downloader
    from alpr_edge.hotlist.ingest.import_worker import open_import_worker
    from alpr_edge.services.hotlist_sync import ListSync
    from alpr_edge.store.unit_store import open_store

    unit = settings_file.load(settings)
    list_sources = _sources_of(unit, sources or [])
    with (
        open_upkeep(unit, migrate=True) as authoriser,
        open_store(unit, migrate=True) as store,
        open_import_worker(unit.unit.data_directory, unit.store.keys_directory) as worker,
        import_progress() as progress,
    ):
        downloader, now = open_hotlist_downloader(unit, store), open_clock(unit).now().trusted_utc
        list_sync = ListSync(downloader, worker, progress)
        results = [list_sync.sync_source(authoriser, source, now) for source in list_sources]
        reasons = {report.source: report.refused for report in refusals(worker.lists.directory)}
    notes = [_note(source, reasons.get(source.name, "")) for source in list_sources]
    if as_json:
        print_lines(_result_json(result, note) for result, note in zip(results, notes, strict=True))
    else:
        for source, result, note in zip(list_sources, results, notes, strict=True):
            typer.echo(_result_text(result, note, is_fetched=source.is_fetched), err=bool(result.failure))
    if any(result.failure for result in results):
        raise typer.Exit(1)


def _sources_of(unit: Settings, names: list[str]) -> list[ListSource]:
    sources = {source.name: source for source in unit.hotlist.source}
    if not sources:
        raise FeedError("no [[hotlist.source]] in the settings; add one, or import a file by hand")
    for name in names:
        if name not in sources:
            raise FeedError(f"there is no source {name}; the settings have {', '.join(sorted(sources))}")
    return [sources[name] for name in names] or list(sources.values())


def _note(source: ListSource, refusal: str) -> str:
    """What "up to date" may hide: no address, a drop folder that is not there, or a refusal that stands."""
    if not source.is_fetched:
        return f"it has no address; import a newer one: alpr-edge hotlist import FILE --source {source.name}"
    try:
        if source.folder is not None:
            next(source.folder.iterdir(), None)
    except OSError as error:
        return f"{source.folder}: {error.strerror}; mount its medium or correct the settings"
    return f"its last feed was refused: {refusal}" if refusal else ""


def _result_json(result: SyncResult, note: str) -> dict[str, Any]:
    imported_lists = [{"generation": report.serial, "entries": report.kept} for report in result.reports]
    return {"source": result.source, "imported": imported_lists, "failure": result.failure, "note": note}


def _result_text(result: SyncResult, note: str, *, is_fetched: bool) -> str:
    lines = []
    for report in result.reports:
        entries = count_text(report.kept, "entry", "entries")
        lines.append(f"{result.source}: generation {report.serial} is live, {entries}")
        lines += [f"  {line}" for line in unknown_words_lines(report)]
    if result.failure:
        lines.append(f"alpr-edge: {result.failure}")
    state = "up to date" if is_fetched else ""
    return "\n".join(lines or [": ".join(part for part in (result.source, state, note) if part)])
