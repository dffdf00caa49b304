"""Challenges of passkeys that browsers were asked: each is good for one answer of its browser, within minutes.

What is asked is kept by the browser alone, under a key of this process: whoever asks for many pushes out nobody's. What
was answered is remembered here until its time is over, so that nothing is good twice.
"""

import base64
import hashlib
import heapq
import hmac
import math
import secrets
import struct
import threading
import time
from collections.abc import Callable

from alpr_edge.access.relying_party import new_challenge

ANSWERED_MAX = 65_536
"""Answers that are remembered; more of them within minutes end the challenges that were asked before the oldest."""
VALID_S = 300.0
_NONCE_BYTES, _KEY_BYTES = 20, 32
_UNTIL = struct.Struct(">d")
_STATED_BYTES = _NONCE_BYTES + _UNTIL.size
_WORD, _CHALLENGE = b"word", b"challenge"
"""What the key makes of the random part and the end of a challenge: two values, of which neither tells the other."""


class Challenges:
    """The challenges that browsers were asked; threads may share it.

    Args:
        clock: monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._lock = threading.Lock()
        self._answered = set[bytes]()
        self._ends: list[tuple[float, bytes]] = []
        """The end of each that was answered: a heap, the first at its root."""
        self._ended_s = -math.inf
        """Whatever ends by then is good no longer."""

    def ask(self) -> tuple[str, bytes]:
        """A new challenge, and the word by which its browser answers."""
        stated = secrets.token_bytes(_NONCE_BYTES) + _UNTIL.pack(self._clock() + VALID_S)
        word = base64.urlsafe_b64encode(stated + self._made_of(_WORD, stated)).decode()
        return word, self._made_of(_CHALLENGE, stated)

    def take(self, word: str) -> bytes:
        """The challenge of a word, once; one that nobody was asked where there is none, or its time is over."""
        try:
            sealed = base64.urlsafe_b64decode(word)
        except ValueError:
            return new_challenge()
        stated, seal = sealed[:_STATED_BYTES], sealed[_STATED_BYTES:]
        if not hmac.compare_digest(seal, self._made_of(_WORD, stated)) or not self._note_answer(stated):
            return new_challenge()
        return self._made_of(_CHALLENGE, stated)

    def _note_answer(self, stated: bytes) -> bool:
        """Note that a challenge is answered; False: it was before, or its time is over."""
        (until_s,) = _UNTIL.unpack(stated[_NONCE_BYTES:])
        with self._lock:
            self._ended_s = max(self._ended_s, self._clock())
            if until_s <= self._ended_s or stated in self._answered:
                return False
            self._answered.add(stated)
            heapq.heappush(self._ends, (until_s, stated))
            if len(self._ends) > ANSWERED_MAX:
                self._ended_s = max(self._ended_s, self._ends[0][0])
            while self._ends and self._ends[0][0] <= self._ended_s:
                self._answered.remove(heapq.heappop(self._ends)[1])
        return True

    def _made_of(self, what: bytes, stated: bytes) -> bytes:
        return hmac.digest(self._key, what + stated, hashlib.sha256)
