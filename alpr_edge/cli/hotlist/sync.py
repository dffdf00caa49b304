"""``alpr-edge hotlist sync`` and ``rollback``: bring the lists up to date by hand, or back to the ones before."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.app.factories import open_clock, open_hotlist_downloader
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.hotlist.common import Bar, opened_lists
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.hotlist.ingest.import_worker import ImportWorker, open_import_worker
from alpr_edge.hotlist.ingest.report import refused
from alpr_edge.hotlist.ingest.request import format_of
from alpr_edge.hotlist.ingest.rollback import roll_back
from alpr_edge.services.hotlist_sync import Progress, SyncResult, sync_source
from alpr_edge.settings import ListSource, Settings
from alpr_edge.store.unit_store import open_store
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader


def sync(
    sources: Annotated[list[str] | None, typer.Argument(help="Names of sources in the settings; default: all.")] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Fetch what is newer and take in what waits, now; a running unit takes it up by itself."""
    unit = settings_file.load(settings)
    chosen = _chosen(unit, sources or [])
    with (
        open_store(unit, migrate=True) as store,
        open_import_worker(unit.unit.data_directory, unit.store.keys_directory) as worker,
        Bar() as bar,
    ):
        fetcher, now = open_hotlist_downloader(unit, store), open_clock(unit).now().trusted_utc
        done = [_synced(fetcher, worker, source, now, bar.show) for source in chosen]
        feeds = {found.source: found.refused for found in refused(worker.lists.directory)}
        notes = [_note(source, feeds.get(source.name, "")) for source in chosen]
    for each, note in zip(done, notes, strict=True):
        if as_json:
            typer.echo(json.dumps(_json(each) | {"note": note}))
        else:
            typer.echo(_text(each, note), err=bool(each.failure))
    if any(each.failure for each in done):
        raise typer.Exit(1)


def rollback(
    source: Annotated[str, typer.Argument(help="Name of the list.")],
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Go back to the generation before the live one; a running unit takes it up within a second or two."""
    with opened_lists(settings_file.load(settings), migrate=False) as lists:
        now_live = roll_back(lists, source).generation
    issued = rfc3339(now_live.issued) if now_live.issued else None
    told = {"source": source, "serial": now_live.serial, "issued": issued, "entries": now_live.entries}
    words = f"{source}: generation {now_live.serial} is live again, {now_live.entries:,} entries"
    typer.echo(json.dumps(told) if as_json else f"{words}, issued {issued}" if issued else words)


def _chosen(unit: Settings, names: list[str]) -> list[ListSource]:
    known = {source.name: source for source in unit.hotlist.source}
    if not known:
        raise FeedError("no [[hotlist.source]] in the settings; add one, or import a file by hand")
    for name in names:
        if name not in known:
            raise FeedError(f"no source is called {name}; the settings have {', '.join(sorted(known))}")
    return [known[name] for name in names] or list(known.values())


def _synced(
    downloader: HotlistDownloader, worker: ImportWorker, source: ListSource, now: datetime | None, progress: Progress
) -> SyncResult:
    """One source brought up to date; a layout that nobody knows is said before a list of it comes."""
    try:
        format_of(source)
    except FeedError as error:
        return SyncResult(source.name, (), str(error))
    return sync_source(downloader, worker, source, now, progress)


def _note(source: ListSource, refusal: str) -> str:
    """Why the absence of news may mean a fault: a drop folder that is not there, or a refusal that stands."""
    try:
        if source.folder is not None:
            next(source.folder.iterdir(), None)
    except OSError as error:
        return f"{source.folder}: {error.strerror}; mount its medium or correct the settings"
    return f"its last list was refused: {refusal}" if refusal else ""


def _json(done: SyncResult) -> dict[str, Any]:
    taken = [{"serial": report.serial, "entries": report.kept} for report in done.reports]
    return {"source": done.source, "taken_in": taken, "failure": done.failure}


def _text(done: SyncResult, note: str) -> str:
    lines = [f"{done.source}: generation {report.serial} is live, {report.kept:,} entries" for report in done.reports]
    if done.failure:
        lines.append(f"alpr-edge: {done.failure}")
    return "\n".join(lines or [": ".join(part for part in (done.source, "nothing newer", note) if part)])
