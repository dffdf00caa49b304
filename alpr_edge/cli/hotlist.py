"""``alpr-edge hotlist``: import a feed, see how old the lists are, ask them for one plate."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from alpr_edge import settings as settings_file
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, fail, require_owner
from alpr_edge.domain.alerting import ListAge, list_age
from alpr_edge.domain.errors import AlprEdgeError, FeedError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.matching import Look, Meeting, meetings
from alpr_edge.domain.plates import canonical
from alpr_edge.hotlist.feeds import FormatName
from alpr_edge.hotlist.importing import ImportReport, Lists, Request, import_feed
from alpr_edge.hotlist.index import HotlistIndex, SealedList
from alpr_edge.hotlist.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import HotlistSettings, Settings
from alpr_edge.store.database import Database
from alpr_edge.store.keys import load_key

app = typer.Typer(help="Import hotlists, see their age, look a plate up.", no_args_is_help=True)

PROGRESS_FROM_ENTRIES = 50_000
"""A smaller import is over before a bar could be read."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="The feed: text, gzip or zip.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the list this feed renews.")],
    layout: Annotated[FormatName, typer.Option("--format", help="Layout of the feed.")],
    reason: Annotated[Reason | None, typer.Option(help="Reason of lines that name none.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the feed; nothing goes live.")] = False,
    accept_shrink: Annotated[bool, typer.Option("--accept-shrink", help="Take a feed much smaller.")] = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Import a feed as the source's next generation; a refused one leaves the list held live."""
    request = Request(file, source, layout, reason, accept_shrink=accept_shrink, dry_run=dry_run)
    try:
        with _lists(settings_file.load(settings), migrate=True) as lists, _Bar() as bar:
            report = import_feed(request, lists, SystemClock().now().utc, bar.show)
    except AlprEdgeError as error:
        fail(error)
    typer.echo(json.dumps(_report_json(report)) if as_json else _report_text(report))


