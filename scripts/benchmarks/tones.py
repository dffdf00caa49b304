"""Wrong full tones: how often a misread meets somebody else's entry, on lists of two sizes, with and without the gate.

Reckoned over all lists of that many different plates, drawn evenly from one state's serials: a misread that still looks
like a serial of the state meets an entry with the list's share of all serials, any other misread never. True hits come
at the published rate. So nothing depends on which list was drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.benchmarks.figures import figure

ENTRIES = 100_000, 5_000_000
SERIALS = 9 * 26**3 * 1000
"""Of California's passenger plates, 1AAA000 to 9ZZZ999."""
READS = 10_000
READS_A_HIT = 2840
"""Reads for one hit (Piedmont's published figures)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A read as it was decided, when its tone sounds."""

    truth: str
    plate: str
    certain: bool

    @property
    def wrong(self) -> bool:
        """Whether it is a misread that may stand on a list: of the same pattern as the plate."""
        return self.plate != self.truth and pattern(self.plate) == pattern(self.truth)


def pattern(plate: str) -> str:
    """Where a serial has digits and where letters; the digit 0 may be the letter O."""
    return "".join("?" if c == "0" else "9" if c.isdigit() else "A" for c in plate).replace("?", "9")


def print_tones(name: str, decisions: Sequence[Decision], *, second_reader: bool) -> None:
    """Full tones a list of each size would bring in :data:`READS` reads."""
    all_of = max(1, len(decisions))
    right = [decision for decision in decisions if decision.plate == decision.truth]
    wrong = [decision for decision in decisions if decision.wrong]
    for entries in ENTRIES:
        for gate in (False, True):
            passed_wrong = sum(decision.certain or not gate for decision in wrong)
            passed_right = sum(decision.certain or not gate for decision in right)
            wrong_tones = READS * passed_wrong / all_of * entries / SERIALS
            right_tones = READS / READS_A_HIT * passed_right / all_of
            figure(
                f"accuracy.{name}.wrong_full_tones",
                wrong_tones,
                f"tones/{READS} reads",
                entries=entries,
                only_certain=gate,
                second_reader=second_reader,
                right_full_tones=round(right_tones, 4),
                share_wrong=round(wrong_tones / max(1e-9, wrong_tones + right_tones), 4),
                of=len(decisions),
            )
