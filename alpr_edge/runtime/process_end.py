"""Ends a process whose threads may still be in native code.

The interpreter ends a daemon thread that comes back from native code while it shuts down. Where C++ is on that thread's
stack (ONNX Runtime, OpenCV), this aborts the process: "terminate called without an active exception".
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

THREADS_S_MAX = 2.0
"""Longest wait for the threads of a process that ends."""


def run_to_exit(program: Callable[[], None]) -> None:
    """Run a program that ends by SystemExit, and end the process with its code whatever its threads do.

    Raises:
        SystemExit: the program ended, and so did its threads.
    """
    code: int | str | None = 0
    try:
        program()
    except SystemExit as end:
        code = end.code
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if have_threads_ended(THREADS_S_MAX):
        raise SystemExit(code)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    os._exit(code if isinstance(code, int) else code is not None)


def have_threads_ended(limit_s: float) -> bool:
    """Wait until no daemon thread runs any more; False when one does after ``limit_s``."""
    deadline_s = time.monotonic() + limit_s
    threads = [thread for thread in threading.enumerate() if thread.daemon and thread is not threading.current_thread()]
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)
