"""``alpr-edge department evidence accesses``: who looked at a case's reads, for discovery (policy 462.5, 462.6(a))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

import typer

from alpr_edge.cli.access.options import OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.evidence.export import CaseArgument, HoldOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import count_text, print_lines, print_table
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import EvidenceError

_SHOWN = ("utc", "log", "person", "action", "purpose", "case", "outcome", "reads_of_the_case")


def accesses_command(
    case: CaseArgument,
    directory: DirectoryOption,
    hold: HoldOption = "",
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet, with a line of names.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List who looked at what is held for a case. By every access log that has some of it; shows no plates.

    Of accesses for other cases it says who and when, and not which case. The access is recorded.
    """
    if as_csv and as_json:
        raise EvidenceError("give --csv or --json, not both")
    with (
        open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated),
        progress_bar("Records") as show,
    ):
        found = office.exports.accesses(authoriser, stated, partial(show, "Records"), hold.strip())
    if as_csv:
        from alpr_edge.department.packages.csv_lines import csv_lines

        for text in csv_lines(found.lines):
            typer.echo(text, nl=False)
    elif as_json:
        print_lines(found.lines)
    else:
        _print(found.lines)
    if found.withheld:
        count = count_text(found.withheld, "access", "accesses")
        typer.echo(f"not in it, as all that it tells of are hits that you may not see: {count}", err=True)
    if found.not_looked_through:
        count = count_text(found.not_looked_through, "record of the units' logs", "records of the units' logs")
        typer.echo(f"not looked through, as they do not open or wait for one that is missing: {count}", err=True)


def _print(lines: Sequence[Mapping[str, object]]) -> None:
    if lines:
        headers = tuple(name.replace("_", " ") for name in _SHOWN)
        print_table(headers, [tuple(str(line[name]) for name in _SHOWN) for line in lines])
    else:
        typer.echo("nobody looked at what is held for the case")
