"""``alpr-edge sign-in``: begin a session at the command line, or open one that is in glance mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import command_caller
from alpr_edge.cli.access.questions import ask
from alpr_edge.cli.access.session_file import write_token
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import AccessError

if TYPE_CHECKING:
    from alpr_edge.access.attempts import SignInResult
    from alpr_edge.access.authorisation.sign_ins import SignInDesk
    from alpr_edge.domain.permissions.profile import SecurityProfile
    from alpr_edge.settings import Settings

_NEW_PLACE = "the first time with this login on this unit, as is on record; if that is not so, tell your administrator"
_YES = frozenset({"y", "yes"})


def sign_in_command(
    person: Annotated[
        str, typer.Option("--person", help="Badge or e-mail address; left out: asked for.", show_default=False)
    ] = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Sign in, with password and one-time code. Both are asked for: never give them on a command line.

    A session that was idle or locked is opened again by the password alone. It ends after 12 hours, at a restart of the
    computer, or with alpr-edge sign-out, and holds for this login alone.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.domain.sessions.session import SessionState
    from alpr_edge.services.authorisation.opening import open_sign_in_desk
    from alpr_edge.settings import load

    unit = load(settings)
    with open_sign_in_desk(unit, command_caller(unit), open_clock(unit)) as desk:
        state = SessionState.ENDED if person else desk.state()
        if state is SessionState.OPEN:
            raise AccessError("you are signed in already; to change the person: alpr-edge sign-out")
        result = _reopen(desk) if state is SessionState.GLANCE else _sign_in(desk, unit, person)
        _tell(desk, result, as_json=as_json)


def _reopen(desk: SignInDesk) -> SignInResult:
    return desk.reopen(ask("Password", hidden=True))


def _sign_in(desk: SignInDesk, unit: Settings, person: str) -> SignInResult:
    """Show the notice, ask for everything, and keep the token of the new session."""
    from alpr_edge.access.attempts import PasswordAttempt

    is_acknowledged = _acknowledge(desk.policy.security)
    name = person or ask("Badge or e-mail address")
    attempt = PasswordAttempt(name, ask("Password", hidden=True), ask("One-time code", hidden=True))
    result = desk.sign_in(attempt, is_acknowledged=is_acknowledged)
    if result.session is not None:
        write_token(unit.unit.runtime_directory, desk.caller.login, result.token)
    return result


def _acknowledge(security: SecurityProfile) -> bool:
    typer.echo(security.notice, err=True)
    return ask("Do you acknowledge this? [y/N]").casefold() in _YES


def _tell(desk: SignInDesk, result: SignInResult, *, as_json: bool) -> None:
    if result.session is None:
        raise AccessError(result.answer)
    person = desk.person_of(result.session.person_id)
    name = "" if person is None else person.name
    limits = desk.policy.security.sessions
    utc = desk.clock.now().utc
    ends = None if person is None or utc is None else person.training.ends_soon_at(utc)
    hours, minutes = limits.factors_max.total_seconds() / 3600, limits.idle_max.total_seconds() / 60
    if as_json:
        answer = {"person_id": result.session.person_id, "name": name, "outcome": result.outcome.value}
        print_object(answer | {"is_new_place": result.is_new_place, "training_ends": ends})
    else:
        typer.echo(f"{result.answer}: {name}; for {hours:g} hours, locked after {minutes:g} minutes without use")
        if result.is_new_place:
            typer.echo(_NEW_PLACE)
        if ends is not None:
            typer.echo(f"your training ends on {ends:%Y-%m-%d}: renew it before, as without it no plate is shown")
