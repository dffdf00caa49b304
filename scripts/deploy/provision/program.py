"""What provision, update, decommission and bundle have in common: exit codes, errors in one line, progress lines."""

import os
import sys
import time
from collections.abc import Callable

from scripts.deploy.provision.machine import ProvisioningError


def run_program(
    name: str, work: Callable[[], int], *, after_refusal: str = "", after_error: str = "", after_interrupt: str
) -> int:
    """Run a program's work and return its exit code: 1 and one line on stderr when it fails, 130 when interrupted.

    Args:
        name: the name of the program.
        work: the work of the program.
        after_refusal: the state of things after an error that it raised itself; begins with its punctuation, as do the
            others.
        after_error: the state after an error of the system.
        after_interrupt: the state after Ctrl-C.
    """
    try:
        return work()
    except ProvisioningError as error:
        line, code = f"{error}{after_refusal}", 1
    except OSError as error:
        line, code = f"{error.filename or name}: {error.strerror}{after_error}", 1
    except KeyboardInterrupt:
        line, code = f"interrupted{after_interrupt}", 130
    print(f"{name}: {line}", file=sys.stderr)
    return code


def require_root(doing: str) -> None:
    """Raise ProvisioningError unless this process runs as root."""
    if os.geteuid() != 0:
        raise ProvisioningError(f"{doing}; run it with sudo")


def teller() -> Callable[[str], None]:
    """Return a function that prints a line on stderr, with the seconds since this call."""
    began_s = time.monotonic()
    return lambda line: print(f"{time.monotonic() - began_s:6.1f} s  {line}", file=sys.stderr, flush=True)
