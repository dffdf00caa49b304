"""``alpr-edge department website publish`` and ``correct``: a month in counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.website.opening import WebsiteOffice, open_website
from alpr_edge.cli.output import count_text, print_object, print_table
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import ReportError

if TYPE_CHECKING:
    from alpr_edge.domain.publication.published_month import PublishedMonth

MonthOption = Annotated[str, typer.Option("--month", metavar="MONTH", help="Such as 2026-10, in local time.")]
ToOption = Annotated[
    Path | None, typer.Option("--to", metavar="FOLDER", help="Where the site is written. Left out: [website] folder.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Count and show, and publish nothing.")]


def publish_command(
    directory: DirectoryOption,
    month: MonthOption,
    to: ToOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a month in counts, and write the site.

    A month is published once, after its end and before anything of it is deleted; from then on it stays as it is. Small
    counts are hidden so that no other number gives them away. Shows no plate and nobody.
    """
    with open_website(directory) as office:
        _publish(office, month, "", None if dry_run else office.folder(to), as_json=as_json)


def correct_command(
    directory: DirectoryOption,
    month: MonthOption,
    reason: Annotated[str, typer.Option("--reason", help="What was wrong; it stands on the page.")],
    to: ToOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Count a published month again, and say why.

    What was published before stays on the site beside it, marked as corrected.
    """
    if not reason.strip():
        raise ReportError("a correction says why: --reason")
    with open_website(directory) as office:
        _publish(office, month, reason.strip(), None if dry_run else office.folder(to), as_json=as_json)


def _publish(office: WebsiteOffice, text: str, reason: str, folder: Path | None, *, as_json: bool) -> None:
    """Publish, and write the site unless nothing is kept; first what may stop it: the policy and the folder."""
    office.policy.statement()
    if folder is not None:
        office.prepare(folder)
    words = "records of access logs looked at"
    with progress_bar(words) as show:
        month = office.publisher.publish(
            text, reason, office.now, lambda count: show(words, count, None), is_dry_run=folder is None
        )
    changed = 0 if folder is None else office.write(folder)
    if as_json:
        said = {"published": folder is not None, "folder": None if folder is None else str(folder), "changed": changed}
        print_object(said | {"month": month.model_dump(mode="json")})
        return
    _show(month)
    if folder is None:
        typer.echo("\nnothing is published: --dry-run")
    else:
        typer.echo(f"\npublished; {count_text(changed, 'file')} written to {folder}")


def _show(month: PublishedMonth) -> None:
    rows = [(figure.title, "", _count(figure.count)) for figure in month.figures]
    for table in month.tables:
        rows += [(table.title, ", ".join(row.labels), _count(row.count)) for row in table.rows]
        if table.total != 0:
            rows.append((table.title, "all others together", _count(table.others)))
        rows.append((table.title, "total", _count(table.total)))
    print_table(("what", "which", "count"), rows)
    typer.echo(f"\nmisread: {month.misread_text}")


def _count(count: int | None) -> str:
    return "hidden" if count is None else f"{count:,}"
