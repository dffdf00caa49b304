"""``alpr-edge sign-out``: end the session of this login, or lock it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import command_caller
from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.access.authorisation.sign_ins import SignInService


def sign_out_command(
    lock: Annotated[bool, typer.Option("--lock", help="Only lock the session; your password unlocks it.")] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """End your session on this unit, if you have one."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.authorisation.opening import open_sign_ins
    from alpr_edge.settings import load

    unit = load(settings)
    with open_sign_ins(unit, command_caller(unit), open_clock(unit)) as sign_ins:
        sign_out_at(sign_ins, unit.unit.runtime_directory, only_lock=lock, as_json=as_json)


def sign_out_at(sign_ins: SignInService, folder: Path, *, only_lock: bool, as_json: bool) -> None:
    """End or lock the session of the login that runs this, and say so."""
    is_done = sign_ins.lock() if only_lock else sign_ins.sign_out()
    if not only_lock:
        remove_token(folder, sign_ins.caller.login)
    if as_json:
        print_object({"locked": is_done and only_lock, "signed_out": is_done and not only_lock})
    elif is_done:
        typer.echo(f"locked; your password unlocks it: {sign_ins.policy.words.sign_in}" if only_lock else "signed out")
    else:
        typer.echo("no user was signed in")
