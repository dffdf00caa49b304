"""Ctrl-C ends a program with exit code 130 and no traceback, from its first import on."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
