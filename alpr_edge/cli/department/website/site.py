"""``alpr-edge department website write`` and ``check``: the site as files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.website.opening import WebsiteOffice, open_website
from alpr_edge.cli.output import count_text, print_object, print_table
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import AuditError, ReportError
from alpr_edge.runtime.io_errors import io_errors

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


KEY_BYTES_MAX = 1024


def write_command(directory: DirectoryOption, to: ToOption = None, as_json: JsonOption = False) -> None:
    """Write the site: months and the policy in force.

    Run it after each change of settings, titles or roles: the policy page follows from them. Months stay as they were
    published. The folder is served by a web server of the department, or copied to it.
    """
    with open_website(directory) as office:
        folder = office.folder(to)
        changed = office.write(folder)
        faults = office.policy.faults
    if as_json:
        print_object({"folder": str(folder), "changed": changed, "faults": faults})
        return
    for fault in faults:
        typer.echo(f"alpr-edge: {fault}", err=True)
    typer.echo(f"{folder}: {count_text(changed, 'file')} written")


def check_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A copy of the site.")],
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The department's key (log-key.txt), kept from before.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a copy of the site, on any computer.

    Every file is as it was signed, no month was changed or taken away, and each month's root of the access log
    continues that of the month before. Without --key it is checked by the key in the folder, which whoever made the
    folder chose. Ends with 1 when anything is wrong.
    """
    from alpr_edge.department.website.site_check import check_site
    from alpr_edge.domain.log_proofs.notes import NoteKey

    known = None if key is None else NoteKey.parse(_text(key))
    result = check_site(folder, known)
    if as_json:
        print_object({"ok": not result.findings, "is_key_given": known is not None} | asdict(result))
    else:
        months, records = count_text(result.months, "month"), count_text(result.log_records, "record")
        typer.echo("\n".join(result.findings) or f"{count_text(result.files, 'file')}, {months}, as signed")
        typer.echo(f"the access log had {records} at the last of them")
        typer.echo(
            f"key: {result.key}{'' if known else ' (from the folder itself: compare it with a copy of your own)'}"
        )
    if result.findings:
        raise typer.Exit(1)


def _text(path: Path) -> str:
    with io_errors(f"{path}: cannot be read", AuditError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(KEY_BYTES_MAX)
