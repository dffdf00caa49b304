"""``alpr-edge department people link`` and ``unlink``: whom the provider of single sign-on vouches for."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.people.common import (
    PersonArgument,
    ReasonOption,
    WithoutSessionOption,
    author_of,
    open_change,
)
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.domain.errors import DepartmentError


def link_command(
    person: PersonArgument,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="What the provider calls them: its claim sub.")],
    directory: DirectoryOption,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Link somebody to a single sign-on, once. Nobody else gets in by it, and no e-mail address counts.

    The subject stands in the access log where somebody tried who is not linked: alpr-edge department audit list.
    """
    from alpr_edge.department.db.database import DepartmentDatabase
    from alpr_edge.department.people.identity_links import IdentityLinks
    from alpr_edge.department.settings import FILE_NAME, load_department_file

    author_of(directory)
    issuer = load_department_file(directory).single_sign_on.issuer
    if not issuer:
        raise DepartmentError(f"{directory / FILE_NAME}: [single_sign_on] names no issuer; set it first")
    with (
        open_change(directory, reason, without_session, person) as author,
        closing(DepartmentDatabase(directory, create=False)) as database,
    ):
        person_id = IdentityLinks(database).link(author, person, issuer, subject)
    if as_json:
        print_object({"person_id": person_id, "issuer": issuer, "subject": subject})
    else:
        typer.echo(f"{person_id}: signs in by {issuer} as {subject}")


def unlink_command(
    person: PersonArgument,
    directory: DirectoryOption,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take somebody's single sign-on away and end the sessions that it began. Their own factors stay."""
    from alpr_edge.department.db.database import DepartmentDatabase
    from alpr_edge.department.people.identity_links import IdentityLinks

    with (
        open_change(directory, reason, without_session, person) as author,
        closing(DepartmentDatabase(directory, create=False)) as database,
    ):
        count = IdentityLinks(database).unlink(author, person)
    print_object({"person": person, "links": count}) if as_json else typer.echo(
        f"{person}: {count_text(count, 'link')} taken away"
    )
