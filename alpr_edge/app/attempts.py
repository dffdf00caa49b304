"""Things of which none may end what does them: one that fails is left out, and named until it goes again."""

from collections.abc import Callable
from typing import TypeVar

import structlog

from alpr_edge.domain.errors import StoreError

T = TypeVar("T")
U = TypeVar("U")

log = structlog.get_logger(__name__)


class Attempts:
    """What was tried, and what of it failed last."""

    def __init__(self) -> None:
        self._failures: dict[str, str] = {}

    def do(self, what: str, work: Callable[[], T], *, otherwise: U) -> T | U:
        """Try something that asks the store or the disk.

        Args:
            what: names it for a person.
            work: may raise StoreError or OSError.
            otherwise: is returned then.
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
        """What failed last, a short line each."""
        return [f"{what}: not known: {failure}" for what, failure in self._failures.items()]
