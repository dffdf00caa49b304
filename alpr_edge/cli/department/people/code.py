"""``alpr-edge department people code``: unlock an account in a car that has no link."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.people.common import PersonArgument, ReasonOption, WithoutSessionOption, open_change
from alpr_edge.cli.output import print_object


def code_command(
    person: PersonArgument,
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="The digits that the car shows.")],
    directory: DirectoryOption,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the code that unlocks an account in a car without a link, to be read out to its holder.

    The car shows the challenge at: alpr-edge accounts unlock BADGE --code. The code is good for that one lock.
    """
    from alpr_edge.department.people.registry import open_people

    with open_change(directory, reason, without_session, person) as author, open_people(directory) as people:
        code = people.release_code(author, person, challenge)
    print_object({"person": person, "code": code}) if as_json else typer.echo(code)
