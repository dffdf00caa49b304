"""``alpr-edge accounts add``, ``change`` and ``suspend``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import BreakGlassOption
from alpr_edge.cli.accounts.common import PersonArgument, fields_of, open_people
from alpr_edge.cli.caller import caller
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.department.people.entries import (
    AlprUntil,
    CjisUntil,
    Covert,
    Email,
    MayUnlock,
    Ori,
    Roles,
    Sources,
    Sworn,
    Title,
    ValidUntil,
    texts_of,
)
from alpr_edge.cli.output import print_object

if TYPE_CHECKING:
    from alpr_edge.domain.people.person import Person


def add_command(
    badge: Annotated[str, typer.Option("--badge", help="Badge number, used to sign in.")],
    name: Annotated[str, typer.Option("--name", help="Name, as shown in records.")],
    organisation: Annotated[str, typer.Option("--agency", help="Agency.")],
    email: Email = None,
    ori: Ori = None,
    title: Title = None,
    roles: Roles = None,
    sworn: Sworn = None,
    sources: Sources = None,
    covert: Covert = None,
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    valid_until: ValidUntil = None,
    may_unlock: MayUnlock = None,
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Add a person to this unit's own roster. They can sign in after they were invited.

    On a unit without accounts, root adds the first administrator with --break-glass.
    """
    texts = texts_of(**locals())
    from alpr_edge.department.people.person_fields import new_entry

    with open_people(settings, break_glass, migrate=True) as people:
        person = people.add(new_entry(texts, caller(), people.roster.now).person)
    if as_json:
        print_object(fields_of(person))
    else:
        typer.echo(f"{person.badge} was added; to set password and code: alpr-edge accounts invite {person.badge}")


def change_command(
    person: PersonArgument,
    badge: Annotated[str | None, typer.Option("--badge", help="New badge number.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    organisation: Annotated[str | None, typer.Option("--agency", help="New agency.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="active, suspended or left.")] = None,
    email: Email = None,
    ori: Ori = None,
    title: Title = None,
    roles: Roles = None,
    sworn: Sworn = None,
    sources: Sources = None,
    covert: Covert = None,
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    valid_until: ValidUntil = None,
    may_unlock: MayUnlock = None,
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Change what is said and leave the rest. A list is replaced as a whole; an empty text clears it or a date."""
    texts = texts_of(**locals())
    from alpr_edge.department.people.person_fields import Entry, changed_entry

    if not texts:
        raise typer.BadParameter("no change given; see --help")
    with open_people(settings, break_glass) as people:
        changed = people.change(person, lambda before: changed_entry(Entry.of(before), texts).person)
    print_object(fields_of(changed)) if as_json else typer.echo(f"{changed.badge} was changed")


def suspend_command(
    person: PersonArgument,
    left: Annotated[
        bool, typer.Option("--left", help="The person left the organization; the id is never reused.")
    ] = False,
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Suspend an account immediately, and sign the person out."""
    from alpr_edge.domain.people.person import AccountStatus

    status = AccountStatus.LEFT if left else AccountStatus.SUSPENDED

    def suspend(before: Person) -> Person:
        return replace(before, status=status)

    with open_people(settings, break_glass) as people:
        changed = people.change(person, suspend)
    print_object(fields_of(changed)) if as_json else typer.echo(f"{changed.badge} is now {changed.status}")
