"""What the department asks of the place where its images lie: objects under names, each whole or not there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectState:
    """Size and date of an object."""

    bytes: int
    changed: datetime
    """When it was last written, by the clock of its place."""


class ObjectStore(Protocol):
    """A place for objects; threads may share it.

    What it says was done stays done: an object is durable when the call returns. Every call raises StoreError, in one
    line without the object's name, when the place does not answer in time or refuses.
    """

    @property
    def label(self) -> str:
        """The place as errors and people name it; no secret is in it."""

    @property
    def calls_at_once(self) -> int:
        """How many calls it answers best side by side."""

    def create(self, name: str, content: bytes) -> bool:
        """Make an object; False: there is one of this name, which stays as it is."""

    def replace(self, name: str, content: bytes) -> None:
        """Make an object, or put it in the place of the one that is there."""

    def read(self, name: str) -> bytes | None:
        """What an object holds now; None: there is none. Raises LostError if it alone cannot be read."""

    def stat(self, name: str) -> ObjectState | None:
        """Size and date of an object, whose content is not read; None if it does not exist."""

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""

    def names(self) -> Iterator[str]:
        """The name of every object, in no order."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """The name of every object, and its bytes, in no order."""

    def check(self) -> None:
        """Ask whether the place answers, without writing."""


class TwoPlaces:
    """Objects of a new place and of an older one, from which they are still to be moved."""

    def __init__(self, newer: ObjectStore, older: ObjectStore) -> None:
        self._newer = newer
        self._older = older
        self.label = newer.label
        self.calls_at_once = newer.calls_at_once

    def create(self, name: str, content: bytes) -> bool:
        """Make an object in the newer place."""
        return self._newer.create(name, content)

    def replace(self, name: str, content: bytes) -> None:
        """Put an object into the newer place; the older one's goes."""
        self._newer.replace(name, content)
        self._older.remove(name)

    def read(self, name: str) -> bytes | None:
        """What an object holds, from the newer place first."""
        content = self._newer.read(name)
        return self._older.read(name) if content is None else content

    def stat(self, name: str) -> ObjectState | None:
        """Size and date of an object, from the newer place first."""
        return self._newer.stat(name) or self._older.stat(name)

    def remove(self, name: str) -> None:
        """Remove an object from both; the newer place first, so that one that fails leaves the other for next time."""
        self._newer.remove(name)
        self._older.remove(name)

    def names(self) -> Iterator[str]:
        """The names in both."""
        yield from {*self._newer.names(), *self._older.names()}

    def sizes(self) -> Iterator[tuple[str, int]]:
        """What both hold; what is in both comes twice."""
        yield from self._newer.sizes()
        yield from self._older.sizes()

    def check(self) -> None:
        """Ask both."""
        self._newer.check()
        self._older.check()
