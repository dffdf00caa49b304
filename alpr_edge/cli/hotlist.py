"""``alpr-edge hotlist``: import a feed by hand; the noun's other commands have files of their own."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli import hotlist_own, hotlist_status, hotlist_sync
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, fail
from alpr_edge.cli.hotlist_common import Bar, opened_lists
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import rfc3339
from alpr_edge.hotlist.feeds import FormatName
from alpr_edge.hotlist.importing import ImportReport, Request, import_feed
from alpr_edge.runtime.clock import SystemClock

app = typer.Typer(help="Import and sync hotlists, see their age, look a plate up, add entries.", no_args_is_help=True)
app.command("sync")(hotlist_sync.sync)
app.command("rollback")(hotlist_sync.rollback)
app.command("status")(hotlist_status.status)
app.command("match")(hotlist_status.match)
app.command("add")(hotlist_own.add)
app.command("remove")(hotlist_own.remove)


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
        with opened_lists(settings_file.load(settings), migrate=True) as lists, Bar() as bar:
            report = import_feed(request, lists, SystemClock().now().utc, bar.show)
    except AlprEdgeError as error:
        fail(error)
    typer.echo(json.dumps(_report_json(report)) if as_json else _report_text(report))


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
