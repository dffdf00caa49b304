"""``alpr-edge unit support-bundle``: what supporters of the software need, without plates, keys or people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_begun_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_object, print_table
from alpr_edge.domain.errors import StoreError

if TYPE_CHECKING:
    from alpr_edge.settings import Settings


def support_bundle_command(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The zip to write; a new file.")],
    skip: Annotated[str, typer.Option("--skip", help='Checks of "unit check" to skip, separated by commas.')] = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Write the unit's state for support: no plates, keys or people.

    Health, checks, settings without logins, versions, the journal of the services, sizes and schemas of databases, disk
    and kernel. Each line and value is compared with the unit's plates and people first. Read it before you hand it out.
    That it was made goes on the access log, where that takes records.
    """
    from alpr_edge.diagnostics.report import report_values
    from alpr_edge.diagnostics.runner import examine
    from alpr_edge.diagnostics.support.bundle import make_bundle, require_new
    from alpr_edge.domain.diagnostics.checks import Grade
    from alpr_edge.settings import load

    unit = load(settings)
    require_new(to)
    names = [name.strip() for name in skip.split(",") if name.strip()]
    with _on_record(unit):
        report = examine(unit, names)
        for check in report.checks:
            if check.grade is Grade.RED:
                typer.echo(f"{check.name}: {check.finding}", err=True)
        bundle = make_bundle(unit, report_values(report))
        if bundle.not_compared:
            typer.echo(f"without journal, health and checks: {bundle.not_compared}", err=True)
        bundle.write(to)
    if as_json:
        files = [
            {"name": each.name, "bytes": len(each.content.encode()), "left_out": each.left_out} for each in bundle.files
        ]
        print_object({"file": to, "files": files, "not_compared": bundle.not_compared or None})
        return
    rows = [(each.name, f"{len(each.content.encode()):,}", str(each.left_out)) for each in bundle.files]
    print_table(("file", "bytes", "left out"), rows)
    typer.echo(f"{to}: {count_text(len(rows), 'text file')}; review before sharing: unzip -p {to}")


@contextmanager
def _on_record(unit: Settings) -> Iterator[None]:
    """Put the bundle on record; one of a unit whose access log is the trouble is made all the same, and says so."""
    from alpr_edge.services.audit.support_bundles import support_bundle_access

    with ExitStack() as stack:
        try:
            authoriser = stack.enter_context(open_begun_upkeep(unit))
            if authoriser is not None:
                stack.enter_context(support_bundle_access(authoriser))
        except StoreError as error:
            typer.echo(f"not put on record: {error}", err=True)
        yield
