"""Runs work whose failure must not end the caller, and reports the failure until the work succeeds again."""

from collections.abc import Callable
from typing import TypeVar

import structlog

from alpr_edge.domain.errors import StoreError

T = TypeVar("T")
U = TypeVar("U")

log = structlog.get_logger(__name__)


class Attempts:
    """Runs pieces of work and remembers those whose last run failed."""

    def __init__(self) -> None:
        self._failures: dict[str, str] = {}

    def do(self, what: str, work: Callable[[], T], *, otherwise: U) -> T | U:
        """Run a piece of work that uses the store or the disk.

        Args:
            work: the work; may raise StoreError or OSError.
        """
        try:
            result = work()
        except (StoreError, OSError) as error:
            if what not in self._failures:
                log.error("attempt.failed", what=what, failure=str(error))
            self._failures[what] = str(error)
            return otherwise
        self._failures.pop(what, None)
        return result

    def faults(self) -> list[str]:
        """A short line for each piece of work whose last run failed."""
        return [f"{what}: not known: {failure}" for what, failure in tuple(self._failures.items())]
