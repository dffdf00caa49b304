"""Sends the receiver's time to chrony, which sets this machine's clock by it: its SOCK reference clock.

chronyd makes a datagram socket and takes from it how far the system's clock is off (``refclock_sock.c``). The serial
port is open here and nowhere else, so the samples are sent from here.
"""

import random
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.clock import wall_ns_at

log = structlog.get_logger(__name__)

MAGIC = 0x534F434B
"""``SOCK`` as a number, in front of every sample."""
SAMPLE = struct.Struct("@lldiiii")
"""struct sock_sample: timeval (s, us) of the system's clock, true minus system in s, pulse, leap, padding, magic."""
NORMAL_LEAP = 0
"""NMEA announces no leap second; chrony knows them from its leapseclist or leapsectz."""
RETRY_BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChronyTimeSender:
    """Sends samples to chronyd; an absent chronyd costs one failed call every half minute.

    Args:
        path: the path of chronyd's socket; empty sends nothing.
        wall_ns_at: a function that gives the system's clock at an instant, ns since 1970.
        draw: gives random numbers in [0, 1), for the jitter.
    """

    def __init__(
        self,
        path: str,
        wall_ns_at: Callable[[Instant], int] = wall_ns_at,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._path = path
        self._wall_ns_at = wall_ns_at
        self._draw = draw
        self._failures = 0
        self._retry_ns = 0
        self._trouble = "no time of a receiver yet"
        self.samples = 0
        """Number of samples sent to chronyd."""

    @property
    def state(self) -> str:
        """The state for the health file: ``off``, ``fed``, or why chronyd is not fed."""
        return "off" if not self._path else self._trouble or "fed"

    def feed(self, fix: Fix) -> None:
        """Send one fix's time; never raises and never waits.

        Args:
            fix: a fix whose UTC other fixes confirm.
        """
        if not self._path or fix.utc is None or fix.received_at.boottime_ns < self._retry_ns:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                # The name is looked up each time: after a restart of chronyd it belongs to another socket.
                sender.sendto(sample(fix.utc, self._wall_ns_at(fix.received_at)), self._path)
        except OSError as error:
            self._note_failure(fix, f"{self._path}: {(error.strerror or str(error)).lower()}")
        else:
            if self._failures:
                log.info("chrony.recovered", failures=self._failures)
            self._failures, self._trouble = 0, ""
            self.samples += 1

    def _note_failure(self, fix: Fix, trouble: str) -> None:
        self._failures += 1
        wait_s = RETRY_BACKOFF.wait_s(self._failures, self._draw())
        self._retry_ns = fix.received_at.boottime_ns + round(wait_s * 1e9)
        if trouble != self._trouble:
            log.warning("chrony.not_fed", reason=trouble)
        self._trouble = trouble


def sample(utc: datetime, wall_ns: int) -> bytes:
    """One struct sock_sample.

    Args:
        wall_ns: the system clock's reading at that moment, ns since 1970.
    """
    seconds, micros = divmod(wall_ns // 1000, 1_000_000)
    # Whole microseconds: a float of 56 years in seconds would lose them.
    offset_us = (utc - EPOCH) // timedelta(microseconds=1) - wall_ns // 1000
    return SAMPLE.pack(seconds, micros, offset_us / 1e6, 0, NORMAL_LEAP, 0, MAGIC)
