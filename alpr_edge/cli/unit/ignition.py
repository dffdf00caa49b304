"""``alpr-edge unit ignition``: read the ignition, or set it by hand."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import PowerError

if TYPE_CHECKING:
    from alpr_edge.settings import Settings


class IgnitionState(StrEnum):
    """The states of an ignition."""

    ON = "on"
    OFF = "off"


def ignition_command(
    state: Annotated[IgnitionState | None, typer.Argument(help="State to set; default: show it.")] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the ignition state as the unit reads it; or set it, if [power] ignition is "file"."""
    from alpr_edge.settings import load

    result = _read_state(load(settings)) if state is None else _write_state(load(settings), state)
    print_object({"ignition": result}) if as_json else typer.echo(result)


def _read_state(settings: Settings) -> str:
    from alpr_edge.app.instance_lock import is_locked
    from alpr_edge.app.stages.power import open_ignition
    from alpr_edge.diagnostics.ignition import reported_word

    ignition = open_ignition(settings)
    if ignition is None:
        return "none"
    if settings.power.ignition == "gpio" and is_locked(settings.unit.data_directory):
        word = reported_word(settings)  # alpr-edge run holds the line
        if word is None:
            raise PowerError("alpr-edge run holds the line and cannot read it, or has not yet: alpr-edge unit status")
        return word
    return IgnitionState.ON if ignition.is_on() else IgnitionState.OFF


def _write_state(settings: Settings, state: IgnitionState) -> str:
    from alpr_edge.power.files import write_word

    kind = settings.power.ignition
    if kind != "file":
        raise PowerError(f'power.ignition is "{kind}": a command can set it only if it is "file"')
    write_word(settings.unit.runtime_directory, is_on=state is IgnitionState.ON)
    return state
