"""Serves the page over TLS in this process, bounded in connections and time."""

import ssl

from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from alpr_edge.web.bounded_server import BoundedServer, server_config

CONNECTIONS_MAX = 64
STOP_S_MAX = 2


def console_server(application: ASGIApp, context: ssl.SSLContext) -> BoundedServer:
    """A server of the page for sockets that are given to it.

    Args:
        application: the page.
        context: its certificate.
    """
    return BoundedServer(server_config(application, context, H11Protocol, CONNECTIONS_MAX, STOP_S_MAX))
