"""``alpr-edge unit support-bundle``: what supporters of the software need, without plates, keys or people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_object, print_table


def support_bundle_command(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The zip to write; a new file.")],
    skip: Annotated[str, typer.Option("--skip", help='Checks of "unit check" to leave out, with commas between.')] = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Write the unit's state for support: no plates, keys or people.

    Health, checks, settings without logins, versions, the journal of the services, sizes and schemas of databases, disk
    and kernel. Each line and value is compared with the unit's plates and people first. Read it before you hand it out.
    """
    from alpr_edge.diagnostics.report import report_values
    from alpr_edge.diagnostics.runner import examine
    from alpr_edge.diagnostics.support.bundle import make_bundle, require_new
    from alpr_edge.domain.diagnostics.checks import Grade
    from alpr_edge.settings import load

    unit = load(settings)
    require_new(to)
    names = [name.strip() for name in skip.split(",") if name.strip()]
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
    typer.echo(f"{to}: {count_text(len(rows), 'text')}; read it before you hand it out: unzip -p {to}")
