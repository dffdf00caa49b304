"""Opens this machine's clock, by which every process of a unit judges dates."""

from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.time_sources import TimeSources
from alpr_edge.settings import Settings


def open_clock(settings: Settings) -> SystemClock:
    """Open this machine's clock with all its sources of trust.

    The capture daemon reads its receiver first (:class:`~alpr_edge.position.fix_history.GnssClock`).
    """
    return SystemClock(TimeSources(settings.position.chrony_port, settings.unit.runtime_directory))
