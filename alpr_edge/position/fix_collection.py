"""Keeps a fix source running: a receiver that vanished is opened again, with growing waits."""

import random
from collections.abc import Callable

import structlog

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.ports import FixSource
from alpr_edge.domain.retry import Backoff
from alpr_edge.position.fix_history import FixHistory

log = structlog.get_logger(__name__)

REOPEN_BACKOFF = Backoff(first_s=1.0, longest_s=30.0)


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
        source: a receiver or a log; its PositionErrors are logged and followed by another try.
        fix_history: the history that collects the fixes.
        wait: a function that waits so many seconds and says whether to stop (``threading.Event.wait``).
        backoff: the rule by which the waits grow; a fix resets them.
        draw: gives random numbers in [0, 1), for the jitter.
        on_trusted_fix: a function that receives each fix with a trusted time.
    """
    failures = 0
    while True:
        fix_history.reopen()
        try:
            for fix in source.fixes():
                if failures:
                    log.info("position.recovered", source=fix.source, failures=failures)
                failures = 0
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
