"""What a browser keeps for the page during a single sign-on: sealed, so that it can neither read nor change it.

Nothing is kept here for sign-ins that somebody began, so that nobody can push those of others out by beginning many.
"""

import json
import time
from collections import OrderedDict
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

WORD_CHARACTERS_MAX = 4096
SPENT_MAX = 4096
"""Sign-ins that ended and are remembered; each needed a person at the provider."""


class SealedWords:
    """Seals for this process alone, until a moment on its monotonic clock; for one thread at a time."""

    def __init__(self) -> None:
        self._cipher = Fernet(Fernet.generate_key())
        self._spent: OrderedDict[str, None] = OrderedDict()

    def seal(self, kind: str, content: dict[str, Any], for_s: float) -> str:
        """Seal an object.

        Args:
            for_s: seconds for which it opens.
        """
        sealed = {"kind": kind, "until_s": time.monotonic() + for_s, "content": content}
        return self._cipher.encrypt(json.dumps(sealed).encode()).decode()

    def open(self, kind: str, word: str) -> dict[str, Any] | None:
        """The object of a word; None: it is none of this kind and process, or its time is over."""
        if not word or len(word) > WORD_CHARACTERS_MAX:
            return None
        try:
            sealed = json.loads(self._cipher.decrypt(word.encode()))
        except (InvalidToken, ValueError):
            return None
        content: dict[str, Any] = sealed["content"]
        return content if sealed["kind"] == kind and time.monotonic() < sealed["until_s"] else None

    def spend(self, name: str) -> bool:
        """Use a name up; False where it was before."""
        if name in self._spent:
            return False
        self._spent[name] = None
        while len(self._spent) > SPENT_MAX:
            self._spent.popitem(last=False)
        return True
