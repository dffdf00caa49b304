"""The daemon that answers a Prometheus on this computer. It has neither keys nor devices, and opens no database.

It listens on the loopback alone, answers one request at a time and gives each a few seconds.
"""

import socket
import threading
from http.server import HTTPServer

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import MetricsHandler

from alpr_edge.app.metrics.exposition import UnitCollector
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings

PATH = "/metrics"
REQUEST_S_MAX = 5.0
STOP_S_MAX = 10.0
ALIVE_S = 10.0

log = structlog.get_logger(__name__)


class MetricsDaemon:
    """The running daemon.

    Args:
        settings: the settings of this unit.
        stop: the event that SIGTERM sets.
    """

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop

    def run(self) -> None:
        """Answer until stopped.

        Raises:
            AlprEdgeError: the port is taken.
        """
        manager, server = ServiceManager(), open_server(self._settings)
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        log.info("metrics.serving", port=server.server_port)
        manager.ready("serving")
        while not self._stop.wait(ALIVE_S) and thread.is_alive():
            manager.alive()
        server.shutdown()
        thread.join(STOP_S_MAX)
        server.server_close()


def open_server(settings: Settings) -> HTTPServer:
    """A server for the metrics of a unit, which listens and does not answer yet.

    Raises:
        AlprEdgeError: the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(UnitCollector(settings))
    handler = type("UnitMetricsHandler", (_Handler,), {"registry": registry})
    host, port = settings.metrics.host, settings.metrics.port
    kind = _Ipv6Server if ":" in host else HTTPServer
    with io_errors(f"{host} port {port}: cannot listen", AlprEdgeError, "is it taken?"):
        return kind((host, port), handler)


class _Ipv6Server(HTTPServer):
    address_family = socket.AF_INET6


class _Handler(MetricsHandler):
    timeout = REQUEST_S_MAX
    server_version, sys_version = "alpr-edge", ""

    def do_GET(self) -> None:  # noqa: N802 - as the base has it
        """Answer with all metrics, or with 404."""
        if self.path.partition("?")[0] != PATH:
            self.send_error(404, f"there is only {PATH}")
            return
        super().do_GET()
