"""Channels between stages: exactly one lossy kind, and it counts.

A :class:`LatestChannel` stands between a live camera and recognition and keeps only the newest frame. Everywhere else
a :class:`BoundedChannel` blocks, so a full disk shows as dropped frames, never as a lost read.
"""

from collections import deque
from threading import Condition
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class ClosedError(Exception):
    """The channel was closed: nothing more goes in, or nothing more will come out."""


class Channel(Protocol[T]):
    """What a stage sees of a channel."""

    dropped: int

    def put(self, item: T) -> None:
        """Hand an item over. Raises ClosedError."""

    def get(self, timeout_s: float) -> T | None:
        """Take the next item; None when none came in time. Raises ClosedError once closed and empty."""

    def close(self) -> None:
        """Let nothing more in; what is inside may still be taken."""


class BoundedChannel(Generic[T]):
    """Blocks when full.

    Args:
        capacity: items held.
    """

    def __init__(self, capacity: int) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._changed = Condition()
        self._closed = False
        self.dropped = 0
        """Always 0 here: this kind never drops."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Hand an item over, waiting for room."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._items) < self._capacity)
            self._admit(item)

    def get(self, timeout_s: float) -> T | None:
        """Take the oldest item."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._items), timeout_s)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._closed:
                raise ClosedError
            return None

    def drain(self, items_max: int) -> list[T]:
        """Take what is there now, without waiting."""
        with self._changed:
            taken = [self._items.popleft() for _ in range(min(items_max, len(self._items)))]
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Let nothing more in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _admit(self, item: T) -> None:
        if self._closed:
            raise ClosedError
        self._items.append(item)
        self._changed.notify_all()


class LatestChannel(BoundedChannel[T]):
    """Keeps the newest item; an older one not yet taken is dropped and counted."""

    def __init__(self) -> None:
        super().__init__(1)

    def put(self, item: T) -> None:
        """Hand an item over at once."""
        with self._changed:
            if self._items and not self._closed:
                self._items.clear()
                self.dropped += 1
            self._admit(item)
