"""The stages of the uplink that exchange documents beside the one that delivers: none of them holds up a hit."""

import threading
from collections.abc import Callable
from typing import Protocol

from alpr_edge.runtime.network.bounded_transport import StoppedError

WAIT_S = 1.0


class Downloader(Protocol):
    """Downloads what is due, a step at a time."""

    def step(self, beat: Callable[[], None]) -> float:
        """Download what is due; returns the seconds until something is."""

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the moment when the department names something newer."""


class DownloadStage:
    """Steps a downloader until the uplink stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    def __init__(self, name: str, downloader: Downloader) -> None:
        self.name = name
        self._downloader = downloader

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Download what is due, and at once what an answer names as newer."""

        def show_life() -> None:
            beat()
            if stop.is_set():
                raise StoppedError

        try:
            while not stop.is_set():
                beat()
                self._downloader.wait(min(self._downloader.step(show_life), WAIT_S))
        except StoppedError:
            return

    def finish(self) -> None:
        """Do nothing: a transfer that was cut off goes on, or is made again, at the next start."""
