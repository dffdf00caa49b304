"""Looks up the addresses of a host in bounded time.

The C library's look-up (getaddrinfo(3)) has no limit of its own that a caller could set: name servers that do not
answer hold it up for as long as ``/etc/resolv.conf`` says, each of them several times. It cannot be ended either, so
it runs in a thread of its own, which is left to itself once the time is over.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from alpr_edge.runtime.stages import BEAT_S

LOOKUP_S_MAX = 10.0
"""Longest look-up."""
HANGING_MAX = 8
"""Most look-ups of a process that were left to themselves and have not ended yet; there is no further one until then.
"""

_free = threading.BoundedSemaphore(HANGING_MAX)


class NoAnswerError(OSError):
    """No name server answered in time."""


def addresses_of(
    host: str, port: int, limit_s: float = LOOKUP_S_MAX, beat: Callable[[], object] = lambda: None
) -> list[str]:
    """Return the addresses of a host for TCP, in the order in which they are to be tried.

    Args:
        limit_s: the longest time for it.
        beat: called about once a second meanwhile; may raise to end the look-up.
    """
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return [host]
    if not _free.acquire(blocking=False):
        raise NoAnswerError("the name servers do not answer")
    lookup = _Lookup(host, port)
    threading.Thread(target=lookup.run, name="name-lookup", daemon=True).start()
    until_s = time.monotonic() + limit_s
    while not lookup.ended.wait(max(0.0, min(BEAT_S, until_s - time.monotonic()))):
        beat()
        if time.monotonic() >= until_s:
            raise NoAnswerError("the name servers do not answer")
    return lookup.result()


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """Open a TCP connection to the first address of a host that takes it, as ``socket.create_connection`` does.

    Args:
        timeout_s: the longest time for the look-up, and for each address; the connection keeps it.

    Raises:
        OSError: the name was not found, or no address takes a connection.
    """
    failure: OSError = NoAnswerError("the host has no address")
    for address in addresses_of(host, port, min(timeout_s, LOOKUP_S_MAX)):
        try:
            return socket.create_connection((address, port), timeout_s)
        except OSError as error:
            failure = error
    raise failure


class _Lookup:
    """One look-up, in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._addresses: list[str] = []
        self._failure: OSError | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        except OSError as error:
            self._failure = error
        except UnicodeError:
            self._failure = socket.gaierror(socket.EAI_NONAME, "not a host name")
        finally:
            _free.release()
            self.ended.set()

    def result(self) -> list[str]:
        if self._failure is not None:
            raise self._failure
        return self._addresses
