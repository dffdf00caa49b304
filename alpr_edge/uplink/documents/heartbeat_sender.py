"""Sends the unit's heartbeat to the department now and then, beside the uplink's deliveries.

One that does not get through is let go: the next one says more. Reads never wait for it: it is a request of its own, on
a thread of its own.
"""

import random
import threading
import time
from collections.abc import Callable

import structlog

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.heartbeats import HEARTBEAT_PATH, HeartbeatPayload
from alpr_edge.domain.protocol.items import UNIT_HEADER
from alpr_edge.runtime.network.bounded_transport import no_beat
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.certificate_client import ask
from alpr_edge.uplink.tls import context_of

FIRST_S = 10.0
"""Longest wait for the first one, which spreads a fleet: by then the other daemons have written their health."""

log = structlog.get_logger(__name__)


class HeartbeatSender:
    """Sends what is due; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(
        self,
        uplink: UplinkSettings,
        unit_id: str,
        make: Callable[[], HeartbeatPayload],
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._uplink = uplink
        self._unit_id = unit_id
        self._make = make
        self._draw = draw
        self._due_s = time.monotonic() + draw() * min(FIRST_S, uplink.heartbeat_s)
        self._sleep = threading.Event()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        self._sleep.wait(seconds)

    def step(self, beat: Callable[[], None] = no_beat) -> float:
        """Send a heartbeat if it is time; returns the seconds until the next one."""
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0:
            return wait_s
        beat()
        try:
            self._send()
        except UplinkError as error:
            log.info("heartbeat.not_sent", reason=str(error))
        wait_s = self._uplink.heartbeat_s * (0.9 + self._draw() / 10)
        self._due_s = time.monotonic() + wait_s
        return wait_s

    def _send(self) -> None:
        settings, about = self._uplink, {UNIT_HEADER: self._unit_id}
        reply = ask(context_of(settings), settings, HEARTBEAT_PATH, self._make(), about)
        if not reply.is_of_department:
            raise UplinkError(f"{settings.url}: what answers there (status {reply.status}) is no department")
        if reply.status != 204:
            raise UplinkError(f"{settings.url}: no heartbeat taken, status {reply.status}; of an older release?")
