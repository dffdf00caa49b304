"""``alpr-edge department policy``: the usage and privacy policy in force, and what it lacks."""

from __future__ import annotations

from dataclasses import asdict

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.website.opening import open_website
from alpr_edge.cli.output import print_object


def policy_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show the usage and privacy policy in force.

    As settings, profile, accounts and roles make it (policy 462.3.1, Civil Code 1798.90.51), with what it lacks. Ends
    with 1 where something is missing without which it cannot be published.
    """
    from alpr_edge.department.website.policy import REQUIRED

    with open_website(directory) as office:
        faults = office.policy.faults
        lacks = [key for key in REQUIRED if not str(getattr(office.settings.administration, key)).strip()]
        statement = None if lacks else office.policy.statement()
    if as_json:
        print_object({"policy": None if statement is None else asdict(statement), "faults": faults})
    else:
        for section in () if statement is None else statement.sections:
            typer.echo(f"{section.title} ({section.law})")
            typer.echo("".join(f"  {sentence}\n" for sentence in section.sentences), nl=False)
            typer.echo("".join(f"  - {point}\n" for point in section.points))
        typer.echo("\n".join(faults) or "nothing is missing")
    if lacks:
        raise typer.Exit(1)
