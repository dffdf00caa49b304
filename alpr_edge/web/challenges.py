"""Challenges of passkeys that browsers were asked: each is good for one answer of its browser, within minutes."""

import secrets
import threading
import time
from collections import OrderedDict

from alpr_edge.access.relying_party import new_challenge

KEPT_MAX = 64
VALID_S = 300.0


class Challenges:
    """The challenges that wait for an answer; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    def ask(self) -> tuple[str, bytes]:
        """A new challenge, and the word by which its browser answers; the oldest goes where there are too many."""
        word, challenge = secrets.token_urlsafe(24), new_challenge()
        with self._lock:
            self._waiting[word] = (challenge, time.monotonic() + VALID_S)
            while len(self._waiting) > KEPT_MAX:
                self._waiting.popitem(last=False)
        return word, challenge

    def take(self, word: str) -> bytes:
        """The challenge of a word, once; one that nobody was asked where there is none, or its time is over."""
        with self._lock:
            challenge, until_s = self._waiting.pop(word, (b"", 0.0))
        return challenge if time.monotonic() < until_s else new_challenge()
