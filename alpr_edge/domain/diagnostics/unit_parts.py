"""The parts of a unit as its health shows them: how each is, in a word, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class UnitPart(StrEnum):
    """A part of a unit, in the words of its health; of cameras and lists there is a line for each."""

    READER = "plate reader"
    CAMERAS = "cameras"
    RECEIVER = "receiver"
    CLOCK = "clock"
    SOUND = "sound"
    LISTS = "lists"
    STORE = "storage"
    DISK = "disk"
    QUEUE = "queue"
    LINK = "link"
    CERTIFICATES = "certificates"
    ROSTER = "roster"
    ACCESS_LOG = "access log"
    PAGE = "page"


class PartState(StrEnum):
    """How a part is, the gravest last."""

    WELL = "well"
    """As it should be, or left out by the settings."""
    UNKNOWN = "unknown"
    """Nothing tells of it at present."""
    ATTENTION = "attention"
    """The unit does its work, and somebody has to look before it does not."""
    FAULT = "fault"
    """It does not work."""


_GRAVITY = tuple(PartState)


@dataclass(frozen=True, slots=True)
class PartHealth:
    """How one part is. Holds no plate text."""

    part: UnitPart
    name: str
    """The part as people call it: "receiver", "camera front", "list doj"."""
    state: PartState
    words: str
    """The finding in at most some 25 characters, for a glance: "no fix"."""
    finding: str
    """What is so, a sentence."""
    todo: str = ""
    """What to do, a sentence or two; empty where nothing is to be done."""

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to do something."""
        return self.state in {PartState.ATTENTION, PartState.FAULT}


@dataclass(frozen=True, slots=True)
class UnitHealth:
    """How all parts of a unit are."""

    unit_id: str
    parts: tuple[PartHealth, ...]

    @property
    def state(self) -> PartState:
        """The gravest state of all parts."""
        return gravest(part.state for part in self.parts)

    @property
    def bad_parts(self) -> tuple[PartHealth, ...]:
        """The parts that somebody has to look at, the gravest first; the reader after the reasons for its state."""
        return tuple(sorted((part for part in self.parts if part.is_bad), key=_gravity_of, reverse=True))


def gravest(states: Iterable[PartState]) -> PartState:
    """The gravest of some states; without any nothing is known."""
    return max(states, key=_GRAVITY.index, default=PartState.UNKNOWN)


def _gravity_of(part: PartHealth) -> tuple[int, bool]:
    return _GRAVITY.index(part.state), part.part is not UnitPart.READER
