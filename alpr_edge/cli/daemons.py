"""The daemons of the car: ``alpr-edge run``, ``uplink``, ``console`` and ``unit metrics``."""

from __future__ import annotations

import gc
import signal
from functools import partial
from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, SettingsOption

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from alpr_edge.app.capture_daemon import CaptureDaemon
    from alpr_edge.app.console_start import ConsoleStart
    from alpr_edge.app.metrics.daemon import MetricsDaemon
    from alpr_edge.app.uplink_daemon import UplinkDaemon
    from alpr_edge.settings import Settings
    from alpr_edge.settings.layers.department_layer import LayeredSettings

    Daemon = CaptureDaemon | UplinkDaemon | ConsoleStart | MetricsDaemon


def run(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Watch: cameras to outbox. SIGTERM drains and ends with 0."""
    from alpr_edge.app.capture_daemon import CaptureDaemon

    # What the imports made lives as long as the unit. A collection that looked through it all would take 60 ms, in
    # which no thread runs and the tone of a hit waits.
    gc.freeze()
    _serve(lambda unit, stop: CaptureDaemon(unit.settings, stop, settings, unit), settings)


def uplink(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Send the outbox to the department's storage. SIGTERM ends with 0."""
    from alpr_edge.app.uplink_daemon import UplinkDaemon

    _serve(lambda unit, stop: UplinkDaemon(unit.settings, stop, settings), settings)


def console(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Serve the page for officers over TLS, beside a unit that runs. SIGTERM ends with 0."""
    from alpr_edge.app.console_start import ConsoleStart

    def serve(unit: Settings, stop: threading.Event) -> None:
        from alpr_edge.app.console_daemon import ConsoleDaemon

        ConsoleDaemon(unit, stop).run()

    _serve(lambda unit, stop: ConsoleStart(unit.settings, stop, partial(serve, unit.settings, stop)), settings)


def metrics(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Serve the unit's figures to a Prometheus on this computer, from the health files alone. SIGTERM ends with 0."""
    from alpr_edge.app.metrics.daemon import MetricsDaemon

    _serve(lambda unit, stop: MetricsDaemon(unit.settings, stop), settings)


def _serve(make: Callable[[LayeredSettings, threading.Event], Daemon], settings: SettingsOption) -> None:
    from alpr_edge.runtime.interrupts import stop_at
    from alpr_edge.runtime.logs import configure_logs
    from alpr_edge.runtime.memory import bound_heaps
    from alpr_edge.settings.layers.department_layer import load_layers

    bound_heaps()
    configure_logs(verbose=True)
    stop = stop_at(signal.SIGTERM, signal.SIGINT)
    make(load_layers(settings), stop).run()
    raise typer.Exit(0)