@app.command()
def status(as_json: JsonOption = False, settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Show every live list: when it was issued and imported, its age, its size. Opens each to be sure."""
    try:
        unit = settings_file.load(settings)
        index = _index(unit)
    except AlprEdgeError as error:
        fail(error)
    now = SystemClock().now().utc
    rows = [_list_json(held, now, unit.hotlist) for held in index.lists]
    if as_json:
        typer.echo(json.dumps({"lists": rows, "faults": [dataclasses.asdict(fault) for fault in index.faults]}))
    elif rows:
        _print_lists(rows)
    elif not index.faults:
        typer.echo("No hotlist was imported yet: this unit watches for nothing.")
    _end_on_faults(index)


@app.command()
def match(
    plate: Annotated[str, typer.Argument(help="The plate as read.")],
    state: Annotated[str | None, typer.Option(help="Its state, two letters, if it was read.")] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Look a plate up in the live lists as a read would be. What is found is to be verified through CLETS."""
    try:
        unit = settings_file.load(settings)
        text = canonical(plate)
        if not text:
            raise FeedError("that is no plate: it holds no letter or digit")
        index = _index(unit)
    except AlprEdgeError as error:
        fail(error)
    now = SystemClock().now().utc
    found = meetings(Look(text, state.strip().upper() if state else None, now), index)
    # Policy of covert entries: no screen of the car shows them.
    rows = [_meeting_json(met, now, unit.hotlist) for met in found if not met.entry.covert]
    typer.echo(json.dumps(rows) if as_json else "\n".join(map(_meeting_text, rows)) or _nothing_text(index))
    _end_on_faults(index)


@contextmanager
def _lists(unit: Settings, *, migrate: bool) -> Iterator[Lists]:
    """The unit's lists, their database open."""
    keys, data = unit.store.keys_directory, unit.unit.data_directory
    lists_key = load_key("lists", keys)
    database = Database.open(data, load_key("outbox", keys), migrate=migrate)
    try:
        yield Lists(database, lists_key, data / LISTS_DIRECTORY)
    finally:
        database.close()


def _index(unit: Settings) -> HotlistIndex:
    require_owner(unit.unit.data_directory)
    with _lists(unit, migrate=False) as lists:
        return HotlistLoader(lists.database, lists.lists_key, lists.directory).load()


def _end_on_faults(index: HotlistIndex) -> None:
    """A list that does not open is never passed over in silence."""
    for fault in index.faults:
        typer.echo(f"alpr-edge: list {fault.source} is not watched: {fault.message}", err=True)
    if index.faults:
        raise typer.Exit(1)


class _Bar:
    """A progress bar on a terminal's stderr that shows itself on long imports only."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.fields[entries]:,} entries"), BarColumn(), TaskProgressColumn())
        self._console = Console(stderr=True)
        self._progress = Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True)
        self._task = self._progress.add_task("import", total=1.0, entries=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Stopping a bar that never started would print an empty line.
        if self._progress.live.is_started:
            self._progress.stop()

    def show(self, entries: int, share: float) -> None:
        """Move on."""
        if entries >= PROGRESS_FROM_ENTRIES and self._console.is_terminal:
            self._progress.update(self._task, completed=share, entries=entries)
            self._progress.start()


def _report_json(report: ImportReport) -> dict[str, Any]:
    issued = report.issued
    return dataclasses.asdict(report) | {"issued": rfc3339(issued) if issued else None}


def _report_text(report: ImportReport) -> str:
    """The report in lines; rejected lines are named by number and column, never by their text."""
    done = f"generation {report.serial} is live" if report.serial else "dry run, nothing went live"
    issued = f"issued {rfc3339(report.issued)}" if report.issued else "no date of issue in this format"
    lines = [
        f"{report.source}: {done}, {issued}",
        f"{report.read} lines read, {report.kept} entries kept: {report.added} added, {report.removed} removed",
        f"{report.duplicates} duplicates, {report.skipped_junk} without a real plate, {report.rejected} rejected",
    ]
    if report.withheld:
        lines.append(f"{report.withheld} immigration violators left out (California Values Act)")
    lines += [f"  line {line.line}, column {line.column}: {line.reason}" for line in report.rejected_lines]
    if report.rejected > sum(line.lines for line in report.rejected_lines):
        lines.append("  and more")
    return "\n".join(lines)


def _list_json(held: SealedList, now: datetime | None, limits: HotlistSettings) -> dict[str, Any]:
    generation = held.generation
    age = generation.age(now)
    return {
        "source": generation.source,
        "serial": generation.serial,
        "issued": rfc3339(generation.issued) if generation.issued else None,
        "imported": rfc3339(generation.imported) if generation.imported else None,
        "age_s": None if age is None else round(age.total_seconds()),
        "level": _level(age, limits).value,
        "entries": generation.entries,
    }


def _level(age: timedelta | None, limits: HotlistSettings) -> ListAge:
    seconds = None if age is None else age.total_seconds()
    return list_age(seconds, timedelta(hours=limits.amber_after_h), timedelta(hours=limits.red_after_h))


def _print_lists(rows: list[dict[str, Any]]) -> None:
    table = Table("source", "serial", "issued", "imported", "age", "level", "entries", box=None)
    colours = {"fresh": "green", "amber": "yellow", "red": "red"}
    for row in rows:
        level = row["level"]
        table.add_row(
            row["source"],
            str(row["serial"]),
            row["issued"] or "not said",
            row["imported"] or "unknown",
            _age_text(row["age_s"]),
            f"[{colours[level]}]{level}[/]",
            f"{row['entries']:,}",
        )
    Console(width=None if Console().is_terminal else 140).print(table)


def _age_text(age_s: int | None) -> str:
    return "unknown" if age_s is None else f"{age_s / 3600:.1f} h"


def _meeting_json(met: Meeting, now: datetime | None, limits: HotlistSettings) -> dict[str, Any]:
    entry, age = met.entry, met.generation.age(now)
    return {
        "kind": met.kind.value,
        "state_match": met.state.value,
        "plate": entry.plate_raw,
        "state": entry.state,
        "reason": entry.reason.value,
        "source": entry.source,
        "serial": met.generation.serial,
        "list_age_s": None if age is None else round(age.total_seconds()),
        "list_level": _level(age, limits).value,
        "record_id": entry.record_id,
        "vehicle": entry.vehicle,
        "remarks": entry.remarks,
        "effective": rfc3339(entry.effective) if entry.effective else None,
        "expires": rfc3339(entry.expires) if entry.expires else None,
    }


def _meeting_text(row: dict[str, Any]) -> str:
    state = {"same": "same state", "other": "OTHER STATE", "unknown": "state not known"}[row["state_match"]]
    parts = [
        f"{row['kind']} match, {state}: {row['plate']} {row['state'] or '--'}: {row['reason'].replace('_', ' ')}",
        f"{row['source']} generation {row['serial']}, {_age_text(row['list_age_s'])} old ({row['list_level']})",
        *(row[name] for name in ("record_id", "vehicle", "remarks") if row[name]),
    ]
    return "\n    ".join([*parts, "verify through CLETS"])


def _nothing_text(index: HotlistIndex) -> str:
    return f"No entry in {len(index.lists)} lists ({len(index):,} entries)."
