"""Limits how often an address may try wrongly: a bound for each, in memory and on monotonic time."""

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

KEYS_MAX = 4096
"""Addresses remembered; past that the one that was wrong longest ago is forgotten."""


class WrongTries:
    """Counts wrong tries within a window; threads may share it.

    Args:
        window_s: seconds after which one is forgotten.
        clock: monotonic seconds.
    """

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Seconds until this key may try again; 0 when it may now."""
        with self._lock:
            tries = self._recent(key)
            return tries[0] + self._window_s - self._clock() if len(tries) >= self._limit else 0.0

    def note(self, key: str) -> None:
        """Record that this key was wrong."""
        with self._lock:
            tries = self._recent(key)
            tries.append(self._clock())
            self._tries[key] = tries
            self._tries.move_to_end(key)
            while len(self._tries) > KEYS_MAX:
                self._tries.popitem(last=False)

    def _recent(self, key: str) -> deque[float]:
        tries = self._tries.get(key, deque(maxlen=self._limit))
        since_s = self._clock() - self._window_s
        while tries and tries[0] <= since_s:
            tries.popleft()
        return tries


def subscriber_network(address: str) -> str:
    """What counts as one address: with IPv6 the /64 that one subscriber has at least."""
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(read) if read.version == 4 else str(ipaddress.ip_network((read, 64), strict=False))
