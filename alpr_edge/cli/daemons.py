"""``alpr-edge run`` and ``alpr-edge uplink``: the daemons of the car."""

import signal
import threading
from types import FrameType

import typer

from alpr_edge.app.capture_daemon import CaptureDaemon
from alpr_edge.app.uplink_daemon import UplinkDaemon
from alpr_edge.cli.common import DEFAULT_SETTINGS, SettingsOption
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import load


def run(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Watch: cameras to outbox. SIGTERM drains and ends with 0."""
    _serve(CaptureDaemon, settings)


def uplink(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Send the outbox to the department's storage. SIGTERM ends with 0."""
    _serve(UplinkDaemon, settings)


def _serve(kind: type[CaptureDaemon] | type[UplinkDaemon], settings: SettingsOption) -> None:
    configure_logs(verbose=True)
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, ask)
    kind(load(settings), stop).run()
    raise typer.Exit(0)
