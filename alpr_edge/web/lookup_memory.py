"""Keeps what somebody looks up, so that its address tells nothing of it: a plate stands in no URL.

Each is known by a random word, to the session that asked alone, for a quarter of an hour at most, in memory. Nothing is
left of them once the session is locked or ended. A token is whatever a browser sends, so there is a bound for all
sessions together as well.
"""

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TypeVar

from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.web.visitor import Visitor

PER_SESSION_MAX = 10
"""Most of one session at a time; its oldest goes first, and never one of another session."""
TOTAL_MAX = 1000
"""Most of all sessions together, far more than a car has people for; the oldest of them go first."""
VALID_S = 900.0
OVER = "this has ended after a quarter of an hour, or when the page was locked; ask for it again"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class _KeptLookup:
    session_sha256: str
    """The digest of the session's token."""
    until_s: float
    """On monotonic time."""
    value: object = field(repr=False)


class LookupMemory:
    """What is looked up at present, on all pages; threads may share it.

    Args:
        per_session_max: most of one session at a time.
        total_max: most of all sessions together.
    """

    def __init__(
        self, valid_s: float = VALID_S, per_session_max: int = PER_SESSION_MAX, total_max: int = TOTAL_MAX
    ) -> None:
        self._valid_s = valid_s
        self._per_session_max = per_session_max
        self._total_max = total_max
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _KeptLookup] = OrderedDict()
        """By their words, the oldest first."""

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def add(self, visitor: Visitor, value: object) -> str:
        """Keep a value for a session; returns its word."""
        word, digest, now_s = secrets.token_urlsafe(16), token_digest(visitor.token), time.monotonic()
        with self._lock:
            self._drop([name for name, kept in self._kept.items() if kept.until_s <= now_s])
            self._kept[word] = _KeptLookup(digest, now_s + self._valid_s, value)
            self._drop(self._words_of(digest)[: -self._per_session_max])
            self._drop(list(self._kept)[: -self._total_max])
        return word

    def find(self, visitor: Visitor, word: str, kind: type[Value]) -> Value:
        """The value of a word.

        Raises:
            SearchError: there is none any more, it is of another kind, or another session asked for it.
        """
        with self._lock:
            kept = self._kept.get(word)
            if kept is not None and kept.until_s <= time.monotonic():
                del self._kept[word]
                kept = None
        if kept is None or kept.session_sha256 != token_digest(visitor.token) or not isinstance(kept.value, kind):
            raise SearchError(OVER)
        return kept.value

    def renew(self, visitor: Visitor, word: str, kind: type[Value]) -> Value:
        """The value of a word, kept for another period: a page that follows something looks at it again and again."""
        value = self.find(visitor, word, kind)
        with self._lock:
            if (kept := self._kept.pop(word, None)) is not None:
                self._kept[word] = replace(kept, until_s=time.monotonic() + self._valid_s)
        return value

    def take(self, visitor: Visitor, word: str, kind: type[Value]) -> Value:
        """The value of a word, once; raises as :meth:`find`."""
        value = self.find(visitor, word, kind)
        with self._lock:
            self._kept.pop(word, None)
        return value

    def forget(self, visitor: Visitor) -> None:
        """Drop all that the session of a visitor looks up: it is locked, or it ends."""
        with self._lock:
            self._drop(self._words_of(token_digest(visitor.token)))

    def _words_of(self, digest: str) -> list[str]:
        return [word for word, kept in self._kept.items() if kept.session_sha256 == digest]

    def _drop(self, words: list[str]) -> None:
        for word in words:
            del self._kept[word]
