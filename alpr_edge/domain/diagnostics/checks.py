"""Checks of a unit before a shift: what was measured, against which limits, and what to do about it.

Green: as it should be. Amber: it works, but somebody should know. Red: it does not work. What was skipped is
none of these, and never green.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alpr_edge.domain.alerting import ListAge
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.list_ages import age_words, list_age

GROUPS = (
    "camera", "card", "gps", "clock", "sound", "ignition", "keys", "accounts", "changes", "memory", "lists", "disk",
    "deletion",
    "certificates", "department", "page",
    "models", "versions", "unit",
)  # fmt: skip
"""Names of the checks that may be skipped."""


class Grade(StrEnum):
    """The result of a check, the gravest last."""

    GREEN = "green"
    SKIPPED = "skipped"
    AMBER = "amber"
    RED = "red"


_GRAVITY = list(Grade)
_BY_AGE = {ListAge.FRESH: Grade.GREEN, ListAge.AMBER: Grade.AMBER, ListAge.RED: Grade.RED}


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: a line of the report."""

    name: str
    grade: Grade
    finding: str
    """What was found, for a person: the value with its unit, or why there is none."""
    limit: str = ""
    """The values from which it is green, and red."""
    todo: str = ""
    """What to do about it, one line; empty when green."""
    value: float | None = None
    unit: str = ""
    details: tuple[str, ...] = ()
    """Further lines for the report, such as digests."""


@dataclass(frozen=True, slots=True)
class Band:
    """The green and the red limit of a measure: more is better when green is above red, else less is."""

    green: float
    red: float
    unit: str = ""
    digits: int = 2

    def grade(self, value: float) -> Grade:
        """Grade of a value; the green limit itself is green, and the red limit is not yet red."""
        sign = 1 if self.green > self.red else -1
        if value * sign >= self.green * sign:
            return Grade.GREEN
        return Grade.AMBER if value * sign >= self.red * sign else Grade.RED

    def format_value(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:.{self.digits}f}{self.unit}"

    @property
    def limit(self) -> str:
        """Both limits in words."""
        good, bad = ("from", "below") if self.green > self.red else ("to", "above")
        return f"green {good} {self.format_value(self.green)}, red {bad} {self.format_value(self.red)}"


def band_check(name: str, value: float, band: Band, todo: str) -> Check:
    """A check that grades a measured value by its band."""
    grade = band.grade(value)
    advice = "" if grade is Grade.GREEN else todo
    return Check(name, grade, band.format_value(value), band.limit, advice, value, band.unit.strip())


def red(name: str, finding: str, todo: str = "") -> Check:
    """A red check: it does not work."""
    return Check(name, Grade.RED, finding, todo=todo)


def amber(name: str, finding: str, todo: str = "") -> Check:
    """An amber check: it cannot be determined, or is not as it should be."""
    return Check(name, Grade.AMBER, finding, todo=todo)


def green(name: str, finding: str, details: tuple[str, ...] = ()) -> Check:
    """A green check: it is as it should be."""
    return Check(name, Grade.GREEN, finding, details=details)


def skipped_check(name: str) -> Check:
    """A check that was not made."""
    return Check(name, Grade.SKIPPED, "not looked at, as asked", todo="run it again without --skip")


def worst(checks: Iterable[Check]) -> Grade:
    """The gravest grade of some checks; without any check the unit does not count as fit."""
    return max((check.grade for check in checks), key=_GRAVITY.index, default=Grade.RED)


DISK_REMEDY = "bring the car to its link: what was handed over is deleted by itself; delete no file by hand"
"""What to do about a full disk: the same for the unit's health, its check and the guide."""
SYSTEM_OFF_S = Band(green=2.0, red=60.0, unit=" s", digits=1)
"""Difference between the computer's clock and the receiver's: NMEA comes up to a second late, and from a minute on
ages of lists and of certificates are judged wrongly."""
CERTIFICATE_DAYS = Band(green=30, red=7, unit=" days", digits=1)
"""A unit renews its own from 45 on: below 30 that has failed for two weeks, and below 7 a week's leave is too long."""
HDOP = Band(green=5.0, red=20.0, digits=1)
"""HDOP of a fix. Up to 5 a position is off by some 25 m at most with a receiver good to 5 m; above 20 by a city
block."""


