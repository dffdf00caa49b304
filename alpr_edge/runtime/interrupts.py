"""Signals: Ctrl-C ends a program with code 130 and no traceback and may be held back; SIGTERM stops a daemon."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Self

INTERRUPTED = 130
"""Exit code after SIGINT, as shells have it."""


class InterruptGuard:
    """Runs what is inside; whatever is raised after SIGINT ends the program with :data:`INTERRUPTED`.

    An interrupt inside the import of an extension module comes out as another error, such as an ImportError, so the
    signal itself is kept in mind.
    """

    def __init__(self) -> None:
        self._is_interrupted = False
        self._handling = _handling(self._interrupt)

    def __enter__(self) -> Self:
        self._handling.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._handling.__exit__(None, None, None)
        if kind is not None and (self._is_interrupted or issubclass(kind, KeyboardInterrupt)):
            raise SystemExit(INTERRUPTED) from None

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._is_interrupted = True
        raise KeyboardInterrupt


class InterruptDelay:
    """Keeps SIGINT from breaking into the statements of a ``with`` block; raises KeyboardInterrupt at its end.

    It does nothing outside the main thread, which alone receives signals, and where the caller ignores SIGINT.
    """

    def __init__(self) -> None:
        self.is_pending = False
        """Whether SIGINT came. A plain attribute: a handler that takes a lock could wait for its own thread."""
        self._may_raise = False
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        """Hold SIGINT back."""
        is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        if threading.current_thread() is threading.main_thread() and not is_ignored:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Handle SIGINT as before, and raise the interrupt that came meanwhile."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self.is_pending and error is None:
            raise KeyboardInterrupt

    @contextmanager
    def allow_interrupts(self) -> Iterator[None]:
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


def stop_at(*numbers: signal.Signals) -> threading.Event:
    """An event that is set once one of these signals comes; to be called by the main thread.

    A thread sets it and not the handler, which runs between two steps of the main thread: where that waits for the
    event it may hold the event's lock at that moment, and a handler that takes the same lock waits for ever.
    """
    stop, came = threading.Event(), SimpleQueue[int]()

    def set_once_asked() -> None:
        came.get()
        stop.set()

    threading.Thread(target=set_once_asked, name="signals", daemon=True).start()
    for number in numbers:
        # Its put may interrupt a put or get of the same thread, by the documentation of Python's queue.
        signal.signal(number, lambda number, _frame: came.put(number))
    return stop


@contextmanager
def end_at_once() -> Iterator[None]:
    """End the process at SIGINT without a word: for imports, while nothing is open that would have to be closed."""
    with _handling(_end):
        yield


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    os._exit(INTERRUPTED)


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle SIGINT inside, in the main thread and where the caller of the program does not ignore it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
