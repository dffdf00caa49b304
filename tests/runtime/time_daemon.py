"""A time daemon of tests: it answers chronyd's question "tracking" on loopback, as a chronyd that nobody may set."""

import math
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_REPLY = struct.Struct(">BBxxHHH6xI8x")
_TRACKING = struct.Struct(">I16sHxxHH12xIIIIIIIII")
SERVER = 0xC0000201
"""Reference of a time server: 192.0.2.1."""
RECEIVER = 0x4E4D4541
"""NMEA."""
LOCAL = 0x7F7F0101
NORMAL, NOT_SYNCHRONISED = 0, 3


def word_of(value: float) -> int:
    """A number in chrony's format."""
    fraction, exponent = math.frexp(value)
    coefficient = min(round(fraction * (1 << 24)), (1 << 24) - 1)
    return ((exponent + 1) & 0x7F) << 25 | coefficient & (1 << 25) - 1


class TimeDaemon:
    """Answers until the block ends.

    Args:
        reference: what it follows.
        leap: its leap status.
        dispersion_s: how far its clock may be off.
    """

    def __init__(self, reference: int = SERVER, leap: int = NORMAL, dispersion_s: float = 1 / 64) -> None:
        self.reference = reference
        self.leap = leap
        self.dispersion_s = dispersion_s
        self.correction_s = 0.0
        self.request_count = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(10)
        self._socket.close()

    @property
    def settings(self) -> str:
        """What makes a unit ask it."""
        return f"[position]\nchrony_port = {self.port}\n"

    def answer(self, number: int = 1) -> bytes:
        """The datagram."""
        family = 0 if self.reference == RECEIVER else 1
        numbers = [self.correction_s, 0.0, 0.0, 0.0, 0.0, 0.0, 1 / 32, self.dispersion_s, 64.0]
        body = _TRACKING.pack(self.reference, bytes(16), family, 3, self.leap, *map(word_of, numbers))
        return _REPLY.pack(6, 2, 33, 5, 0, number) + body

    def _serve(self) -> None:
        while True:
            request, sender = self._socket.recvfrom(1000)
            if not request:
                return
            self.request_count += 1
            if len(request) >= len(self.answer()):
                self._socket.sendto(self.answer(int.from_bytes(request[8:12], "big")), sender)
