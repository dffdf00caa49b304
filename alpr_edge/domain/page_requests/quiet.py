"""Orders to keep an entry quiet at this unit: a vehicle that an officer knows of, such as one parked along a beat.

An entry is quiet for the shift of the officer who ordered it: until their session ends. Hits of the gravest level sound
nevertheless, and every hit is shown.
"""

from dataclasses import dataclass

QUIETED_MAX = 64
"""Most entries that are quiet at a time."""


@dataclass(frozen=True, slots=True)
class QuietOrder:
    """An order to keep the entry of a hit quiet."""

    hit_id: str


@dataclass(frozen=True, slots=True)
class EndOfQuiet:
    """An order to let the entry of a hit sound again."""

    hit_id: str
