"""What the commands of ``alpr-edge accounts`` share: the fields of a person as options, and the opened roster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import Statement

if TYPE_CHECKING:
    from alpr_edge.domain.people.person import Person
    from alpr_edge.services.accounts.people import People

PURPOSE = "maintenance"
"""What managing people is for."""

PersonArgument = Annotated[str, typer.Argument(metavar="BADGE", help="Badge, e-mail address or id of the person.")]
EmailOption = Annotated[str | None, typer.Option("--email", help="E-mail address, to sign in with as well.")]
OriOption = Annotated[str | None, typer.Option("--ori", help="Originating agency identifier.")]
TitleOption = Annotated[str | None, typer.Option("--title", help="Job title that authorises the use.")]
RolesOption = Annotated[
    str | None, typer.Option("--roles", help="Roles, with commas between: officer, supervisor, alpr_administrator, ...")
]
SourcesOption = Annotated[
    str | None, typer.Option("--sources", help="Whose data they may see: department, state, federal.")
]
SwornOption = Annotated[str | None, typer.Option("--sworn", help="yes or no.")]
CovertOption = Annotated[str | None, typer.Option("--covert", help="Clearance for covert entries: yes or no.")]
CjisOption = Annotated[str | None, typer.Option("--cjis-training-until", help="End of the CJIS training: 2027-06-30.")]
AlprOption = Annotated[str | None, typer.Option("--alpr-training-until", help="End of the ALPR training: 2027-06-30.")]
ValidOption = Annotated[str | None, typer.Option("--valid-until", help="End of the account; new ones: a year.")]
UnlockOption = Annotated[str | None, typer.Option("--may-unlock", help="As supervisor, unlock accounts: yes or no.")]


@contextmanager
def open_people(settings: Path, break_glass: str, *, migrate: bool = False) -> Iterator[People]:
    """Open this unit's own people for whoever is signed in, or for root that breaks the glass.

    Args:
        settings: the settings file.
        break_glass: why no account can be used; empty: one is.
        migrate: make accounts and access log where the unit never ran.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.accounts.local_roster import open_local_roster
    from alpr_edge.services.accounts.people import People
    from alpr_edge.settings import load

    unit, stated = load(settings), Statement(PURPOSE, break_glass=break_glass)
    with (
        open_local_roster(unit, open_clock(unit), migrate=migrate) as roster,
        open_access(unit, stated, migrate=migrate) as (authoriser, _),
    ):
        yield People(roster, authoriser)


def given(**texts: str | None) -> dict[str, str]:
    """The fields that were given, by the columns of a file of people."""
    return {column: text for column, text in texts.items() if text is not None}


def fields_of(person: Person) -> dict[str, object]:
    """A person for programs; no credential."""
    from alpr_edge.domain.people.roster_json import person_payload

    return person_payload(person).model_dump(mode="json")
