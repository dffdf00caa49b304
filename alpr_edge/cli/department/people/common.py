"""What the commands about people share: who runs them, and the options of more than one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.caller import caller
from alpr_edge.cli.department.inquiries.opening import open_authorised
from alpr_edge.domain.access_log.record_notes import WITHOUT_SESSION
from alpr_edge.domain.errors import AccessError, DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.people.changes import Author
    from alpr_edge.department.people.rosters import RosterState
    from alpr_edge.domain.people.roster import RosterHeader

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="Their id, badge or e-mail address.", show_default=False)
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
WithoutSessionOption = Annotated[
    str | None,
    typer.Option(
        "--without-session", metavar="REASON", help="Why you do not sign in for it; every audit shows it.",
    ),
]  # fmt: skip
NOTE_CHARACTERS_MAX = 200


def author_of(directory: Path, reason: str = "") -> Author:
    """Return who runs a command, as the owner of the folder, who is the department's first administrator."""
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


@contextmanager
def open_change(directory: Path, reason: str, without_session: str | None, person: str = "") -> Iterator[Author]:
    """Give who changes people, for the record, while they do it.

    Once somebody could sign in who may change people, it is whoever is signed in and may; the owner of the folder alone
    does so only for a stated reason.

    Args:
        without_session: why it is done without a session; None: it is not.
        person: whom it is about, by id, badge or e-mail address; empty: nobody who is there already.
    """
    from alpr_edge.access.authorisation.authoriser import AccessSubject
    from alpr_edge.access.authorisation.operations import Operation
    from alpr_edge.department.people.registry import open_people
    from alpr_edge.domain.permissions.purposes import MAINTENANCE

    author = author_of(directory, reason)
    if without_session is not None:
        yield _author_without_session(author, without_session)
        return
    with open_people(directory) as people:
        needs_session = people.needs_session()
        objects = (people.person_id(person),) if person and needs_session else ()
    if not needs_session:
        yield author
        return
    subject = AccessSubject(objects, note=reason[:NOTE_CHARACTERS_MAX])
    with (
        open_authorised(directory) as (_, authoriser),
        authoriser.access(Operation.CHANGE_PEOPLE, MAINTENANCE, subject) as access,
    ):
        yield replace(author, name=f"person:{access.actor.person_id}")


def _author_without_session(author: Author, why: str) -> Author:
    if not why.strip():
        raise DepartmentError("--without-session: say why you do not sign in for it")
    reasons = f"{WITHOUT_SESSION}{why.strip()}", author.reason
    return replace(author, reason="; ".join(filter(None, reasons)), is_without_session=True)


def tell_published(header: RosterHeader) -> None:
    """Print which roster was published."""
    typer.echo(f"roster {header.serial} is published; units fetch it with their next delivery")


def tell_roster(state: RosterState | None) -> None:
    """Print whether the newest roster has all changes: one that takes a right away publishes it by itself."""
    if state is not None and not state.newer_changes:
        tell_published(state.header)
    else:
        typer.echo("the units learn of it with the next roster: alpr-edge department roster publish")
