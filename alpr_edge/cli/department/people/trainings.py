"""``alpr-edge department people training``: what the Training Supervisor records (policy 462.8)."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.people.common import PersonArgument, tell_published
from alpr_edge.cli.department.people.entries import AlprUntil, CjisUntil
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import DepartmentError


def training_command(
    person: PersonArgument,
    directory: DirectoryOption,
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    reason: Annotated[str, typer.Option("--reason", help="Such as the course, for the record.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Record until when a training holds. For the Training Supervisor alone, who has signed in (policy 462.8).

    An empty text takes a training back. The roster that tells the units is published with it.
    """
    given = {"cjis_training_until": cjis_training_until, "alpr_training_until": alpr_training_until}
    texts = {name: text for name, text in given.items() if text is not None}
    if not texts:
        raise DepartmentError("say which training: --cjis-until or --alpr-until with a date such as 2027-06-30")
    with open_inquiry(directory, Statement("maintenance")) as (office, authoriser, _):
        header = office.trainings.record(authoriser, person, texts, reason)
    if as_json:
        print_object({"person": person, **texts, "roster_serial": header.serial})
        return
    typer.echo(f"{person}: recorded")
    tell_published(header)
