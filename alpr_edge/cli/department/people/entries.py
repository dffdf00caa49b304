"""``alpr-edge department people add`` and ``change``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.department.people.common import (
    PersonArgument,
    ReasonOption,
    WithoutSessionOption,
    open_change,
    tell_roster,
)
from alpr_edge.cli.department.people.records import content_of
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.department.people.person_fields import Entry
    from alpr_edge.department.people.rosters import RosterState

Email = Annotated[str | None, typer.Option("--email", help="E-mail address; signs in as well as the badge.")]
Ori = Annotated[str | None, typer.Option("--ori", help="Originating agency identifier.")]
Title = Annotated[str | None, typer.Option("--title", help="Job title or designation (policy 462.3.1(a)).")]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help="officer, supervisor, alpr_administrator, records, technician, auditor, training_supervisor, commander; "
        "give it again for several.",
    ),
]
Sworn = Annotated[bool | None, typer.Option("--sworn/--civilian", help="Whether they are sworn.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Whose data they may see: department, state, federal; give it again for several."),
]
Covert = Annotated[bool | None, typer.Option("--covert/--no-covert", help="Whether they may see covert entries.")]
CjisUntil = Annotated[str | None, typer.Option("--cjis-until", help="End of the CJIS training, as 2027-06-30.")]
AlprUntil = Annotated[str | None, typer.Option("--alpr-until", help="End of the ALPR training, likewise.")]
_ORGANISATION_HELP = "The department, as department.toml names it; others by an exception alone (policy 462.7)."
ValidUntil = Annotated[str | None, typer.Option("--valid-until", help="End of the account. Left out: a year.")]
NewValidUntil = Annotated[str | None, typer.Option("--valid-until", help="End of the account.")]
ApprovedBy = Annotated[str | None, typer.Option("--approved-by", help="Who approved the account. Left out: you.")]
NewApprovedBy = Annotated[str | None, typer.Option("--approved-by", help="Who approved the account.")]
MayUnlock = Annotated[
    bool | None, typer.Option("--may-unlock/--may-not-unlock", help="A supervisor who unlocks accounts in a car.")
]
Units = Annotated[
    list[str] | None, typer.Option("--unit", help="A unit that they may use; give it again. Left out: all of them.")
]
NewStatus = Annotated[
    str | None, typer.Option("--status", help="active, to bring a suspended person back; others as by people suspend.")
]
NewUnits = Annotated[
    list[str] | None, typer.Option("--unit", help="A unit that they may use; give it again; an empty text: all.")
]


def add_command(
    directory: DirectoryOption,
    name: Annotated[str, typer.Option("--name", help="As it stands on record (Civil Code 1798.90.52).")],
    badge: Annotated[str, typer.Option("--badge", help="They sign in with it.")],
    organisation: Annotated[str, typer.Option("--organisation", help=_ORGANISATION_HELP)],
    person_id: Annotated[str, typer.Option("--id", help="Never given to anybody else. Left out: a new one.")] = "",
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
    approved_by: ApprovedBy = None,
    may_unlock: MayUnlock = None,
    units: Units = None,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add somebody. What is not said is not allowed; they get in once they followed an invitation."""
    texts = texts_of(**locals())
    from alpr_edge.department.people.registry import open_people

    with open_change(directory, reason, without_session) as author, open_people(directory) as people:
        entry, state = people.add(author, texts), people.rosters.state()
    _warn_of_strangers(directory, units)
    _tell(entry, "added", state, as_json=as_json)
    if not as_json:
        typer.echo(f"next: alpr-edge department people invite {entry.person.person_id}")


def change_command(
    person: PersonArgument,
    directory: DirectoryOption,
    name: Annotated[str | None, typer.Option("--name", help="As it stands on record.")] = None,
    badge: Annotated[str | None, typer.Option("--badge", help="They sign in with it.")] = None,
    organisation: Annotated[str | None, typer.Option("--organisation", help=_ORGANISATION_HELP)] = None,
    email: Email = None,
    ori: Ori = None,
    title: Title = None,
    roles: Roles = None,
    sworn: Sworn = None,
    sources: Sources = None,
    covert: Covert = None,
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", help="active, to bring a suspended person back; suspended or left, as people suspend does it."
        ),
    ] = None,
    valid_until: NewValidUntil = None,
    approved_by: NewApprovedBy = None,
    may_unlock: MayUnlock = None,
    units: NewUnits = None,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is said and leave the rest. A list is replaced as a whole; an empty text clears it or a date."""
    texts = texts_of(**locals())
    from alpr_edge.department.people.registry import open_people

    if not texts:
        raise DepartmentError("say what changes; see: alpr-edge department people change --help")
    with open_change(directory, reason, without_session, person) as author, open_people(directory) as people:
        entry, state = people.change(author, person, texts), people.rosters.state()
    _warn_of_strangers(directory, units)
    _tell(entry, "changed", state, as_json=as_json)


def texts_of(**options: object) -> dict[str, str]:
    """Give what was said as texts by column, of a command's options, which are named as the columns are."""
    from alpr_edge.department.people.person_fields import COLUMNS

    texts = {}
    for column in COLUMNS:
        value = options.get(column)
        if isinstance(value, bool):
            texts[column] = "yes" if value else "no"
        elif isinstance(value, str):
            texts[column] = value
        elif isinstance(value, list):
            texts[column] = " ".join(value)
    return texts


def _warn_of_strangers(directory: Path, units: list[str] | None) -> None:
    """Say which units were never invited: it may be a typing error, or people are entered before their units."""
    from alpr_edge.department.pki.known_units import unknown_units

    named = [unit for text in units or () for unit in text.split()]
    if not named:
        return
    with open_storage(directory) as storage:
        for unit in unknown_units(storage.units, named):
            typer.echo(f"warning: {unit}: there is no such unit yet; see: alpr-edge department unit list", err=True)


def _tell(entry: Entry, done: str, state: RosterState | None, *, as_json: bool) -> None:
    if as_json:
        print_object(content_of(entry))
        return
    person = entry.person
    typer.echo(f"{person.name}, badge {person.badge}, id {person.person_id}: {done}")
    tell_roster(state)
