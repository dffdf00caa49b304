"""Canvasses of tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.ground.areas import parse_ground_area
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.instants import Instant, UtcSource

START = datetime(2026, 11, 27, 22, 2, tzinfo=UTC)
BOOT = "boot-1"
SCENE_AREA = parse_ground_area("37.63,-121.0 37.64,-121.0 37.64,-120.99 37.63,-120.99")


def at(minutes: float, *, boot: str = BOOT, trusted: bool = True) -> Instant:
    """A moment that many minutes after the start of :func:`canvass`, by the clock of a boot."""
    source = UtcSource.GNSS if trusted else UtcSource.UNKNOWN
    utc = START + timedelta(minutes=minutes) if trusted else None
    boottime_ns = int((600 + minutes * 60) * 1e9) if boot == BOOT else 7_000_000_000
    return Instant(boot, boottime_ns, utc, source, 12.0 if trusted else None)


def canvass(**changes: object) -> Canvass:
    """A canvass of a block, which lasts an hour and takes the half hour before its start."""
    made = Canvass(
        canvass_id="unit-1:canvass-1",
        incident="26-001234",
        offence="homicide",
        area=SCENE_AREA,
        partials=("7AB*",),
        before=timedelta(minutes=30),
        lasts=timedelta(hours=1),
        by=HoldPerson("ana", "Ana Ruiz", "2f1c"),
        started=at(0),
        ends=START + timedelta(hours=1),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # any field
