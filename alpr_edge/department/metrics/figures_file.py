"""Writes the department's figures once a minute, from a thread of the server."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from alpr_edge.department.metrics.exposition import FILE_NAME
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.health import Health, write_health

INTERVAL_S = 60.0
STOP_S_MAX = 10.0

log = structlog.get_logger(__name__)


class FiguresFile:
    """The file of figures; written from the beginning of a ``with`` to its end, and gone after it.

    What cannot be found out or written is logged once until it works again: the server does not depend on it.

    Args:
        interval_s: seconds between two.
    """

    def __init__(self, folder: Path, collect: Callable[[], dict[str, Any]], interval_s: float = INTERVAL_S) -> None:
        self._folder = folder
        self._collect = collect
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="figures", daemon=True)

    def __enter__(self) -> Self:
        """Begin to write."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and remove the file."""
        self._stop.set()
        self._thread.join(STOP_S_MAX)
        with suppress(OSError):  # what stays is known by its age
            (self._folder / f"{FILE_NAME}.json").unlink()

    def _run(self) -> None:
        while True:
            self._write()
            if self._stop.wait(self._interval_s):
                return

    def _write(self) -> None:
        try:
            write_health(self._folder, Health(FILE_NAME, ready=True, troubles=(), figures=self._collect()))
        except (AlprEdgeError, OSError) as error:
            if not self._is_failing:
                log.warning("department.figures_not_written", reason=str(error))
            self._is_failing = True
        else:
            self._is_failing = False
