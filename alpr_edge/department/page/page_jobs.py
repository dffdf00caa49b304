"""What takes long and is begun on a page: it is done in a thread, while a page tells how far it is.

Each is known by a random word to the session that began it, and what came of it is forgotten once that session is
locked or ends. What was begun goes on: it was allowed, and stands on record, before.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from alpr_edge.department.page.page_parts import page_words
from alpr_edge.domain.errors import AlprEdgeError, SearchError
from alpr_edge.web.lookup_memory import LookupMemory
from alpr_edge.web.visitor import Visitor

AT_ONCE_MAX = 2
"""Jobs that are done at the same time; each reads much."""
PER_SESSION_MAX = 4
KEPT_S = 4 * 3600.0
"""How long one is known, from its begin."""
BROKE_OFF = "it broke off; ask for it again"
Tick = Callable[[int, int], None]
"""Receives how much is done, and how much there is."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class PageJob:
    """Something that takes long, as far as it is."""

    title: str
    back: str
    """The path that its page leads back to."""
    leads_to: Callable[[str, Any], str]
    """Where its page leads once it is done, by its word and what came of it."""
    done: int = 0
    total: int = 0
    """0: not known yet."""
    result: object = field(default=None, repr=False)
    """What came of it; None: nothing yet."""
    fault: str = ""
    is_over: bool = False

    def tick(self, done: int, total: int) -> None:
        """Take how much is done, and how much there is."""
        self.done, self.total = done, total


class PageJobs:
    """The jobs of all sessions; threads may share it."""

    def __init__(self) -> None:
        self._memory = LookupMemory(KEPT_S, PER_SESSION_MAX)
        self._free = threading.BoundedSemaphore(AT_ONCE_MAX)

    def begin(self, visitor: Visitor, job: PageJob, work: Callable[[Tick], object]) -> str:
        """Begin one in a thread; returns its word."""
        if not self._free.acquire(blocking=False):
            raise SearchError("others wait for work like this at the moment; try again in some minutes")
        word = self._memory.add(visitor, job)
        threading.Thread(target=self._run, args=(job, work), name="page job", daemon=True).start()
        return word

    def find(self, visitor: Visitor, word: str) -> PageJob:
        """The job of a word. Raises SearchError where there is none, or another session began it."""
        return self._memory.find(visitor, word, PageJob)

    def take(self, visitor: Visitor, word: str) -> PageJob:
        """The job of a word, once; raises as :meth:`find`."""
        return self._memory.take(visitor, word, PageJob)

    def forget(self, visitor: Visitor) -> None:
        """Forget what came of the jobs of a visitor's session."""
        self._memory.forget(visitor)

    def _run(self, job: PageJob, work: Callable[[Tick], object]) -> None:
        try:
            job.result = work(job.tick)
        except AlprEdgeError as error:
            log.warning("department.page_job_failed", reason=type(error).__name__)
            job.fault = page_words(error)
        finally:
            job.fault = job.fault or (BROKE_OFF if job.result is None else "")
            job.is_over = True
            self._free.release()
