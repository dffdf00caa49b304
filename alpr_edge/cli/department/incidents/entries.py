"""``alpr-edge department incident enter``, ``follow-up`` and ``close``: the steps of an incident."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.incidents.words import NumberArgument, print_incident
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.domain.audits.incident import IncidentFacts, IncidentKind, typed_moment

_TIME = "such as 2026-05-04T18:00; without a zone by this computer's clock."
WhatOption = Annotated[str, typer.Option("--what", help="What happened, was learnt or was done; no plate.")]
HappenedOption = Annotated[str, typer.Option("--happened", metavar="TIME", help=f"When it happened, {_TIME}")]
PeopleOption = Annotated[int | None, typer.Option("--people", min=0, help="People whose data it is about.")]
ReadsOption = Annotated[int | None, typer.Option("--reads", min=0, help="Reads that it is about.")]
NoticeOption = Annotated[
    list[str] | None, typer.Option("--notice", help="A notice that was given: to whom, when, how. Several times.")
]


def enter_command(
    directory: DirectoryOption,
    kind: Annotated[IncidentKind, typer.Option("--kind", help="What kind it is.")],
    what: WhatOption,
    known: Annotated[str, typer.Option("--known", metavar="TIME", help=f"When it was known, {_TIME}")],
    told_by: Annotated[str, typer.Option("--told-by", help="Who told the department.")],
    happened: HappenedOption = "",
    people: PeopleOption = None,
    reads: ReadsOption = None,
    notice: NoticeOption = None,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Put an incident on file. Nothing of it is ever changed; what is learnt later is added by follow-up."""
    facts = IncidentFacts(
        what, kind, typed_moment(happened), typed_moment(known), told_by.strip(), people, reads, tuple(notice or ())
    )
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        incident = office.incidents.enter(authoriser, stated, facts)
    print_incident(incident, as_json=as_json)


def follow_up_command(
    incident: NumberArgument,
    directory: DirectoryOption,
    what: WhatOption,
    kind: Annotated[IncidentKind | None, typer.Option("--kind", help="What it turned out to be.")] = None,
    happened: HappenedOption = "",
    people: PeopleOption = None,
    reads: ReadsOption = None,
    notice: NoticeOption = None,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Add what was learnt or done since. What is left out stays as it was known."""
    facts = IncidentFacts(what, kind, typed_moment(happened), people=people, reads=reads, notices=tuple(notice or ()))
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        found = office.incidents.follow_up(authoriser, stated, incident, facts)
    print_incident(found, as_json=as_json)


def close_command(
    incident: NumberArgument,
    directory: DirectoryOption,
    what: WhatOption,
    notice: NoticeOption = None,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Close an incident. A breach needs its notices, or the words "no notice due" and why (Civil Code 1798.29)."""
    facts = IncidentFacts(what, notices=tuple(notice or ()))
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        found = office.incidents.close(authoriser, stated, incident, facts)
    print_incident(found, as_json=as_json)
