"""Waits until what was just recorded is signed: only then can its place in the access log be proved.

The daemon that reads plates alone holds the signing key, and signs once a second. Who only appends cannot sign, so
without that daemon nothing is waited for.
"""

import time
from collections.abc import Callable

from alpr_edge.store.access_log.checkpoints import latest_checkpoint
from alpr_edge.store.access_log.log import AccessLog

SIGNED_S_MAX = 10.0
"""Longest wait; the daily verification of a large log holds the signing up for longer."""
POLL_S = 0.1


def wait_for_checkpoint(log: AccessLog, is_signed_on: Callable[[], bool]) -> bool:
    """Wait until the log, as it is now, is signed; returns whether it is."""
    size, limit_s = log.size(), time.monotonic() + SIGNED_S_MAX
    while not (is_signed := _signed_size(log) >= size) and is_signed_on() and time.monotonic() < limit_s:
        time.sleep(POLL_S)
    return is_signed


def _signed_size(log: AccessLog) -> int:
    newest = latest_checkpoint(log)
    return 0 if newest is None else newest.size
