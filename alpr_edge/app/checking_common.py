"""What the checks share: the unit's settings, its clock, and what a running unit says of itself."""

import time
from dataclasses import replace
from pathlib import Path

from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.position.keeper import FixKeeper, GnssClock
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import Health, read_health
from alpr_edge.runtime.kernel_clock import is_synchronised
from alpr_edge.settings import Settings

TOLD_S_MAX = 10.0
"""A working unit tells how it is once a second."""


class Bench:
    """One examination.

    Args:
        settings: of the unit.
        running: whether ``alpr-edge run`` works on the data folder.
        skip: names of checks not to do.
        microphone: ALSA's name of a capture device.
        card_m: from lens to test card; None: not known.
        system: this machine's clock.
    """

    def __init__(
        self,
        settings: Settings,
        running: bool,  # noqa: FBT001 - one fact among six
        skip: frozenset[str],
        microphone: str,
        card_m: float | None,
        system: SystemClock,
    ) -> None:
        self.settings = settings
        self.running = running
        self.skip = skip
        self.microphone = microphone
        self.card_m = card_m
        self.keeper = FixKeeper(settings.position.age_ms_max)
        self.system = system

    def system_now(self) -> Instant:
        """By the computer's clock; trusted where a time daemon keeps it."""
        now = self.system.now()
        return replace(now, utc_source=UtcSource.NTP) if now.utc is not None and is_synchronised() else now

    def now(self) -> Instant:
        """By the receiver, else by the computer's clock."""
        now = self.system_now()
        return GnssClock(_Fixed(now), self.keeper).now()

    def told(self) -> Health | None:
        """What the running unit says of itself; None when it has not for a while."""
        return fresh_health(self.settings.unit.runtime_directory)


class _Fixed:
    """A clock at the moment it was read."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def now(self) -> Instant:
        """That moment."""
        return self._now


def fresh_health(directory: Path) -> Health | None:
    """The unit's health file, if it is not older than :data:`TOLD_S_MAX`."""
    try:
        age_s = time.time() - (directory / "run.json").stat().st_mtime
    except OSError:
        return None
    return read_health(directory, "run") if age_s <= TOLD_S_MAX else None
