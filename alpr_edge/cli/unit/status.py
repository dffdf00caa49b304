"""``alpr-edge unit status``: the health of this unit in one screen. Shows no plates."""

from __future__ import annotations

from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alpr_edge.domain.diagnostics.unit_parts import PartHealth
    from alpr_edge.runtime.health import Health
    from alpr_edge.services.unit_health.daemons import Daemon

WIDTH = 80
_NO_READY_NOTE = "Reading plates, but the faults below block the ready tone"
_FIGURES = {
    "has_fix": "position known",
    "utc_source": "time from",
    "restarts": "restarts of stages",
    "outbox_ready": "items waiting for the department",
    "last_receipt": "last receipt",
    "certificate_days_left": "days until the certificate expires",
    "power": "power",
    "muted_minutes_left": "minutes until hits sound again",
    "model_files": "model files",
}
"""Figures of health files that are shown, with their words."""


def status_command(
    is_watch: Annotated[bool, typer.Option("--watch", help="Refresh once a second; q or Ctrl-C ends it.")] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show this unit's health in one screen, no plates. Exit code 1 if a daemon is not running or has faults."""
    from alpr_edge.services.unit_health.daemons import DAEMONS, is_well, reports
    from alpr_edge.services.unit_health.overview import health_of
    from alpr_edge.settings import load

    unit = load(settings)
    if is_watch and not as_json:
        from alpr_edge.cli.unit.status_screen import watch

        watch(unit)
        return
    told = reports(unit)
    health = health_of(unit, told)
    if as_json:
        daemons = {name: _fields(each) for name, each in told.items()}
        print_object({"unit": unit.unit.id, "daemons": daemons, "parts": health.parts})
    else:
        typer.echo(f"unit      {unit.unit.id}")
        for daemon in (each for each in DAEMONS if each.name in told):
            typer.echo("\n".join(_lines(daemon, told[daemon.name])))
        typer.echo("\n".join((*_todo_lines(health.bad_parts), *_ended_lines(told.get("run")))))
    if not all(is_well(each) for each in told.values()):
        raise typer.Exit(1)


def _fields(health: Health | None) -> dict[str, Any]:
    if health is None:
        return {"running": False, "ready": False, "working": None, "troubles": [], "warnings": [], "figures": {}}
    return {
        "running": True,
        "ready": health.ready,
        "working": health.working,
        "troubles": health.troubles,
        "warnings": health.warnings,
        "figures": health.figures,
    }


def _lines(daemon: Daemon, health: Health | None) -> list[str]:
    if health is None:
        return [f"{daemon.name:<8}  not running; see: systemctl status {daemon.service}"]
    state = daemon.doing if health.ready else "not ready"
    if health.ready and health.working is False:
        state = _NO_READY_NOTE
    lines = [f"{daemon.name:<8}  {state}" + (f", faults: {len(health.troubles)}" if health.troubles else "")]
    lines += [f"  trouble   {trouble}" for trouble in health.troubles]
    lines += [f"  warning   {warning}" for warning in health.warnings]
    lines += [_camera_line(camera_id, told) for camera_id, told in health.figures.get("cameras", {}).items()]
    figures = {words: health.figures.get(key) for key, words in _FIGURES.items()}
    return lines + [f"  {words}: {_value_text(value)}" for words, value in figures.items() if value is not None]


def _todo_lines(parts: Sequence[PartHealth]) -> list[str]:
    """What to do about each part that is not well; that all of them are, where none is."""
    if not parts:
        return ["to do     nothing"]
    texts = [f"{part.name}, {part.words}: {part.todo}" for part in parts]
    return [
        "to do",
        *(line for text in texts for line in wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")),
    ]


def _ended_lines(run: Health | None) -> list[str]:
    """The faults that the daemon of the cameras told and that are over, the newest first."""
    ended = run.figures.get("ended_faults", []) if run is not None else []
    lines = (f"{each['name']}, {each['words']}: {_span_text(each)}" for each in ended)
    return ["over", *(f"  {line}" for line in lines)] if ended else []


def _span_text(ended: dict[str, Any]) -> str:
    times = ended.get("times", 1)
    lasted = f"{ended['lasted_s']} s" + (f", {times} times" if times > 1 else "")
    if ended["since"] is None or ended["until"] is None:
        return f"for {lasted}, at an unknown time"
    since, until = (time_text(datetime.fromisoformat(ended[name])) for name in ("since", "until"))
    return f"{since} to {until}, {lasted}"


def _camera_line(camera_id: str, told: dict[str, Any]) -> str:
    """The frames of a camera; of an older daemon, which does not count them for each, its name alone."""
    if "frames_per_s" not in told:
        return f"  camera {camera_id}"
    late = "" if told["result_ms_median"] is None else f", read after {told['result_ms_median']:.0f} ms"
    worst = f" (at worst {told['result_ms_worst']:.0f})" if late else ""
    gone = f", {told['dropped']} of {told['captured']} dropped" + (f", {told['lost']} lost" if told["lost"] else "")
    return f"  camera {camera_id}: {told['frames_per_s']:g} frames/s{late}{worst}{gone}"


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items() if count) or "none"
    return str(value)
