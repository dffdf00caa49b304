"""The faults that a campaign tries, and their order."""

import math
from dataclasses import astuple, dataclass
from random import Random

from scripts.faults.faults import WHOLE_UNIT, InjectedFault
from scripts.faults.victims import PARTS, Activity

Trial = tuple[InjectedFault, Activity]
DAMAGED = (Activity.CAPTURE, Activity.UPLOAD)
"""What goes on before the database is damaged: it has something in it, and something in its log."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How many of which faults."""

    cuts: int
    """Of the power."""
    others: int
    """Kills, and full disks."""
    damages: int
    """Of databases."""
    folders: int = 0
    """That cannot be written."""
    refusals: int = 0
    """Of an item by the department."""
    units: int = 0
    """Whole ones, with false dates, floods and killed threads."""

    def scale_to(self, rounds: int) -> "Mix":
        """So many faults in all, or a few more, in the same shares."""
        counts = astuple(self)
        return Mix(*(math.ceil(count * rounds / sum(counts)) for count in counts))


def plan(mix: Mix, random: Random) -> list[Trial]:
    """Faults spread evenly over what a unit does, in random order."""
    cuts, others, damages = mix.cuts, mix.others, mix.damages
    activities = PARTS
    trials: list[Trial] = [(InjectedFault.CUT, activities[number % len(activities)]) for number in range(cuts)]
    kinds = (InjectedFault.KILL, InjectedFault.FULL)
    trials += [(kinds[number // len(activities) % 2], activities[number % len(activities)]) for number in range(others)]
    wounds = [fault for fault in InjectedFault if fault.is_damage]
    trials += [(wounds[number % 3], DAMAGED[number // 3 % 2]) for number in range(damages)]
    trials += [(InjectedFault.FOLDERS, Activity.WRITER)] * mix.folders + [
        (InjectedFault.REFUSAL, Activity.UPLOAD)
    ] * mix.refusals
    trials += [(WHOLE_UNIT[number % len(WHOLE_UNIT)], Activity.UNIT) for number in range(mix.units)]
    random.shuffle(trials)
    return trials
