"""Keeps what somebody looks up, so that its address tells nothing of it: a plate stands in no URL.

Each is known by a random word, to the session that asked alone, for a quarter of an hour, in memory.
"""

import secrets
import threading
import time
from collections import OrderedDict
from typing import Generic, TypeVar

from alpr_edge.console.visitor import Visitor
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.sessions.session import token_digest

KEPT_MAX = 100
"""Most of them at a time; the oldest goes first."""
VALID_S = 900.0
OVER = "this has ended after a quarter of an hour; ask for it again"

Value = TypeVar("Value")


class LookupMemory(Generic[Value]):
    """What is looked up at present; threads may share it.

    Args:
        valid_s: how long each is kept, on monotonic time.
    """

    def __init__(self, valid_s: float = VALID_S) -> None:
        self._valid_s = valid_s
        self._lock = threading.Lock()
        self._values: OrderedDict[str, tuple[str, float, Value]] = OrderedDict()
        """The digest of the session's token, until when, and the value; the oldest first."""

    def add(self, visitor: Visitor, value: Value) -> str:
        """Keep a value for a session; returns its word."""
        word = secrets.token_urlsafe(16)
        with self._lock:
            self._values[word] = (token_digest(visitor.token), time.monotonic() + self._valid_s, value)
            while len(self._values) > KEPT_MAX:
                self._values.popitem(last=False)
        return word

    def find(self, visitor: Visitor, word: str) -> Value:
        """The value of a word.

        Raises:
            SearchError: there is none any more, or another session asked for it.
        """
        with self._lock:
            digest, until_s, value = self._values.get(word, ("", 0.0, None))
            if value is not None and time.monotonic() >= until_s:
                del self._values[word]
                value = None
        if value is None or digest != token_digest(visitor.token):
            raise SearchError(OVER)
        return value

    def take(self, visitor: Visitor, word: str) -> Value:
        """The value of a word, once; raises as :meth:`find`."""
        value = self.find(visitor, word)
        with self._lock:
            self._values.pop(word, None)
        return value
