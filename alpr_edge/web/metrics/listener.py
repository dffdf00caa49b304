"""Answers a Prometheus on this computer: on the loopback alone, one request at a time, each within a few seconds."""

import socket
import threading
from http.server import HTTPServer

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import MetricsHandler
from prometheus_client.registry import Collector

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.notify import ServiceManager

PATH = "/metrics"
REQUEST_S_MAX = 5.0
STOP_S_MAX = 10.0
ALIVE_S = 10.0

log = structlog.get_logger(__name__)


def open_listener(collector: Collector, host: str, port: int) -> HTTPServer:
    """A server for the metrics of a collector, which listens and does not answer yet.

    Raises:
        AlprEdgeError: the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    handler = type("CollectorHandler", (_Handler,), {"registry": registry})
    kind = _Ipv6Server if ":" in host else HTTPServer
    with io_errors(f"{host} port {port}: cannot listen", AlprEdgeError, "is it taken?"):
        return kind((host, port), handler)


def answer_until(server: HTTPServer, stop: threading.Event) -> None:
    """Answer requests until stopped, and tell the service manager."""
    manager = ServiceManager()
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    log.info("metrics.serving", port=server.server_port)
    manager.ready("serving")
    while not stop.wait(ALIVE_S) and thread.is_alive():
        manager.alive()
    server.shutdown()
    thread.join(STOP_S_MAX)
    server.server_close()


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
