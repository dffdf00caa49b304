"""Serves the page over TLS in this process, bounded in connections and time."""

import ssl

import uvicorn
from starlette.types import ASGIApp

from alpr_edge.web.bounded_server import BoundedServer

CONNECTIONS_MAX = 64
KEEP_ALIVE_S = 30
STOP_S_MAX = 2


def console_server(application: ASGIApp, context: ssl.SSLContext) -> BoundedServer:
    """A server of the page for sockets that are given to it.

    Args:
        application: the page.
        context: its certificate.
    """
    config = uvicorn.Config(
        application,
        http="h11",
        interface="asgi3",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S_MAX,
    )
    config.load()
    config.ssl = context
    return BoundedServer(config)
