"""The HTTP client by which a unit speaks to its department."""

import ssl

import httpx

from alpr_edge.domain.protocol.items import PROTOCOL_HEADER, PROTOCOL_VERSION, UNIT_HEADER
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline
from alpr_edge.settings import UplinkSettings


def open_client(settings: UplinkSettings, unit_id: str, context: ssl.SSLContext, deadline: Deadline) -> httpx.Client:
    """An HTTP client that speaks the department's protocol within a deadline; no proxy and no redirect is followed."""
    return httpx.Client(
        transport=BoundedTransport(context, deadline),
        trust_env=False,
        timeout=httpx.Timeout(settings.answer_timeout_s, connect=settings.connect_timeout_s),
        # No compression: a small answer must not unpack to a large one.
        headers={UNIT_HEADER: unit_id, PROTOCOL_HEADER: str(PROTOCOL_VERSION), "Accept-Encoding": "identity"},
    )
