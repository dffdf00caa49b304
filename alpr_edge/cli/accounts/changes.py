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
    badge: Annotated[str, typer.Option("--badge", help="Badge, which they sign in with.")],
    name: Annotated[str, typer.Option("--name", help="Name, as it stands on record.")],
    organisation: Annotated[str, typer.Option("--organisation", help="Agency.")],
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
    """Add somebody to this unit's own roster. They can sign in once they were invited.

    On a unit that nobody can sign in to yet, root adds the first administrator with --break-glass.
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
    badge: Annotated[str | None, typer.Option("--badge", help="Another badge.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    organisation: Annotated[str | None, typer.Option("--organisation", help="Another agency.")] = None,
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
        raise typer.BadParameter("say what is to change; see --help")
    with open_people(settings, break_glass) as people:
        changed = people.change(person, lambda before: changed_entry(Entry.of(before), texts).person)
    print_object(fields_of(changed)) if as_json else typer.echo(f"{changed.badge} was changed")


def suspend_command(
    person: PersonArgument,
    left: Annotated[
        bool, typer.Option("--left", help="They left the organisation; the id is never used again.")
    ] = False,
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Let somebody in no more, at once; who is signed in is signed out."""
    from alpr_edge.domain.people.person import AccountStatus

    status = AccountStatus.LEFT if left else AccountStatus.SUSPENDED

    def suspend(before: Person) -> Person:
        return replace(before, status=status)

    with open_people(settings, break_glass) as people:
        changed = people.change(person, suspend)
    print_object(fields_of(changed)) if as_json else typer.echo(f"{changed.badge} is {changed.status} from now on")
