"""The health address: ``GET /health`` over plain HTTP, for the department's own monitoring on this machine.

It listens on the loopback address alone, answers one request at a time and gives each a few seconds. Status 200: the
department serves; 503: it does not.
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors

HEALTH_PATH = "/health"
HOST = "127.0.0.1"
REQUEST_S_MAX = 5.0
STOP_S_MAX = 10.0

Report = Callable[[], tuple[bool, dict[str, Any]]]


class HealthListener:
    """Serves the health from a thread of its own, so that it also answers when the server does not.

    Args:
        port: 0 takes a free one.
    """

    def __init__(self, report: Report, port: int) -> None:
        handler = type("HealthHandler", (_Handler,), {"report": staticmethod(report)})
        with io_errors(f"{HOST} port {port}: cannot listen", DepartmentError, "is it taken?"):
            self._server = HTTPServer((HOST, port), handler)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(STOP_S_MAX)
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S_MAX
    server_version, sys_version = "alpr-edge", ""
    report: Report

    def do_GET(self) -> None:
        """Answer with the health, or with 404."""
        if self.path != HEALTH_PATH:
            self._send(404, {"detail": f"there is only {HEALTH_PATH}"})
            return
        serves, content = self.report()
        self._send(200 if serves else 503, content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as the base has it
        """Log nothing: monitoring asks every few seconds."""

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
