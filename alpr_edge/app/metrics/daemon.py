"""The daemon that answers a Prometheus on this computer. It has neither keys nor devices, and opens no database."""

import threading
from http.server import HTTPServer

from alpr_edge.app.metrics.exposition import UnitCollector
from alpr_edge.settings import Settings
from alpr_edge.web.metrics.listener import answer_until, open_listener


class MetricsDaemon:
    """The running daemon."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop

    def run(self) -> None:
        """Answer until stopped.

        Raises:
            AlprEdgeError: the port is taken.
        """
        answer_until(open_server(self._settings), self._stop)


def open_server(settings: Settings) -> HTTPServer:
    """A server for the metrics of a unit, which listens and does not answer yet."""
    return open_listener(UnitCollector(settings), settings.metrics.host, settings.metrics.port)
