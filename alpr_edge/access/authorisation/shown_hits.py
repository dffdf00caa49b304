"""Remembers which hits each session was shown within the hour, so that each is on record once in it.

A list of hits makes itself anew whenever something comes. A record of each time would bury the log; one for the whole
shift would not say who saw which hit. So a record names the hits that the session was not shown yet in this hour.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.callers import Actor
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.sessions.session import token_digest

HOUR_S = 3_600.0
SESSIONS_MAX = 1_000


@dataclass(slots=True, eq=False)
class _ShownInHour:
    until_s: float
    """On monotonic time."""
    objects: set[str] = field(default_factory=set)


class ShownHits:
    """What sessions were shown of a list of hits, in this process; threads may share it.

    What is forgotten is put on record once more, never less.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions = OrderedDict[str, _ShownInHour]()
        """By the digest of the session's token, the last used one last."""

    def new_of(self, session: str, objects: Collection[str]) -> list[str] | None:
        """Which of some objects the session was not shown in its hour; None: all of the list is new to it.

        Args:
            objects: the objects, in their order.
        """
        with self._lock:
            shown = self._current(session)
            return None if shown is None else [each for each in objects if each not in shown.objects]

    def access(
        self, stack: ExitStack, authoriser: Authoriser, purpose: Purpose, subject: AccessSubject, objects: Sequence[str]
    ) -> Actor:
        """Allow hits to be listed, and put on record those that the session was not shown in its hour.

        Args:
            stack: ends once the list is made; a new access is on record then.

        Raises:
            AccessError: it is refused.
            StoreError: it cannot be put on record.
        """
        new = self.new_of(token_digest(authoriser.caller.token), objects)
        if new == []:
            decision = authoriser.decide(Operation.SHOW_HIT, purpose, subject)
            if decision.is_allowed:
                return decision.actor
        access = stack.enter_context(authoriser.access(Operation.SHOW_HIT, purpose, subject))
        access.show(tuple(objects if new is None else new))
        return access.actor

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
