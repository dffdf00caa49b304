"""The result of a soak: its figures, and the lines for people before them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scripts.soak.accounts import (
    DeliveredRead,
    PassCounts,
    TimeSpan,
    count_passes,
    delivered_reads,
    doubled_reads,
    lost_reads,
)
from scripts.soak.campaign import SoakCampaign
from scripts.soak.faults import CAMERA_FAULTS, SoakFault
from scripts.soak.growth import MemorySlope, ProcessLife, descriptors_grown, memory_slope, memory_slopes, threads_grown
from scripts.soak.trials import FaultTrial
from scripts.soak.unit import CAMERAS, UNIT_ID

STARTS_ANEW = (SoakFault.RUN_KILLED, SoakFault.MODEL_DAMAGED)
"""Faults that take all cameras with them."""
SHOWN_MAX = 10
READ_SHARE_MIN = 0.8
"""Of the vehicles that passed while nothing was faulty. A long soak reads nearly all; how many passed is reckoned from
lengths of time, and in ten minutes that may be off by a tenth."""


@dataclass(frozen=True, slots=True)
class SoakResult:
    """What a soak found."""

    minutes: float
    trials: Sequence[FaultTrial]
    acknowledged: frozenset[str]
    lost: frozenset[str]
    doubled: Sequence[str]
    passes: PassCounts
    lives: Sequence[ProcessLife]
    failures: Sequence[str]
    """A line for each daemon that ended by itself, and for what the unit did not get rid of."""
    findings: Sequence[str]
    """Further lines that somebody has to look at."""

    @property
    def slope(self) -> MemorySlope:
        """How fast memory grows."""
        return memory_slope(self.lives)

    @property
    def is_clean(self) -> bool:
        """Whether the unit read, nothing was lost, doubled or left, and each fault was told and healed in its time."""
        are_good = all(_is_good(trial) for trial in self.trials)
        return are_good and not (self.lost or self.doubled or self.failures or self._too_few())

    def _too_few(self) -> list[str]:
        """A line for each count that is too low: where nothing is read nothing is lost either."""
        passed, read = self.passes.passes, self.passes.read
        lines = ["no read was stored"] * (not self.acknowledged)
        if read < READ_SHARE_MIN * passed:
            lines.append(f"of {passed} vehicles {read} were read, fewer than {READ_SHARE_MIN:.0%}")
        return lines

    def figures(self) -> dict[str, float | int]:
        """As numbers; the keys are those of the issue's line."""
        return {
            "minutes": round(self.minutes, 1),
            "faults": len(self.trials),
            "told": sum(trial.is_told_in_time for trial in self.trials),
            "healed": sum(trial.is_healed_in_time for trial in self.trials),
            "reads": len(self.acknowledged),
            "lost": len(self.lost),
            "doubled": len(self.doubled),
            "memory_slope_mb_per_h": round(self.slope.mb_per_h, 2),
            "descriptors_grown": sum(descriptors_grown(self.lives).values()),
        }

    def lines(self, start_s: float) -> Iterator[str]:
        """For people: what did not go well, and the figures that have no key."""
        bad = [trial.line(start_s).strip() for trial in self.trials if not _is_good(trial)]
        yield from (f"not as it should be: {line}" for line in [*bad, *self._too_few(), *self.failures])
        for word, ids in (("lost", sorted(self.lost)), ("doubled", self.doubled)):
            yield from (f"{word}: read {read_id}" for read_id in ids[:SHOWN_MAX])
        passes = self.passes
        share = f", {passes.read / passes.passes:.0%}" if passes.passes else ""
        yield f"vehicles outside the times of faults: {passes.passes} passed, {passes.read} read{share}"
        yield f"reads of a text that no vehicle has: {passes.foreign}"
        yield from self._growth_lines()
        yield from self.findings

    def _growth_lines(self) -> Iterator[str]:
        error = self.slope.error_mb_per_h
        known = f"standard error {error:.1f}" if math.isfinite(error) else "no process lived for long enough to say"
        yield f"memory: {self.slope.mb_per_h:+.1f} MB an hour ({known})"
        descriptors, threads = descriptors_grown(self.lives), threads_grown(self.lives)
        for name, slope in memory_slopes(self.lives).items():
            memory = f"memory {slope.mb_per_h:+.1f} MB an hour ({slope.error_mb_per_h:.1f})"
            yield f"{name}: {memory}, descriptors {descriptors.get(name, 0):+}, threads {threads.get(name, 0):+}"


