"""Holds Ctrl-C back while a command writes what belongs together."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self


class InterruptDelay:
    """Keeps SIGINT from breaking into the statements of a ``with`` block; raises KeyboardInterrupt at its end.

    Outside the main thread, which alone receives signals, and where the caller of the program has SIGINT ignored, it does
    nothing.
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
