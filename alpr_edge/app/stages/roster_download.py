"""The stage of the uplink that fetches the department's roster, beside deliveries and lists."""

import threading
from collections.abc import Callable

from alpr_edge.uplink.roster_downloader import RosterDownloader

WAIT_S = 1.0


class RosterDownloadStage:
    """Steps a downloader until the uplink stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`.

    Args:
        downloader: asks the department when it is time.
    """

    name = "roster"

    def __init__(self, downloader: RosterDownloader) -> None:
        self._downloader = downloader

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Ask at the start, every so often, and at once when an answer names a newer roster."""

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
        """Do nothing: a transfer that was cut off is made again at the next start."""


class _StoppedError(Exception):
    """The uplink stops in the middle of a transfer."""
