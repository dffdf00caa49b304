"""``alpr-edge department release register``: the register of requests, as the policy has it retained (462.7(c))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.words import RELEASE
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import ReleaseError


def register_command(
    directory: DirectoryOption,
    year: Annotated[int, typer.Option("--year", help="A whole year, such as 2026, by this computer's clock.")] = 0,
    month: Annotated[str, typer.Option("--month", metavar="MONTH", help="A whole month, such as 2026-11.")] = "",
    purpose: PurposeOption = RELEASE,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet, with a line of names.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the register of a month or a year. Who asked, what for, who decided, what was given; no plates."""
    from alpr_edge.department.packages.csv_lines import csv_lines
    from alpr_edge.department.releases.register_lines import register_line, register_period

    if as_csv and as_json:
        raise ReleaseError("give --csv or --json, not both")
    if bool(year) == bool(month):
        raise ReleaseError("give --year, such as 2026, or --month, such as 2026-11")
    begin, end = register_period(month or str(year))
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        lines = map(register_line, office.releases.of_period(authoriser, begin, end, stated))
        if as_csv:
            for text in csv_lines(lines):
                typer.echo(text, nl=False)
        elif as_json:
            for line in lines:
                print_object(line)
        else:
            _print_blocks(lines)


def _print_blocks(lines: Iterator[dict[str, object]]) -> None:
    count = 0
    for line in lines:
        count += 1
        for name, value in line.items():
            if value not in {"", 0}:
                typer.echo(f"{name.replace('_', ' ')}: {' '.join(str(value).split())}")
        typer.echo()
    typer.echo(f"requests: {count}")
