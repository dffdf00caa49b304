"""Sets up logs: events with fields, one line each on stderr, where the journal takes them from. Never a plate text."""

import contextlib
import logging
import os
import sys

import structlog


class StderrLogger(structlog.PrintLogger):
    """Prints to stderr if it can: a journal that is gone must not end the stage that writes to it."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def msg(self, message: str) -> None:
        """Print one line."""
        try:
            super().msg(message)
        except BrokenPipeError:
            _drop_stderr()
        except (OSError, ValueError):
            return

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def _drop_stderr() -> None:
    """Write to nowhere from now on: what waits in the buffer would make Python end with exit code 120."""
    with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def configure_logs(*, verbose: bool, json: bool = False, times: bool = False) -> None:
    """Set up structlog once for the process.

    Args:
        verbose: whether to log information too, not only warnings and errors.
        times: whether each line begins with its time in UTC, for a log that no journal dates.
    """
    first = ["time", "level", "event"] if times else ["level", "event"]
    stamper = structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True, key="time")
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if json
        else structlog.processors.LogfmtRenderer(key_order=first, bool_as_flag=False)
    )
    structlog.configure(
        processors=[
            *([stamper] if times else []),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        # Made anew for each event: a program that embeds this one may replace stderr.
        logger_factory=lambda *_: StderrLogger(),
        cache_logger_on_first_use=False,
    )
