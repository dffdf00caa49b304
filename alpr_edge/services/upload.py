"""Sends an outbox: runs the uploader's steps with the waits it asks for."""

import time
from collections.abc import Callable

from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.uploader import Uploader


def send_until(uploader: Uploader, stop: Callable[[float], bool], beat: Callable[[], None]) -> None:
    """Run the uploader's steps until ``stop`` says so.

    Args:
        stop: a function that waits so many seconds and says whether to stop.
    """
    while True:
        wait_s = uploader.step()
        beat()
        if stop(wait_s):
            return


def send_all(uploader: Uploader, outbox: Outbox, limit_s: float, tick: Callable[[int], None]) -> int:
    """Run the uploader's steps until nothing is waiting or the time is up.

    Args:
        limit_s: the longest time to try.

    Returns:
        How many items are left.
    """
    deadline = time.monotonic() + limit_s
    while (left := outbox.counts().ready) and time.monotonic() < deadline:
        tick(left)
        wait_s = uploader.step()
        time.sleep(max(0.0, min(wait_s, deadline - time.monotonic())))
    tick(left)
    return left
