"""The live screen of ``alpr-edge unit status --watch``: the health files once a second. Shows no plates."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from alpr_edge.domain.diagnostics.unit_parts import PartState
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.list_ages import age_words
from alpr_edge.services.unit_health.daemons import DAEMONS, reports
from alpr_edge.services.unit_health.figures import UnitFigures, figures_of
from alpr_edge.services.unit_health.overview import health_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from alpr_edge.domain.diagnostics.unit_parts import UnitHealth
    from alpr_edge.services.unit_health.figures import CameraFigures, DaemonFigures
    from alpr_edge.settings import Settings

REFRESH_S = 1.0
KEYS_MAX = 16
UNKNOWN = "-"
_DOING = {daemon.name: daemon.doing for daemon in DAEMONS}
_COLOURS = {PartState.WELL: "green", PartState.UNKNOWN: "dim", PartState.ATTENTION: "yellow", PartState.FAULT: "red"}
_CLOCKS = {"gnss": "by the receiver", "ntp": "by a time server"}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def watch(settings: Settings) -> None:
    """Show the screen until q or Ctrl-C is pressed."""
    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        raise AlprEdgeError("--watch needs a terminal; programs can use: alpr-edge unit status --json")
    with suppress(KeyboardInterrupt), _single_keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(screen(settings), refresh=True)
            if _quit_within(REFRESH_S):
                return


def screen(settings: Settings) -> RenderableType:
    """One look at the health files, to be shown."""
    told = reports(settings)
    health, figures = health_of(settings, told), figures_of(told)
    return Group(
        Text.assemble(("unit ", "bold"), (settings.unit.id, "bold"), "   ", *_daemon_words(figures), overflow="fold"),
        _camera_table(figures, health),
        _figure_grid(figures, health),
        *_trouble_lines(health),
        Text("q or Ctrl-C: quit", style="dim"),
    )


def _daemon_words(figures: UnitFigures) -> Iterator[tuple[str, str]]:
    for daemon in figures.daemons:
        yield f"{daemon.name} ", "dim"
        yield f"{_daemon_state(daemon)}  ", "green" if daemon.is_ready else "red"


def _daemon_state(daemon: DaemonFigures) -> str:
    if not daemon.is_running:
        return "not running"
    since = "" if daemon.uptime_s is None else f" for {_span_words(daemon.uptime_s)}"
    return f"{_DOING[daemon.name]}{since}" if daemon.is_ready else "not ready"


def _camera_table(figures: UnitFigures, health: UnitHealth) -> Table:
    table = Table("camera", box=None, pad_edge=False, expand=True)
    for head in ("frames/s", "read after", "dropped", "lost", "reads", "hits"):
        table.add_column(head, justify="right")
    table.add_column("state")
    states = {part.name: part for part in health.parts}
    for camera in figures.cameras:
        part = states.get(f"camera {camera.camera_id}")
        words = Text(UNKNOWN) if part is None else Text(part.words, style=_COLOURS[part.state])
        table.add_row(camera.camera_id, *_camera_cells(camera), words)
    return table


def _camera_cells(camera: CameraFigures) -> tuple[str, ...]:
    rate = UNKNOWN if camera.frames_per_s is None else f"{camera.frames_per_s:.1f}"
    late = UNKNOWN if camera.result_ms is None else f"{camera.result_ms:.0f} ms"
    return rate, late, *(_count_words(each) for each in (camera.dropped, camera.lost, camera.reads, camera.hits))


def _figure_grid(figures: UnitFigures, health: UnitHealth) -> Table:
    """Name and value, and the state of the part beside it, where one is not well."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, value in _figure_rows(figures, health):
        grid.add_row(name, value)
    return grid


def _figure_rows(figures: UnitFigures, health: UnitHealth) -> Iterator[tuple[str, str]]:
    reads, hits = (_count_words(figures.total(name)) for name in ("reads", "hits"))
    yield "reads, hits", f"{reads}, {hits} since the start"
    oldest = "" if figures.queue_oldest_s is None else f", the oldest for {_span_words(figures.queue_oldest_s)}"
    refused = f", {figures.queue_refused:,} refused" if figures.queue_refused else ""
    yield "queue", f"{_count_words(figures.queue_items)} waiting{oldest}{refused}"
    yield "link", figures.link or UNKNOWN
    for each in figures.lists:
        age = None if each.age_s is None else timedelta(seconds=each.age_s)
        yield f"list {each.source}", f"{_count_words(each.entries)} entries, {age_words(age)}"
    source = figures.clock_source
    yield "clock", UNKNOWN if source is None else _CLOCKS.get(source, "not confirmed")
    yield "position", {None: UNKNOWN, True: "known", False: "not known"}[figures.has_fix]
    yield "disk", next((part.finding for part in health.parts if part.name == "disk"), UNKNOWN)
    heat = UNKNOWN if figures.temperature_c is None else f"{figures.temperature_c:.0f} C"
    yield "temperature", f"{heat}, throttled" if figures.is_throttled else heat
    versions = {daemon.version for daemon in figures.daemons if daemon.version}
    yield "version", ", ".join(sorted(versions)) or UNKNOWN


def _trouble_lines(health: UnitHealth) -> list[Text]:
    """What is wrong at present, the gravest first, and what to do about it."""
    lines = [
        Text.assemble((f"{part.name}, {part.words}", _COLOURS[part.state]), f": {part.todo}", overflow="fold")
        for part in health.bad_parts
    ]
    return lines or [Text("to do: nothing", style="green")]


def _count_words(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _span_words(seconds: float) -> str:
    """A time span at a glance: 42 s, 12 min, 3.5 h, 2.1 days."""
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h" if seconds < _DAY_S else f"{seconds / _DAY_S:.1f} days"


@contextmanager
def _single_keys() -> Iterator[None]:
    """Let the terminal give each key at once, while inside; nothing where the input is no terminal."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _quit_within(seconds: float) -> bool:
    """Wait for the next refresh; True when q was pressed meanwhile."""
    keys, until_s = sys.stdin.fileno() if sys.stdin.isatty() else None, time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        if keys is None:
            time.sleep(left_s)
        elif select.select([keys], [], [], left_s)[0] and os.read(keys, KEYS_MAX) in {b"q", b"Q", b""}:
            return True
    return False