def clock(now: Instant, system_off_s: float | None) -> Check:
    """Check whether the time on reads can be relied upon.

    Args:
        system_off_s: how far the computer's clock is from the receiver's; None without a receiver's time.
    """
    if now.utc is None or now.utc_source is UtcSource.UNKNOWN:
        return red(
            "clock", "was never set", "wait for a fix under open sky, or let a time server set it (chronyc tracking)"
        )
    if not now.trusted:
        todo = "wait for a fix under open sky, or let a time server set it (chronyc tracking)"
        return Check("clock", Grade.RED, "no source confirms it", "green: receiver or time server", todo)
    if system_off_s is None:
        return green("clock", f"confirmed by {now.utc_source.value}")
    todo = "chronyd does not follow the receiver: check position.chrony_socket and chronyc sources"
    return band_check("clock", abs(system_off_s), SYSTEM_OFF_S, todo)


def list_check(
    generation: Generation, now: Instant, amber_after: timedelta, red_after: timedelta, *, is_fetched: bool = True
) -> Check:
    """Check a hotlist by its age, which is unknown where the present time is not trusted."""
    name = f"list {generation.source}"
    age = generation.age(now.trusted_utc)
    age_s = None if age is None else age.total_seconds()
    grade = _BY_AGE[list_age(age_s, amber_after, red_after)]
    entries = f"{generation.entries} {'entry' if generation.entries == 1 else 'entries'}"
    finding = f"{entries}, {age_words(age)}"
    limit = f"green below {amber_after / timedelta(hours=1):g} h, red from {red_after / timedelta(hours=1):g} h"
    todo = "" if grade is Grade.GREEN else _list_remedy(generation.source, age, is_fetched=is_fetched)
    hours = None if age_s is None else age_s / 3600
    return Check(name, grade, finding, limit, todo, hours, "h")


def _list_remedy(source: str, age: timedelta | None, *, is_fetched: bool) -> str:
    if age is not None and age < timedelta(0):
        return "check the clock of the unit and the date of the list"
    if is_fetched:
        return f"download it: alpr-edge hotlist sync {source}"
    return f"import a newer one (alpr-edge hotlist import), or remove it: alpr-edge hotlist drop {source}"


def certificate(what: str, days: float, todo: str) -> Check:
    """Check a certificate by the days it is still valid."""
    return band_check(what, days, CERTIFICATE_DAYS, todo)


def disk(share: float, amber_share: float, red_share: float, free_bytes: int) -> Check:
    """Check a file system by how much of it is used."""
    band = Band(green=amber_share * 100, red=red_share * 100, unit=" %", digits=1)
    check = band_check("disk", share * 100, band, DISK_REMEDY)
    return Check("disk", check.grade, f"{check.finding} used, {free_bytes / 1e9:.1f} GB free", *_tail(check))


def frame_rate(name: str, fps: float, wanted_fps: float | None, readings_max: int, age_ms_max: float) -> Check:
    """Check a camera by its frames a second.

    Where the settings name a rate, nine tenths of it are required. Where they do not, as many frames as a decision
    uses readings are required; with fewer than two in that time there is nothing to vote on, which is always red.

    Args:
        wanted_fps: the rate that is set for the camera; None when none is set.
    """
    looks = 1000.0 / age_ms_max
    good = readings_max * looks if wanted_fps is None else 0.9 * wanted_fps
    least = min(2 * looks, good / 2)
    todo = "check cable, exposure and size of the picture: long exposures and wide pictures slow a camera down"
    return band_check(name, fps, Band(green=good, red=least, unit=" fps", digits=1), todo)


def _tail(check: Check) -> tuple[str, str, float | None, str]:
    return check.limit, check.todo, check.value, check.unit
