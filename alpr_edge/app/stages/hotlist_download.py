"""The stage of the uplink that downloads lists, beside the one that delivers: a long list must not hold up a hit."""

import threading
from collections.abc import Callable

from alpr_edge.uplink.hotlist_downloader import HotlistDownloader

WAIT_S = 1.0


class HotlistDownloadStage:
    """Steps a downloader until the uplink stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`.

    Args:
        downloader: checks one list with each step, and downloads it when it is due.
    """

    name = "lists"

    def __init__(self, downloader: HotlistDownloader) -> None:
        self._downloader = downloader

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Download what is due, and at once what a receipt names as newer."""

        def show_life() -> None:
            beat()
            if stop.is_set():
                raise _StoppedError

        try:
            while not stop.is_set():
                beat()
                self._downloader.wait(min(self._downloader.step(show_life), WAIT_S))
        except _StoppedError:
            return

    def finish(self) -> None:
        """Do nothing: a partial download is continued at the next start."""


class _StoppedError(Exception):
    """The unit stops in the middle of a transfer."""