def _is_good(trial: FaultTrial) -> bool:
    return trial.is_told_in_time and trial.is_healed_in_time


def result_of(
    campaign: SoakCampaign, stored: Sequence[str], left: Sequence[str], findings: Sequence[str]
) -> SoakResult:
    """Compare what was stored with what the department holds.

    Args:
        campaign: the soak, which is over.
        stored: ids of reads that the unit's own database holds in the end.
        left: a line for each kind of thing that the unit did not get rid of.
        findings: further lines.
    """
    unit = campaign.parts.unit
    delivered = delivered_reads(unit.department, UNIT_ID)
    acknowledged = frozenset((*campaign.log.stored, *stored))
    told = [_uncaused_line(fault, times_s, campaign.began_s) for fault, times_s in sorted(campaign.uncaused.items())]
    ended = [f"ended by itself: {line}" for line in campaign.parts.services.unexpected_ends]
    return SoakResult(
        campaign.lasted_s / 60,
        # A fault that an interrupt cut short says nothing.
        [trial for trial in campaign.trials if trial.ended_s is not None and _had_time(trial, campaign)],
        acknowledged,
        frozenset(lost_reads(acknowledged, delivered)),
        doubled_reads(delivered),
        _passes(campaign, delivered),
        campaign.parts.services.lives,
        [*ended, *left],
        [*told, *findings],
    )


def _uncaused_line(fault: tuple[str, str], times_s: Sequence[float], start_s: float) -> str:
    first, last = (f"{(at_s - start_s) / 60:.1f}" for at_s in (times_s[0], times_s[-1]))
    seen = f"{len(times_s)} times from minute {first} to {last}"
    return f"told and not brought: {fault[0]}, {fault[1]}, seen {seen}"


def _had_time(trial: FaultTrial, campaign: SoakCampaign) -> bool:
    ended_s = campaign.began_s + campaign.lasted_s
    return trial.is_settled or trial.began_s + trial.rule.lasts_s + trial.rule.heals_s <= ended_s


def _passes(campaign: SoakCampaign, delivered: Sequence[DeliveredRead]) -> PassCounts:
    return count_passes(campaign.parts.scenes.truths, delivered, clean_spans(campaign, CAMERAS))


def clean_spans(campaign: SoakCampaign, cameras: Sequence[str]) -> Mapping[str, Sequence[TimeSpan]]:
    """By camera, the times in which nothing was faulty that it needs."""
    return {camera: list(_clean(campaign, camera)) for camera in cameras}


def _clean(campaign: SoakCampaign, camera: str) -> Iterator[TimeSpan]:
    begin, end_s = campaign.began_s, campaign.began_s + campaign.lasted_s
    for trial in campaign.trials:
        hits_camera = trial.scheduled.fault in CAMERA_FAULTS and trial.scheduled.camera == camera
        if hits_camera or trial.scheduled.fault in STARTS_ANEW:
            if trial.began_s > begin:
                yield _span(campaign, begin, trial.began_s)
            begin = max(begin, trial.healed_s if trial.healed_s is not None else end_s)
    if begin < end_s:
        yield _span(campaign, begin, end_s)


def _span(campaign: SoakCampaign, begin_s: float, end_s: float) -> TimeSpan:
    def at(moment_s: float) -> datetime:
        return (campaign.began_at + timedelta(seconds=moment_s - campaign.began_s)).astimezone(UTC)

    return TimeSpan(at(begin_s), at(end_s))
