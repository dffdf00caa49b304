"""Opens this machine's clock, by which every process of a unit judges dates."""

from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.time_sources import TimeSources
from alpr_edge.settings import Settings


def open_clock(settings: Settings) -> SystemClock:
    """Open the clock of a unit: this machine's, or the receiver's while nothing sets this machine's."""
    return _open(settings, asks_reader=True)


def open_computer_clock(settings: Settings) -> SystemClock:
    """Open this machine's clock alone, for whoever reads the receiver."""
    return _open(settings, asks_reader=False)


def _open(settings: Settings, *, asks_reader: bool) -> SystemClock:
    directory = settings.unit.runtime_directory
    return SystemClock(TimeSources(settings.position.chrony_port, directory, asks_reader=asks_reader))
