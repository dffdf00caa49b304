"""When a soak brings which fault on the unit: a pure function of its length, its seed and the faults at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from scripts.soak.faults import CAMERA_FAULTS, SOAK_RULES, SoakFault

MINUTES_MIN, MINUTES_MAX = 4, 24 * 60
QUIET_MINUTES = 2
"""No fault at the end, so that all can heal, and all that waits can be sent."""
SLOT_S = 30.0
"""One fault begins in each: two a minute."""
RESTART_ROUNDS = 6
"""Daemons are ended in every sixth round alone, an hour apart: what grows shows in processes that live for long."""
BEGIN_S = 1.0, 4.0
"""When in its slot it begins; the cause of the longest is over before the slot is."""


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """A fault that is to come."""

    fault: SoakFault
    at_s: float
    """Seconds from the start of the soak."""
    camera: str = ""
    """The camera that it happens to; empty where it happens to none."""

    @property
    def ends_s(self) -> float:
        """When its cause is over."""
        return self.at_s + SOAK_RULES[self.fault].lasts_s


def schedule(minutes: int, seed: int, faults: Sequence[SoakFault], cameras: Sequence[str]) -> list[ScheduledFault]:
    """The faults of a soak in their order: two begin in each minute, and none in the last two.

    Every kind comes once before any comes twice; those that end a daemon rest for some rounds then. Two faults of
    cameras in a row are of two cameras: the first may still be opening.

    Args:
        minutes: its length, :data:`MINUTES_MIN` or more.
        seed: the same seed gives the same faults.
        faults: the kinds that can be caused here.
        cameras: the ids of the cameras, two or more.
    """
    random, scheduled = Random(seed), list[ScheduledFault]()
    kinds, rounds, last_camera = list[SoakFault](), 0, ""
    for slot in range(int((minutes - QUIET_MINUTES) * 60 // SLOT_S)):
        if not kinds:
            at_hand = [each for each in faults if rounds % RESTART_ROUNDS == 0 or not SOAK_RULES[each].daemon]
            kinds, rounds = random.sample(at_hand, len(at_hand)), rounds + 1
        fault, camera = kinds.pop(), ""
        if fault in CAMERA_FAULTS:
            camera = last_camera = random.choice([each for each in cameras if each != last_camera])
        scheduled.append(ScheduledFault(fault, slot * SLOT_S + random.uniform(*BEGIN_S), camera))
    return scheduled
