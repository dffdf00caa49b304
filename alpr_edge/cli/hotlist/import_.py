"""``alpr-edge hotlist import`` and ``export``: import a feed by hand, and show which lines were not understood."""

import csv
import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.app.factories import open_clock
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.hotlist.common import Bar, opened_lists
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import rfc3339
from alpr_edge.hotlist.formats.base import FormatName
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, import_feed
from alpr_edge.hotlist.ingest.report import FeedReport, read_report
from alpr_edge.hotlist.ingest.request import read_password, request_for
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import Settings

LINES_SHOWN_MAX = 20
"""Rejected lines that an import prints; ``export --rejected`` has more."""


def import_file(
    file: Annotated[Path, typer.Argument(help="The feed: text, gzip or zip.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the list this feed renews.")],
    layout: Annotated[
        FormatName | None, typer.Option("--format", help="Layout of the feed; else that of the source's settings.")
    ] = None,
    reason: Annotated[Reason | None, typer.Option(help="Reason of lines that name none.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password of the zip.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare the feed; nothing goes live.")] = False,
    accept_shrink: Annotated[bool, typer.Option("--accept-shrink", help="Take a feed much smaller.")] = False,
    accept_growth: Annotated[bool, typer.Option("--accept-growth", help="Take a feed much larger.")] = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Import a feed as the source's next generation; a refused one leaves the list held live."""
    unit = settings_file.load(settings)
    request = _request(unit, file, source, layout)
    if reason is not None:
        request = dataclasses.replace(request, reason=reason)
    if password_file is not None:
        request = dataclasses.replace(request, password=read_password(password_file))
    request = dataclasses.replace(request, dry_run=dry_run, accept_shrink=accept_shrink, accept_growth=accept_growth)
    _require_readable(file)
    with opened_lists(unit, migrate=True) as lists, Bar() as bar:
        report = import_feed(request, lists, open_clock(unit).now().trusted_utc, bar.show)
    typer.echo(json.dumps(_report_json(report)) if as_json else _report_text(report))


def export(
    *,
    source: Annotated[str, typer.Option(help="Name of the list.")],
    rejected: Annotated[bool, typer.Option("--rejected", help="The lines of its last feed not understood.")] = False,
    output: Annotated[Path | None, typer.Option(help="File to write; else standard output.")] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Write which lines of a source's last feed were refused: line, column and reason, never their text."""
    if not rejected:
        raise FeedError("say what to export: --rejected")
    unit = settings_file.load(settings)
    require_owner(unit.unit.data_directory)
    report = read_report(unit.unit.data_directory / LISTS_DIRECTORY, source)
    _write(report, output, as_json=as_json)
    if report.refused:
        typer.echo(f"alpr-edge: {source}: the feed was refused: {report.refused}", err=True)


def _require_readable(file: Path) -> None:
    """A mistyped name is no feed refused: it leaves no report and raises no alarm in the car."""
    with io_errors(f"{file}: cannot be read", FeedError):
        file.open("rb").close()


def _request(unit: Settings, file: Path, source: str, layout: FormatName | None) -> ImportRequest:
    """As the source's settings have it, or as the command line says."""
    known = unit.hotlist.source_of(source)
    if known is not None:
        request = request_for(known, file)
        return dataclasses.replace(request, format=layout) if layout else request
    if layout is None:
        raise FeedError(f"the settings know no source {source}; say how the feed is laid out with --format")
    return ImportRequest(file, source, layout)


def _write(report: FeedReport, output: Path | None, *, as_json: bool) -> None:
    with io_errors(f"{output or 'standard output'}: cannot be written", FeedError):
        if output is None:
            _lines(report, sys.stdout, as_json=as_json)
        else:
            with output.open("w", encoding="utf-8", newline="") as file:
                _lines(report, file, as_json=as_json)


def _lines(report: FeedReport, file: Any, *, as_json: bool) -> None:  # noqa: ANN401 - any text file
    if as_json:
        json.dump(dataclasses.asdict(report), file)
        file.write("\n")
        return
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("line", "lines", "column", "reason"))
    writer.writerows((line.line, line.lines, line.column, line.reason) for line in report.lines)


def _report_json(report: ImportReport) -> dict[str, Any]:
    issued = report.issued
    return dataclasses.asdict(report) | {"issued": rfc3339(issued) if issued else None}


def _report_text(report: ImportReport) -> str:
    """The report in lines; rejected lines are named by number and column, never by their text."""
    done = f"generation {report.serial} is live" if report.serial else "dry run, nothing went live"
    issued = f"issued {rfc3339(report.issued)}" if report.issued else "the feed does not say when it was made"
    difference = f"{report.added} added, {report.removed} removed, {report.changed} changed"
    shown = report.rejected_lines[:LINES_SHOWN_MAX]
    lines = [
        f"{report.source}: {done}, {issued}",
        f"{report.read} lines read, {report.kept} entries kept: {difference}",
        f"{report.duplicates} duplicates, {report.skipped_junk} without a real plate, {report.rejected} rejected",
    ]
    if report.withheld:
        lines.append(f"{report.withheld} left out: this source's settings do not let in their reason")
    lines += [f"  line {line.line}, column {line.column}: {line.reason}" for line in shown]
    if report.rejected > sum(line.lines for line in shown):
        lines.append(f"  and more; see: alpr-edge hotlist export --rejected --source {report.source}")
    return "\n".join(lines)
