"""Read the notes that a victim sends over its pipe."""

import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

from scripts.faults.notes import ACKNOWLEDGING, Note, StampedNote

ANY_MOMENT_S = 0.5
STOP_S_MAX = 90.0
"""For a victim that is told to stop and writes what it has."""


def heard_for(receive: Connection, seconds: float) -> Iterator[Note]:
    """The notes that come within some seconds."""
    end = time.monotonic() + seconds
    while (wait_s := end - time.monotonic()) > 0:
        message = next_said(receive, wait_s)
        if message is not None:
            yield message.note


def heard_to_the_end(receive: Connection) -> Iterator[Note]:
    """The notes of a victim that was told to stop, until it ends."""
    end = time.monotonic() + STOP_S_MAX
    try:
        while receive.poll(max(0.0, end - time.monotonic())):
            message: StampedNote = receive.recv()
            yield message.note
    except (EOFError, OSError):
        return


def next_said(receive: Connection, wait_s: float) -> StampedNote | None:
    """The next note; None when none came in time, or the victim has ended."""
    try:
        if receive.poll(wait_s):
            message: StampedNote = receive.recv()
            return message
    except (EOFError, OSError):
        time.sleep(wait_s if wait_s < ANY_MOMENT_S else 0.0)
    return None


def rest(receive: Connection, power_off_s: float) -> Iterator[Note]:
    """The notes that wait in the pipe, without what was acknowledged after the power went off.

    A file system calls data synced that it throws away at that moment, while it is being shut down; no unit would have
    lived to hear it.
    """
    while (message := next_said(receive, 0.0)) is not None:
        if message.at_s < power_off_s or not isinstance(message.note, ACKNOWLEDGING):
            yield message.note
