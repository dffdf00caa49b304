"""Remembers which hits each session was shown on the board within the hour, so that each is on record once in it.

A board makes itself anew whenever something comes. A record of each time would bury the log; one for the whole shift
would not say who saw which hit. So a record names the hits that the session was not shown yet in this hour.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

HOUR_S = 3_600.0
SESSIONS_MAX = 1_000


@dataclass(slots=True, eq=False)
class _ShownInHour:
    until_s: float
    """On monotonic time."""
    objects: set[str] = field(default_factory=set)


class ShownHits:
    """What sessions were shown of the board, in this process; threads may share it.

    What is forgotten is put on record once more, never less.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions = OrderedDict[str, _ShownInHour]()
        """By the digest of the session's token, the last used one last."""

    def new_of(self, session: str, objects: Collection[str]) -> list[str] | None:
        """Which of some objects the session was not shown in its hour; None: all of the board is new to it.

        Args:
            session: the digest of the session's token.
            objects: the objects, in their order.
        """
        with self._lock:
            shown = self._current(session)
            return None if shown is None else [each for each in objects if each not in shown.objects]

    def add(self, session: str, objects: Collection[str]) -> None:
        """Note what a session is about to be shown, which is on record."""
        with self._lock:
            shown = self._current(session) or _ShownInHour(time.monotonic() + HOUR_S)
            shown.objects.update(objects)
            self._sessions[session] = shown
            self._sessions.move_to_end(session)
            while len(self._sessions) > SESSIONS_MAX:
                self._sessions.popitem(last=False)

    def forget(self, session: str) -> None:
        """Drop what a session was shown: it is locked, or it ends."""
        with self._lock:
            self._sessions.pop(session, None)

    def _current(self, session: str) -> _ShownInHour | None:
        shown = self._sessions.get(session)
        return shown if shown is not None and time.monotonic() < shown.until_s else None
