"""Asks chronyd about this machine's clock: the report "tracking" of its command protocol (candm.h, version 6).

chronyd answers such questions over UDP to any process of its own machine, and needs no password for them. Asking is
bounded in time, and an answer that is not understood counts as none.
"""

import socket
import struct
from dataclasses import dataclass

HOST = "127.0.0.1"
ANSWER_S_MAX = 1.0
"""Longest wait for an answer, which normally takes a millisecond."""
_VERSION, _REQUEST, _REPLY = 6, 1, 2
_TRACKING_ASKED, _TRACKING_TOLD, _SUCCESS = 33, 5, 0
_REQUEST_HEAD = struct.Struct(">BBxxHHI8x")
"""Version, type, command, attempt, number."""
_REPLY_HEAD = struct.Struct(">BBxxHHH6xI8x")
"""Version, type, command, kind of reply, status, number."""
_TRACKING = struct.Struct(">I16sHxxHH12xIIIIIIIII")
"""Reference, its address and family, stratum, leap status, time of reference, and nine numbers of chrony's format."""
_REPLY_BYTES = _REPLY_HEAD.size + _TRACKING.size
_NOT_SYNCHRONISED = 3
"""The leap status of a clock that follows no source."""
LOCAL_REFERENCE = 0x7F7F0101
"""127.127.1.1: chronyd is set to serve its own time, which no source confirms."""


class ChronydError(Exception):
    """chronyd cannot be asked here, or does not answer."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """The part of the report that is used."""

    is_synchronised: bool
    """Whether chronyd follows a source at present."""
    by_receiver: bool
    """Whether that source is a reference clock of this machine (a receiver), not a server of the network."""
    uncertainty_ms: float
    """How far the clock may be off: what is still to be corrected, dispersion and half of the delay."""


def tracking(port: int, limit_s: float = ANSWER_S_MAX) -> Tracking:
    """Ask the chronyd of this machine.

    Args:
        port: the port of chronyd (``cmdport``).
        limit_s: the longest time to wait.
    """
    number = 1
    head = _REQUEST_HEAD.pack(_VERSION, _REQUEST, _TRACKING_ASKED, 0, number)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(limit_s)
            asking.connect((HOST, port))
            # Padded to the length of the answer: chronyd answers no shorter request.
            asking.send(head.ljust(_REPLY_BYTES, b"\0"))
            return tracking_in(asking.recv(2 * _REPLY_BYTES), number)
    except OSError as error:
        raise ChronydError(f"chronyd does not answer: {(error.strerror or str(error)).lower()}") from None


def tracking_in(reply: bytes, number: int) -> Tracking:
    """Parse a datagram with the report.

    Args:
        reply: the bytes received from chronyd.
    """
    if len(reply) < _REPLY_BYTES:
        raise ChronydError("chronyd's answer is too short")
    head = _REPLY_HEAD.unpack_from(reply)
    if head != (_VERSION, _REPLY, _TRACKING_ASKED, _TRACKING_TOLD, _SUCCESS, number):
        raise ChronydError("chronyd's answer is not understood")
    reference, _, family, _, leap, *numbers = _TRACKING.unpack_from(reply, _REPLY_HEAD.size)
    correction_s, _, _, _, _, _, delay_s, dispersion_s, _ = map(number_of, numbers)
    is_synchronised = leap != _NOT_SYNCHRONISED and reference not in {0, LOCAL_REFERENCE}
    uncertainty_ms = 1000.0 * (abs(correction_s) + dispersion_s + delay_s / 2)
    return Tracking(is_synchronised, is_synchronised and family == 0, uncertainty_ms)


def number_of(word: int) -> float:
    """A number of chrony's own 32-bit format: seven bits of exponent, 25 of coefficient, both signed."""
    exponent, coefficient = word >> 25, word & (1 << 25) - 1
    exponent -= (exponent >= 1 << 6) * (1 << 7)
    coefficient -= (coefficient >= 1 << 24) * (1 << 25)
    return float(coefficient) * 2.0 ** (exponent - 25)
