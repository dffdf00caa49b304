"""One fault of a soak: when it began, when it was told, and when nothing of it stood any more."""

from dataclasses import dataclass

from scripts.soak.faults import SOAK_RULES, SoakRule
from scripts.soak.schedule import ScheduledFault
from scripts.soak.signs import UnitSigns, is_over, is_told


@dataclass(slots=True, eq=False)
class FaultTrial:
    """A fault that was brought; times are seconds of a monotonic clock."""

    scheduled: ScheduledFault
    began_s: float
    ended_s: float | None = None
    """When its cause was taken away."""
    told_s: float | None = None
    healed_s: float | None = None

    @property
    def rule(self) -> SoakRule:
        """What it has to lead to."""
        return SOAK_RULES[self.scheduled.fault]

    @property
    def told_after_s(self) -> float | None:
        """How long it took to be told; None: it was not."""
        return None if self.told_s is None else self.told_s - self.began_s

    @property
    def healed_after_s(self) -> float | None:
        """How long it stood after its cause had gone; None: it still does."""
        return None if self.healed_s is None or self.ended_s is None else self.healed_s - self.ended_s

    @property
    def is_told_in_time(self) -> bool:
        """Whether it was told within its time."""
        return self.told_after_s is not None and self.told_after_s <= self.rule.within_s

    @property
    def is_healed_in_time(self) -> bool:
        """Whether it was over within its time; what was never told never healed."""
        after_s = self.healed_after_s
        return self.told_s is not None and after_s is not None and after_s <= self.rule.heals_s

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be seen of it any more that counts."""
        return self.healed_s is not None

    def look(self, signs: UnitSigns, now_s: float) -> None:
        """Compare with what the unit tells now."""
        if self.ended_s is None:
            if self.told_s is None and is_told(self.scheduled, signs):
                self.told_s = now_s
        elif self.healed_s is None and is_over(self.scheduled, signs):
            self.healed_s = now_s

    def line(self, start_s: float) -> str:
        """For people who watch: when, what, told and healed after how long."""
        minutes, seconds = divmod(round(self.began_s - start_s), 60)
        what = f"{self.scheduled.fault}{f', {self.scheduled.camera}' if self.scheduled.camera else ''}"
        told = _words("told", self.told_after_s, self.rule.within_s)
        return (
            f"{minutes:3}:{seconds:02}  {what:26} {told:28} {_words('healed', self.healed_after_s, self.rule.heals_s)}"
        )


def _words(word: str, after_s: float | None, limit_s: float) -> str:
    if after_s is None:
        return f"NOT {word}"
    late = f", LATE: {limit_s:g} s" if after_s > limit_s else ""
    return f"{word} after {after_s:.1f} s{late}"
