"""Holds Ctrl-C back while a command writes what belongs together, and ends a process whose threads are in native code.

The interpreter ends a daemon thread that comes back from native code while it shuts down. Where C++ is on that thread's
stack (ONNX Runtime, OpenCV), this aborts the process: "terminate called without an active exception".
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

THREADS_S_MAX = 2.0
"""How long a process waits for its threads before it ends without them."""


class Interrupts:
    """Keeps SIGINT from breaking into the statements of a ``with`` block; raises KeyboardInterrupt at its end.

    Outside the main thread, which alone receives signals, it does nothing.
    """

    def __init__(self) -> None:
        self.is_pending = False
        """Whether SIGINT came. A plain attribute: a handler that takes a lock could wait for its own thread."""
        self._may_raise = False
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        """Hold SIGINT back."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Handle SIGINT as before, and raise the interrupt that came meanwhile.

        Raises:
            KeyboardInterrupt: SIGINT came, and no other error ends the block.
        """
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self.is_pending and error is None:
            raise KeyboardInterrupt

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let SIGINT raise KeyboardInterrupt within this block: long work that may be left half done.

        Raises:
            KeyboardInterrupt: SIGINT comes within the block, or came before it.
        """
        self._may_raise = True
        try:
            if self.is_pending:
                raise KeyboardInterrupt
            yield
        finally:
            self._may_raise = False

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_pending = True
        if self._may_raise:
            self._may_raise = False
            raise KeyboardInterrupt


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
