"""What the commands of ``alpr-edge accounts`` share: who it is about, and the opened roster."""

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
    from alpr_edge.services.accounts.people import LocalPeople

PURPOSE = "maintenance"
"""What managing people is for."""

PersonArgument = Annotated[str, typer.Argument(metavar="BADGE", help="Badge, e-mail address or id of the person.")]


@contextmanager
def open_people(settings: Path, break_glass: str, *, migrate: bool = False) -> Iterator[LocalPeople]:
    """Open this unit's own people for whoever is signed in, or for root that breaks the glass.

    Args:
        break_glass: why no account can be used; empty: one is.
        migrate: make accounts and access log where the unit never ran.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.accounts.local_roster import open_local_roster
    from alpr_edge.services.accounts.people import LocalPeople
    from alpr_edge.settings import load

    unit, stated = load(settings), Statement(PURPOSE, break_glass=break_glass)
    with (
        open_local_roster(unit, open_clock(unit), migrate=migrate) as roster,
        open_access(unit, stated, migrate=migrate) as (authoriser, _),
    ):
        yield LocalPeople(roster, authoriser)


def fields_of(person: Person) -> dict[str, object]:
    """A person for programs; no credential."""
    from alpr_edge.domain.people.roster_json import person_payload

    return person_payload(person).model_dump(mode="json")
