"""``alpr-edge department release register``: the register of requests, as the policy has it retained (462.7(c))."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.words import RELEASE
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import ReleaseError

if TYPE_CHECKING:
    from alpr_edge.department.releases.release_rows import FiledRequest

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the begin of a formula."""


def register_command(
    directory: DirectoryOption,
    year: Annotated[int, typer.Option("--year", help="A whole year, such as 2026, by this computer's clock.")] = 0,
    month: Annotated[str, typer.Option("--month", metavar="MONTH", help="A whole month, such as 2026-11.")] = "",
    purpose: PurposeOption = RELEASE,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet, with a line of names.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the register of a month or a year. Who asked, what for, who decided, what was given; no plates."""
    if as_csv and as_json:
        raise ReleaseError("give --csv or --json, not both")
    begin, end = _period(year, month)
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        lines = map(register_line, office.releases.of_period(authoriser, begin, end, stated))
        if as_csv:
            _print_csv(lines)
        elif as_json:
            for line in lines:
                print_object(line)
        else:
            _print_blocks(lines)


def register_line(filed: FiledRequest) -> dict[str, object]:
    """What the register says of a request; the plates stand on file with it."""
    from alpr_edge.domain.releases.steps import ReleaseState

    request, steps = filed.request, {step.state: step for step in filed.steps}
    ends = [steps[state] for state in (ReleaseState.APPROVED, ReleaseState.REFUSED) if state in steps]
    decided, made = max(ends, key=lambda step: step.at, default=None), steps.get(ReleaseState.PACKAGED)
    handed, confirmed = steps.get(ReleaseState.HANDED_OVER), steps.get(ReleaseState.CONFIRMED)
    reported, package = steps.get(ReleaseState.REPORTED), None if made is None else made.package
    return {
        "request": filed.request_id,
        "entered": _moment(filed.steps[0].at),
        "entered_by": filed.steps[0].person,
        "agency": request.agency,
        "kind": request.kind.value,
        "seat": request.seat.value,
        "requester": request.requester,
        "for": request.purpose.value,
        "words": request.words,
        "their_case": request.their_case,
        "letter_sha256": request.letter_sha256,
        "plates": len(request.scope.plates),
        "state": filed.state.value,
        "why": filed.steps[-1].note,
        "decision": "" if decided is None else decided.state.value,
        "decided": "" if decided is None else _moment(decided.at),
        "decided_by": "" if decided is None else decided.person,
        "packages": sum(step.state is ReleaseState.PACKAGED for step in filed.steps),
        "package_sha256": "" if made is None else made.package_sha256,
        "reads": 0 if package is None else package.reads,
        "handed_over": "" if handed is None else _moment(handed.at),
        "handed_over_how": "" if handed is None else handed.note,
        "confirmed": "" if confirmed is None else _moment(confirmed.at),
        "use_reported": "" if reported is None else _moment(reported.at),
        "use": "" if reported is None else reported.note,
    }


def _period(year: int, month: str) -> tuple[datetime, datetime]:
    """The begin of the period and of the one after it."""
    found = _MONTH.fullmatch(month.strip())
    try:
        if found is not None and not year:
            first = (int(found[1]), int(found[2]))
            after = (first[0] + first[1] // 12, first[1] % 12 + 1)
        elif year and not month:
            first, after = (year, 1), (year + 1, 1)
        else:
            raise ReleaseError("give --year, such as 2026, or --month, such as 2026-11")
        return datetime(*first, 1).astimezone(), datetime(*after, 1).astimezone()
    except (ValueError, OverflowError):
        raise ReleaseError("--year or --month is none of the calendar; such as 2026, or 2026-11") from None


def _print_csv(lines: Iterator[dict[str, object]]) -> None:
    for number, line in enumerate(lines):
        if number == 0:
            typer.echo(_csv_line(list(line)), nl=False)
        typer.echo(_csv_line([_cell(value) for value in line.values()]), nl=False)


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)  # RFC 4180
    return text.getvalue()


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _print_blocks(lines: Iterator[dict[str, object]]) -> None:
    count = 0
    for line in lines:
        count += 1
        for name, value in line.items():
            if value not in {"", 0}:
                typer.echo(f"{name.replace('_', ' ')}: {' '.join(str(value).split())}")
        typer.echo()
    typer.echo(f"requests: {count}")


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
