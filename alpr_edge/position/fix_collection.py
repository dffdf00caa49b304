"""Keeps a fix source running: a receiver that vanished is opened again, with growing waits."""

import random
from collections.abc import Callable

import structlog

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import FixSource
from alpr_edge.domain.retry import Backoff
from alpr_edge.position.fix_history import FixHistory

log = structlog.get_logger(__name__)

REOPEN_BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
STEADY_MS = 10_000.0
"""Time of fixes after which a receiver counts as working again; one that fails sooner waits longer each time."""


def collect_fixes(
    source: FixSource,
    fix_history: FixHistory,
    wait: Callable[[float], bool],
    backoff: Backoff = REOPEN_BACKOFF,
    draw: Callable[[], float] = random.random,
    on_trusted_fix: Callable[[Fix], None] | None = None,
) -> None:
    """Add the fixes of ``source`` to ``fix_history`` until the source ends or ``wait`` says stop.

    Args:
        wait: a function that waits so many seconds and says whether to stop (``threading.Event.wait``).
        draw: gives random numbers in [0, 1), for the jitter.
    """
    failures = 0
    while True:
        fix_history.reopen()
        began_at: Instant | None = None
        try:
            for fix in source.fixes():
                began_at = began_at or _beginning(fix, failures)
                failures = 0 if _is_steady(began_at, fix.received_at) else failures
                fix_history.add(fix)
                if on_trusted_fix is not None and fix_history.time_fix() == fix:
                    on_trusted_fix(fix)
                if wait(0):
                    return
        except PositionError as error:
            failures += 1
            wait_s = backoff.wait_s(failures, draw())
            log.warning("position.lost", reason=str(error), failures=failures, wait_s=round(wait_s, 1))
            if wait(wait_s):
                return
        else:
            return


def _beginning(first: Fix, failures: int) -> Instant:
    """When the fixes of an opening began; logs that they come again."""
    if failures:
        log.info("position.recovered", source=first.source, failures=failures)
    return first.received_at


def _is_steady(first: Instant, last: Instant) -> bool:
    """Whether fixes have come for long enough; those of another boot, as in a log, say nothing of it."""
    return first.boot_id == last.boot_id and last.ms_since(first) >= STEADY_MS
