"""What the commands about people share: who runs them, and the options of more than one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.caller import caller
from alpr_edge.domain.errors import AccessError, DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.people.changes import Author
    from alpr_edge.domain.people.roster import RosterHeader

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="Their id, badge or e-mail address.", show_default=False)
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


def author_of(directory: Path, reason: str = "") -> Author:
    """Return who runs a command, for the record: the owner of the folder is the department's first administrator.

    Raises:
        DepartmentError: there is no department.
        AccessError: the caller is neither the owner of the folder nor root.
    """
    from alpr_edge.department.people.changes import Author
    from alpr_edge.department.pki.server_certificate import utc_now

    try:
        owner = directory.stat().st_uid
    except PermissionError:
        owner = None
    except OSError:
        raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init") from None
    if os.geteuid() not in {0, owner}:
        raise AccessError(f"only the owner of {directory} or root may change people; run it as that user")
    return Author(f"login:{caller()}", utc_now(), reason)


def tell_published(header: RosterHeader) -> None:
    """Print which roster was published."""
    typer.echo(f"roster {header.serial} is published; units fetch it with their next delivery")


def tell_unpublished() -> None:
    """Print that units do not know yet."""
    typer.echo("the units learn of it with the next roster: alpr-edge department roster publish")
