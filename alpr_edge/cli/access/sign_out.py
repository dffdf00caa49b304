"""``alpr-edge sign-out``: end the session of this login, or lock it."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.opening import command_caller
from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object


def sign_out_command(
    lock: Annotated[bool, typer.Option("--lock", help="Only lock it: the password opens it again.")] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """End your session on this unit. Without one nothing happens."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.authorisation.opening import open_sign_in_desk
    from alpr_edge.settings import load

    unit = load(settings)
    caller = command_caller(unit)
    with open_sign_in_desk(unit, caller, open_clock(unit)) as desk:
        is_done = desk.lock() if lock else desk.sign_out()
    if not lock:
        remove_token(unit.unit.runtime_directory, caller.login)
    if as_json:
        print_object({"locked": is_done and lock, "signed_out": is_done and not lock})
    elif is_done:
        typer.echo("locked; your password opens it: alpr-edge sign-in" if lock else "signed out")
    else:
        typer.echo("nobody was signed in")
