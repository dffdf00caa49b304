"""[metrics]: where the figures for a Prometheus are served."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from alpr_edge.settings.base import Section


def _require_loopback(host: str) -> str:
    """The address; ValueError when another computer could reach it."""
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError(
            f"{host!r} is no loopback address; write 127.0.0.1 or ::1: figures leave this computer by "
            "its own Prometheus alone"
        )
    return host


class MetricsSettings(Section):
    """[metrics]: the loopback address and port of ``alpr-edge unit metrics``."""

    host: Annotated[str, AfterValidator(_require_loopback)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 9464
