"""Limits an importing process in processor and memory, so that the daemon that started it comes first.

The department checks by the same limits what it is about to publish: what fits there fits a unit.

Inside the unit's hardening the kernel refuses ``nice``: the filter of system calls lets nobody change priorities. There
the process sleeps after each slice of time instead, so that it uses half of one processor.
"""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from alpr_edge.runtime.memory import forbid_dumps

NICENESS = 19
SLICE_S, REST_S = 0.05, 0.05
"""Without a lower priority: so much of the processor's time, then so long a rest."""
OOM_SCORE = 800
"""Score of the kernel's out-of-memory killer, -1000 to 1000: an import ends before the unit, whose -500 it has."""
DATA_BYTES_MAX = 1536 * 1024 * 1024
"""Most memory that can be written to (VmData). A list of 5 million entries, the largest planned for, was measured at
654 MiB complete and as a change, one of a million at 247: some 100 bytes an entry, so that 13 million fit."""
_PR_SET_PDEATHSIG = 1
_OOM_SCORE_FILE = Path("/proc/self/oom_score_adj")

log = structlog.get_logger(__name__)


def end_with_parent(parent: int) -> bool:
    """Have the kernel kill this process as soon as the thread that started it ends, which a killed daemon's does.

    An import that went on after its daemon was killed would change a list behind the next start's back.

    Returns:
        Whether that process still lives.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent


@contextmanager
def limited_process() -> Iterator[None]:
    """Lower this process's limits for the body. Limits that the system refuses are logged, and the import goes on.

    Core files are forbidden here and not before: from then on the process's own files in ``/proc`` belong to root
    (proc_pid(5)), and any other user can no longer raise the score.
    """
    _set_oom_score()
    forbid_dumps()
    _limit_memory()
    try:
        os.nice(NICENESS)
    except OSError as error:
        log.info("import.throttled", failure=f"no lower priority: {error.strerror}", share=SLICE_S / (SLICE_S + REST_S))
        with _throttle():
            yield
    else:
        yield


def _set_oom_score() -> None:
    try:
        score = int(_OOM_SCORE_FILE.read_text(encoding="ascii"))
        _OOM_SCORE_FILE.write_text(str(max(score, OOM_SCORE)), encoding="ascii")
    except (OSError, ValueError) as error:
        log.warning("import.oom_score_not_set", failure=str(error))


def _limit_memory() -> None:
    """Set the limit of memory, or leave a lower one that is set already."""
    present = (limit for limit in resource.getrlimit(resource.RLIMIT_DATA) if limit != resource.RLIM_INFINITY)
    bytes_max = min([DATA_BYTES_MAX, *present])
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))
    except (OSError, ValueError) as error:
        log.warning("import.memory_not_limited", failure=str(error))


@contextmanager
def _throttle() -> Iterator[None]:
    """Sleep after each slice of the processor's time, wherever the import is."""
    signal.signal(signal.SIGPROF, lambda *_: time.sleep(REST_S))
    signal.siginterrupt(signal.SIGPROF, False)  # noqa: FBT003 - as the library has it
    signal.setitimer(signal.ITIMER_PROF, SLICE_S, SLICE_S)
    try:
        yield
    finally:
        # The signal ends a process that no longer handles it, as one that is about to end does.
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
