"""The health file of the daemon of the cameras."""

from dataclasses import replace
from pathlib import Path

import structlog

from alpr_edge.runtime.health import Health, write_health

log = structlog.get_logger(__name__)


class RunHealth:
    """Writes the health of a unit; a file that cannot be written is logged, as a full disk must not end the unit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = Health("run", ready=False, troubles=(), working=False)

    def write(self, health: Health) -> None:
        """Replace the file."""
        self._last = health
        try:
            write_health(self._folder, health)
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)

    def close(self) -> None:
        """Leave a file that says that the unit does not run."""
        self.write(replace(self._last, ready=False, working=False))
