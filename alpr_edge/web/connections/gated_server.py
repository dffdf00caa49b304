"""A bounded HTTP/1.1 server for the sockets of a gate."""

import ssl

from starlette.types import ASGIApp

from alpr_edge.web.bounded_server import BoundedServer, server_config
from alpr_edge.web.connections.gate import ConnectionGate
from alpr_edge.web.connections.gated_protocol import GatedProtocol
from alpr_edge.web.connections.reporting_context import ReportingContext


def gated_server(
    application: ASGIApp,
    context: ssl.SSLContext,
    protocol: type[GatedProtocol],
    gate: ConnectionGate | None,
    stop_s: int,
) -> BoundedServer:
    """A server for sockets that are given to it.

    Args:
        gate: the limits on the sockets that it will serve; None: they are not bounded.
        stop_s: how long answers may take that are being made when it stops.
    """
    gated = type(protocol.__name__, (protocol,), {"gate": gate})
    connections_max = None if gate is None else gate.limits.connections + 1
    if gate is not None and isinstance(context, ReportingContext):
        context.on_failure = gate.note_failure
    return BoundedServer(server_config(application, context, gated, connections_max, stop_s))
