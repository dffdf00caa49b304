"""``alpr-edge accounts unlock``: the ways out of a lock in the car (CJIS AC-7)."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.opening import open_access, open_upkeep
from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.access.questions import ask
from alpr_edge.cli.accounts.common import PURPOSE, PersonArgument
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object


def unlock_command(
    person: PersonArgument,
    code: Annotated[
        bool, typer.Option("--code", help="Unlock with the department's one-time code, which you are asked for.")
    ] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Unlock another person's account, as an administrator or designated supervisor signed in on this unit.

    --code needs no sign-in: the officer reads the challenge to the department, which answers with a code
    (there: alpr-edge department people code BADGE CHALLENGE). It is good for this one lock.
    """
    from alpr_edge.services.accounts.people import unlock, unlock_with_code
    from alpr_edge.settings import load
    from alpr_edge.store.access.accounts import open_accounts

    unit = load(settings)
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        if code:
            with open_upkeep(unit) as authoriser:
                unlock_with_code(accounts, authoriser, person, _ask_code)
            way = "code"
        else:
            with open_access(unit, Statement(PURPOSE)) as (authoriser, _):
                way = unlock(accounts, authoriser, person).value
    print_object({"person": person, "way": way}) if as_json else typer.echo(f"{person} is unlocked, by {way}")


def _ask_code(challenge: str) -> str:
    typer.echo(f"challenge for the department: {challenge}", err=True)
    return ask("Department code")
