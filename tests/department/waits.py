"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable

WAIT_S = 60.0


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait, with a bound, until something holds."""
    deadline_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
