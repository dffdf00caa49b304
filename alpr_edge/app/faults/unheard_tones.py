"""Remembers which tones nobody heard, until they can be: silence must never mean that all is well."""

from collections import deque
from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)

NOTICE_S = 5.0
"""A device that fails, or is muted, is noticed so late at most: the mixer is read every two seconds and may take two
to answer, and a device that takes no sample counts as lost after two. Tones of this time before may be lost."""


class UnheardTones(Generic[KeyT]):
    """Says which of the things that have a tone are to sound now, and again where their tone was lost."""

    def __init__(self) -> None:
        self._unheard: set[KeyT] = set()
        self._sounded_s: dict[KeyT, float] = {}
        """When the tone of each thing that stands sounded last."""
        self._lost: deque[KeyT] = deque()
        """Things whose tone was lost since the last round; any thread adds to them."""

    def note_lost(self, keys: Iterable[KeyT]) -> None:
        """Note that the tone of these never sounded; any thread may call it, and it never waits."""
        self._lost.extend(keys)

    def due(
        self,
        new: AbstractSet[KeyT],
        present: AbstractSet[KeyT],
        standing: AbstractSet[KeyT],
        mutes: AbstractSet[KeyT],
        now_s: float,
    ) -> set[KeyT]:
        """What is to sound now; it counts as heard, unless something mutes it or :meth:`note_lost` says otherwise.

        What is new is tried although it is muted: a mixer may say so of a device that is heard.

        Args:
            now_s: seconds of a monotonic clock.
        """
        while self._lost:
            self._unheard.add(self._lost.popleft())
        if mutes & new:
            self._unheard |= {key for key, sounded_s in self._sounded_s.items() if now_s - sounded_s <= NOTICE_S}
        self._unheard = (self._unheard | new) & standing
        due = set(new) if mutes else self._unheard & present
        self._sounded_s = {key: sounded_s for key, sounded_s in self._sounded_s.items() if key in standing}
        self._sounded_s |= dict.fromkeys(due, now_s)
        if not mutes:
            self._unheard -= due
        return due

    def clear(self) -> None:
        """Forget everything."""
        self._unheard.clear()
        self._sounded_s.clear()
        self._lost.clear()
