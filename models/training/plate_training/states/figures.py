"""What a network that names states does, by the probability from which on it names one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plate_training.release.manifest import Entry
from plate_training.states.data import NONE, StatePlate
from scripts.benchmarks.figures import wilson

LEVELS = 0.5, 0.6, 0.7, 0.8, 0.9, 0.95
"""Probabilities to choose from."""
Probabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NamingCounts:
    """How many plates were named, and how many of those rightly.

    Args:
        of_states: plates of a state.
        named: those of them that a state was named of.
        right: those of them of which it was the right one.
        of_none: plates of no state.
        wrongly_named: those of them that a state was named of.
    """

    of_states: int
    named: int
    right: int
    of_none: int
    wrongly_named: int

    def row(self) -> tuple[str, str, str]:
        """The counts for a table."""
        return (
            f"{self.named} of {self.of_states}",
            f"{self.right} of {self.named}",
            f"{self.wrongly_named} of {self.of_none}",
        )

    def entry(self, part: str) -> Entry:
        """The shares as the manifest has them; one of no plates is left out."""
        shares = {
            f"{part}_named": (self.named, self.of_states),
            f"{part}_right": (self.right, self.named),
            f"{part}_of_no_state_named": (self.wrongly_named, self.of_none),
        }
        return {
            name: {"value": round(count / of, 4), "unit": "share", "of": of, "wilson95": list(wilson(count, of))}
            for name, (count, of) in shares.items()
            if of
        }


def counts_at(plates: Sequence[StatePlate], probabilities: Probabilities, level: float) -> NamingCounts:
    """The counts where a state is named from that probability on.

    Args:
        plates: plates whose state is known.
        probabilities: of each of them, float32 [plates, states and none].
        level: the probability.
    """
    states = np.array([plate.state for plate in plates])
    named = probabilities.argmax(axis=1)
    is_named = (named != NONE) & (probabilities.max(axis=1) >= level)
    is_of_state = states != NONE
    return NamingCounts(
        of_states=int(is_of_state.sum()),
        named=int((is_named & is_of_state).sum()),
        right=int((is_named & (named == states)).sum()),
        of_none=int((~is_of_state).sum()),
        wrongly_named=int((is_named & ~is_of_state).sum()),
    )
