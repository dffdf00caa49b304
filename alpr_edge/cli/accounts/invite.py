"""``alpr-edge accounts invite``: somebody sets password and one-time code at this unit's terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.access.options import BreakGlassOption
from alpr_edge.cli.access.questions import ask, is_terminal
from alpr_edge.cli.accounts.common import PersonArgument, open_people
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object, time_text
from alpr_edge.domain.errors import PasswordError

if TYPE_CHECKING:
    from alpr_edge.domain.ports import Clock
    from alpr_edge.services.accounts.first_sign_in import FirstSignIn

TRIES_MAX = 5
_GROUP = 4


def invite_command(
    person: PersonArgument,
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Let a person set a password and authenticator here and now; earlier ones become void.

    The person types the password themselves, twice, and scans the code with their own app. Nothing of it is on the
    command line or in the log.
    """
    from alpr_edge.settings import load

    issuer = f"ALPR {load(settings).unit.id}"
    with open_people(settings, break_glass) as people:
        clock = people.roster.clock
        header = people.invite(person, lambda first: choose_sign_in(first, clock), issuer)
    if as_json:
        print_object({"serial": header.serial, "valid_until": header.valid_until})
    else:
        typer.echo(f"{person} can now sign in; roster {header.serial}, until {time_text(header.valid_until)}")


def choose_sign_in(first: FirstSignIn, clock: Clock) -> None:
    """Ask for password and code; a mistake is said and asked for again at a terminal."""
    _retry(lambda: _choose_password(first))
    _show_secret(first)
    _retry(lambda: _confirm_code(first, clock))


def _choose_password(first: FirstSignIn) -> None:
    password = ask(f"New password for {first.person.badge}", hidden=True)
    if password != ask("Repeat password", hidden=True):
        raise PasswordError("the two passwords differ")
    first.choose_password(password)


def _show_secret(first: FirstSignIn) -> None:
    """Show the secret as a picture for the app and as text; on stderr, so that no redirected output keeps it."""
    groups = [first.secret[start : start + _GROUP] for start in range(0, len(first.secret), _GROUP)]
    if is_terminal():
        import segno

        segno.make(first.address, micro=False).terminal(out=sys.stderr, compact=True)
    typer.echo(f"Scan this with the authenticator app, or type its key: {' '.join(groups)}", err=True)


def _confirm_code(first: FirstSignIn, clock: Clock) -> None:
    now = clock.now().utc
    if now is None or not first.confirm_code(ask("Authenticator code"), now):
        raise PasswordError("wrong code; check the clock of the phone and enter the current code")


def _retry(step: Callable[[], None]) -> None:
    """Take a step again after a mistake, a few times; without a terminal there is no second try."""
    for left in range(TRIES_MAX if is_terminal() else 1, 0, -1):
        try:
            return step()
        except PasswordError as error:
            if left == 1:
                raise
            typer.echo(f"alpr-edge: {error}", err=True)
    return None
