"""What a department counts of some days, each read and hit by its last correction, so that nothing is counted twice.

What a correction replaced stays stored and is counted by itself, so that the sums can be checked.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from alpr_edge.domain.dispositions.hit_state import HitVerification
from alpr_edge.domain.statistics.proportions import Proportion


@dataclass(slots=True)
class DepartmentCounts:
    """The counts of a unit, or of several."""

    reads: int = 0
    """Reads that no other replaced."""
    corrected_reads: int = 0
    """Those of them whose text is by a person."""
    superseded_reads: int = 0
    """Reads that a correction replaced."""
    hits: int = 0
    """Hits that hold: not withdrawn, and of a read that no other replaced."""
    withdrawn_hits: int = 0
    superseded_hits: int = 0
    """Hits of a replaced read that nobody withdrew."""
    verifications: Counter[HitVerification] = field(default_factory=Counter)
    """Hits that hold, by how far they are verified (policy 462.4(f))."""
    judged_reads: int = 0
    """Reads by the reader, replaced ones too, of which an officer said what their plate says."""
    misread_reads: int = 0

    @property
    def misread(self) -> Proportion:
        """The share of misread ones of those that were judged."""
        return Proportion(self.misread_reads, self.judged_reads)

    @classmethod
    def sum_of(cls, parts: Iterable["DepartmentCounts"]) -> "DepartmentCounts":
        """The counts of several units together."""
        total = cls()
        for part in parts:
            for name in _NUMBERS:
                setattr(total, name, getattr(total, name) + getattr(part, name))
            total.verifications += part.verifications
        return total

    def values(self) -> dict[str, Any]:
        """Everything by its name, for programs."""
        verified = {f"hits_{each.value}": self.verifications[each] for each in HitVerification}
        return {name: getattr(self, name) for name in _NUMBERS} | verified | {"misread_rate": self.misread.share}


_NUMBERS = (
    *("reads", "corrected_reads", "superseded_reads", "hits", "withdrawn_hits", "superseded_hits"),
    *("judged_reads", "misread_reads"),
)
