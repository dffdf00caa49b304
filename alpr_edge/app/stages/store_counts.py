"""The stage that counts what waits in the store, so that a disk that hangs does not stop the round of the daemon."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alpr_edge.app.attempts import Attempts
from alpr_edge.domain.ports import Clock
from alpr_edge.store.outbox.oldest_item import OldestWaiting
from alpr_edge.store.unit_store import UnitStore

COUNT_S = 1.0

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Count:
    """The result of one count, with its moment on the monotonic clock."""

    figures: Figures
    at_s: float


class StoreCounts:
    """Counts once a second; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor` that may be replaced.

    Args:
        count: a function that counts, which may take long; its names are those of :func:`store_figures`.
    """

    name = "counts"

    def __init__(self, count: Callable[[], Figures]) -> None:
        self._count = count
        self._last: _Count | None = None

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Count until the unit stops."""
        while not stop.is_set():
            beat()
            figures = self._count()
            beat()  # ends a thread that hung here while another counted
            self._last = _Count(figures, time.monotonic())
            stop.wait(COUNT_S)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def figures(self) -> dict[str, Any]:
        """The last count with its age in seconds; None for every value before the first. Never waits."""
        last = self._last
        if last is None:
            names = "outbox_ready", "outbox_quarantined", "outbox_oldest_s", "records_set_aside", "counts_age_s"
            return dict.fromkeys(names)
        return {**last.figures, "counts_age_s": round(time.monotonic() - last.at_s, 1)}


def store_figures(store: UnitStore, oldest: OldestWaiting, attempts: Attempts, clock: Clock) -> dict[str, Any]:
    """How much waits in the store, and for how long; None for a value that cannot be determined now."""
    counts = attempts.do("outbox", store.outbox.shown_counts, otherwise=None)
    since = attempts.do("age of the outbox", oldest.queued_utc, otherwise=None)
    waits_s = None if since is None or (now := clock.now().utc) is None else max(0.0, (now - since).total_seconds())
    return {
        "outbox_ready": counts and counts.ready,
        "outbox_quarantined": counts and counts.quarantined,
        "outbox_oldest_s": None if waits_s is None or not (counts and counts.ready) else round(waits_s),
        "records_set_aside": attempts.do("records set aside", store.refused_records.count, otherwise=None),
    }


def store_warnings(figures: Figures) -> list[str]:
    """A line while there are records that the store refused."""
    line = "records that could not be stored are set aside; run: alpr-edge unit refused"
    return [line] if figures["records_set_aside"] else []
