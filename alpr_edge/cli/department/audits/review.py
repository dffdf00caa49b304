"""``alpr-edge department audit review`` and ``sign-off``: what was found, and that somebody else stands for it."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.audits.words import NumberArgument, audit_line, audit_object
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import print_object
from alpr_edge.domain.audits.audit import RecordFinding

_TEXT_HELP = "Why; needed unless it is one record that is in order and stands out by nothing. No plate."
_NUMBERS_HELP = "Numbers of the sample, such as 1-5,8."


def review_command(
    audit: NumberArgument,
    numbers: Annotated[str, typer.Argument(metavar="NUMBERS", help=_NUMBERS_HELP)],
    directory: DirectoryOption,
    finding: Annotated[RecordFinding, typer.Option("--finding", help="What they were.")],
    text: Annotated[str, typer.Option("--text", help=_TEXT_HELP)] = "",
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Note what you found of some records. Never of your own; what you note again replaces nothing, the last counts."""
    from alpr_edge.domain.audits.audit import SampleReview, parse_numbers

    review = SampleReview(parse_numbers(numbers), finding, text.strip())
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        done = office.audits.review(authoriser, stated, audit, review)
    print_object(audit_object(done)) if as_json else typer.echo(audit_line(done))


def sign_off_command(
    audit: NumberArgument,
    directory: DirectoryOption,
    note: Annotated[str, typer.Option("--note", help="What comes of it, in one line; needed. No plate.")] = "",
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Sign off an audit that others reviewed. For the commander or the ALPR administrator."""
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        done = office.audits.sign_off(authoriser, stated, audit, note.strip())
    print_object(audit_object(done)) if as_json else typer.echo(audit_line(done))
