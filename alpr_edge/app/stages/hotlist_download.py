"""The stage of the uplink daemon that downloads lists, apart from delivery: a long list must not hold up a hit."""

import threading
from collections.abc import Callable

from alpr_edge.uplink.hotlist_fetcher import ListFetcher

WAIT_S = 1.0


class HotlistDownloadStage:
    """Steps a fetcher until the uplink stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`.

    Args:
        fetcher: downloads at most one list a step.
    """

    name = "lists"

    def __init__(self, fetcher: ListFetcher) -> None:
        self._fetcher = fetcher

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Download what is due, and at once what a receipt names as newer."""

        def show_life() -> None:
            beat()
            if stop.is_set():
                raise _StoppedError

        try:
            while not stop.is_set():
                beat()
                self._fetcher.wait(min(self._fetcher.step(show_life), WAIT_S))
        except _StoppedError:
            return

    def finish(self) -> None:
        """Do nothing: a partial download is continued at the next start."""


class _StoppedError(Exception):
    """The unit stops in the middle of a transfer."""
