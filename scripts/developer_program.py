"""Runs a program of developers that SIGTERM ends as Ctrl-C does: ``developer_program PACKAGE [ARGUMENT ...]``.

Killed, it would leave machines, mounts, processes and folders behind: what it opened is closed on its way out.
"""

import importlib
import signal
import sys
from types import FrameType


def main() -> None:
    """Run ``main()`` of ``PACKAGE.__main__``, which sees the arguments after the package's name as its own."""
    package = sys.argv.pop(1)
    program = importlib.import_module(f"{package}.__main__")
    # Also where SIGINT is ignored: a shell starts what it puts aside deaf to Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    program.main()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt the program once; a second signal does not break into the clearing up."""
    del number, frame
    # Not SIG_IGN, which programs that are started meanwhile would inherit.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
