"""``alpr-edge sign-in``: begin a session at the command line, or open one that is in glance mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import command_caller
from alpr_edge.cli.access.questions import ask
from alpr_edge.cli.access.session_file import write_token
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.domain.days import last_day
from alpr_edge.domain.errors import AccessError

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.access.attempts import SignInResult
    from alpr_edge.access.authorisation.sign_ins import SignInService
    from alpr_edge.domain.permissions.profile import SecurityProfile

_NEW_PLACE = "first sign-in with this login {}, recorded; if you have used it before, tell your administrator"
_YES = frozenset({"y", "yes"})


def sign_in_command(
    person: Annotated[
        str, typer.Option("--person", help="Badge number or e-mail address; asked for if omitted.", show_default=False)
    ] = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Sign in with password and authenticator code. You are asked for both: never put them on a command line.

    Your password alone unlocks an idle or locked session. The session ends after 12 hours, at a restart of the computer
    or with alpr-edge sign-out, and is valid only for this login.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.authorisation.opening import open_sign_ins
    from alpr_edge.settings import load

    unit = load(settings)
    with open_sign_ins(unit, command_caller(unit), open_clock(unit)) as sign_ins:
        result = sign_in_at(sign_ins, unit.unit.runtime_directory, person)
        tell_sign_in(sign_ins, result, result.answer, as_json=as_json)


def sign_in_at(sign_ins: SignInService, folder: Path, person: str) -> SignInResult:
    """Sign in the login that runs this, or open its session again; everything is asked for.

    Args:
        person: badge or e-mail address; empty: it is asked for, unless a session only has to be opened again.
    """
    from alpr_edge.domain.sessions.session import SessionState

    state = SessionState.ENDED if person else sign_ins.state()
    if state is SessionState.OPEN:
        raise AccessError(f"you are already signed in; to change users: {sign_ins.policy.words.sign_out}")
    if state is SessionState.GLANCE:
        return sign_ins.reopen(ask("Password", hidden=True))
    return _sign_in(sign_ins, folder, person)


def _sign_in(sign_ins: SignInService, folder: Path, person: str) -> SignInResult:
    """Show the notice, ask for everything, and keep the token of the new session."""
    from alpr_edge.access.attempts import PasswordAttempt

    is_acknowledged = _acknowledge(sign_ins.policy.security)
    name = person or ask("Badge number or e-mail address")
    secrets = (ask("Password", hidden=True), ask("Authenticator code", hidden=True)) if is_acknowledged else ("", "")
    result = sign_ins.sign_in(PasswordAttempt(name, *secrets), is_acknowledged=is_acknowledged)
    if result.session is not None:
        write_token(folder, sign_ins.caller.login, result.token)
    return result


def _acknowledge(security: SecurityProfile) -> bool:
    typer.echo(security.notice, err=True)
    return ask("Do you acknowledge this? [y/N]").casefold() in _YES


def tell_sign_in(sign_ins: SignInService, result: SignInResult, answer: str, *, as_json: bool) -> None:
    """Say what came of a sign-in."""
    if result.session is None:
        raise AccessError(answer)
    person = sign_ins.person_of(result.session.person_id)
    name = "" if person is None else person.name
    limits = sign_ins.policy.security.sessions
    utc = sign_ins.clock.now().utc
    ends = None if person is None or utc is None else person.training.ends_soon_at(utc)
    hours, minutes = limits.factors_max.total_seconds() / 3600, limits.idle_max.total_seconds() / 60
    if as_json:
        about = {"person_id": result.session.person_id, "name": name, "outcome": result.outcome.value}
        print_object(about | {"is_new_place": result.is_new_place, "training_ends": ends})
    else:
        typer.echo(f"{answer}: {name}; for {hours:g} hours, locks after {minutes:g} idle minutes")
        if result.is_new_place:
            typer.echo(_NEW_PLACE.format(sign_ins.policy.words.here))
        if ends is not None:
            typer.echo(
                f"your training expires on {last_day(ends)}: renew it before then; without it no plates are shown"
            )
