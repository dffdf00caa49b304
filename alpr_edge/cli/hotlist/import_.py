"""``alpr-edge hotlist import`` and ``export``: import a feed by hand, and show which lines were rejected."""

from __future__ import annotations

import csv
import dataclasses
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.hotlist.common import import_progress, open_lists
from alpr_edge.cli.hotlist.feed_words import unknown_words_lines
from alpr_edge.cli.output import count_text, json_text, print_object, time_text
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.ingest.report import FeedReport, read_report
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import Settings

if TYPE_CHECKING:
    from alpr_edge.domain.people.person import SourcePermission
    from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest

LINES_SHOWN_MAX = 20
"""Rejected lines that an import prints; ``export --rejected`` has more."""


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The feed: text, gzip or zip.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the list that this feed updates.")],
    layout: Annotated[
        FormatName | None, typer.Option("--format", help="Format of the feed; default: as in the source's settings.")
    ] = None,
    reason: Annotated[Reason | None, typer.Option(help="Reason for lines without one.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password of the zip.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare the feed; nothing goes live.")] = False,
    accept_shrink: Annotated[bool, typer.Option("--accept-shrink", help="Accept a much smaller feed.")] = False,
    accept_growth: Annotated[bool, typer.Option("--accept-growth", help="Accept a much larger feed.")] = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Import a feed as the next generation of a list. Where it is refused, the list in use stays in use."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.hotlist.ingest.source_feed import read_password
    from alpr_edge.services.list_changes import import_list

    unit = settings_file.load(settings)
    request = _request(unit, file, source, layout)
    if reason is not None:
        request = dataclasses.replace(request, reason=reason)
    if password_file is not None:
        request = dataclasses.replace(request, password=read_password(password_file))
    request = dataclasses.replace(request, dry_run=dry_run, accept_shrink=accept_shrink, accept_growth=accept_growth)
    _require_file(file)
    with (
        open_upkeep(unit, migrate=True) as authoriser,
        open_lists(unit, migrate=True) as lists,
        import_progress() as progress,
    ):
        report = import_list(lists, authoriser, request, open_clock(unit).now().trusted_utc, progress)
    permission = unit.hotlist.permission_of(source)
    if as_json:
        print_object(_report_json(report) | {"permission": permission})
    else:
        is_named = unit.hotlist.source_of(source) is not None
        typer.echo("\n".join([_report_text(report), *_permission_lines(request, permission, is_named=is_named)]))


def export(
    *,
    source: Annotated[str, typer.Option(help="Name of the list.")],
    show_rejected: Annotated[bool, typer.Option("--rejected", help="The rejected lines of its last feed.")] = False,
    output: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Write which lines of a list's last feed were rejected: line, column and reason, never their text."""
    from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY

    if not show_rejected:
        raise FeedError("choose what to export: --rejected")
    unit = settings_file.load(settings)
    require_owner(unit.unit.data_directory)
    report = read_report(unit.unit.data_directory / LISTS_DIRECTORY, source)
    _write(report, output, as_json=as_json)
    if report.refused:
        typer.echo(f"alpr-edge: {source}: the feed was refused: {report.refused}", err=True)


def _require_file(file: Path) -> None:
    """Refuse what is no file that can be read, before anything is opened or written."""
    with io_errors(f"{file}: cannot be read", FeedError, "name the file of the feed"):
        mode = file.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FeedError(f"{file}: is a folder; name the file of the feed")
        if not stat.S_ISREG(mode):
            raise FeedError(f"{file}: is not a regular file; name the file of the feed")
        file.open("rb").close()


def _request(unit: Settings, file: Path, source: str, layout: FormatName | None) -> ImportRequest:
    """The import as the source's settings have it, or as the command line says."""
    from alpr_edge.hotlist.ingest.importer import ImportRequest
    from alpr_edge.hotlist.ingest.request import request_for

    list_source = unit.hotlist.source_of(source)
    if list_source is not None:
        request = request_for(list_source, file)
        return dataclasses.replace(request, format=layout) if layout else request
    if layout is None:
        raise FeedError(f"the settings have no source {source}; name its format with --format")
    return ImportRequest(file, source, layout)


def _write(report: FeedReport, output: Path | None, *, as_json: bool) -> None:
    if output is None:
        _write_lines(report, sys.stdout, as_json=as_json)
        sys.stdout.flush()
        return
    with (
        io_errors(f"{output}: cannot be written", FeedError),
        output.open("w", encoding="utf-8", newline="") as file,
    ):
        _write_lines(report, file, as_json=as_json)


def _write_lines(report: FeedReport, file: Any, *, as_json: bool) -> None:  # noqa: ANN401 - any text file
    if as_json:
        file.write(f"{json_text(dataclasses.asdict(report))}\n")
        return
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("line", "lines", "column", "reason"))
    writer.writerows((line.line, line.lines, line.column, line.reason) for line in report.lines)


def _permission_lines(request: ImportRequest, permission: SourcePermission, *, is_named: bool) -> list[str]:
    """State who may see the list's hits (policy 462.4(e)), and how to change that for a list without settings."""
    lines = [f"Users need the permission for {permission} data to see its hits."]
    if not is_named and permission is not request.format.permission:
        lines += [
            f"The settings have no list {request.source}, so the strictest permission applies.",
            f"If it is {request.format.permission} data, add to the settings and restart the unit:",
            "  [[hotlist.source]]",
            f'  name = "{request.source}"',
            f'  format = "{request.format}"',
        ]
    return lines


def _report_json(report: ImportReport) -> dict[str, Any]:
    document = dataclasses.asdict(report)
    return {"source": document.pop("source"), "generation": document.pop("serial"), **document}


def _report_text(report: ImportReport) -> str:
    """The report in lines; rejected lines are named by number and column, never by their text."""
    result = f"generation {report.serial} is live" if report.serial else "dry run, nothing went live"
    issued_at = f"issued {time_text(report.issued)}" if report.issued else "no issue date"
    difference = f"{report.added:,} added, {report.removed:,} removed, {report.changed:,} changed"
    samples = report.rejected_lines[:LINES_SHOWN_MAX]
    entries = count_text(report.kept, "entry", "entries")
    duplicates = count_text(report.duplicates, "duplicate")
    lines = [
        f"{report.source}: {result}, {issued_at}",
        f"{count_text(report.read, 'line')} read, {entries} kept: {difference}",
        f"{duplicates}, {report.skipped_junk:,} without a real plate, {report.rejected:,} rejected",
    ]
    if report.withheld:
        lines.append(f"{report.withheld:,} excluded: this source's settings do not allow their reason")
    lines += unknown_words_lines(report)
    lines += [f"  line {line.line}, column {line.column}: {line.reason}" for line in samples]
    if report.rejected > sum(line.lines for line in samples):
        lines.append(f"  and more; see: alpr-edge hotlist export --rejected --source {report.source}")
    return "\n".join(lines)
