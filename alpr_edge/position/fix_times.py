"""Compares the time of a fix with a trusted one of the same boot, by the boot time in between."""

from datetime import timedelta

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.timeline import DRIFT

AGREEMENT = timedelta(seconds=1.5)
"""Most by which fixes may differ in their time on the way to here; a leap second is less."""


def ahead(fix: Fix, trusted_time: Instant) -> timedelta:
    """How much later a fix's time is than boot time since a trusted moment allows, drift included."""
    later, drift = difference(fix, trusted_time)
    return later - drift


def behind(fix: Fix, trusted_time: Instant) -> timedelta:
    """How much earlier a fix's time is than boot time since a trusted moment allows, drift included."""
    later, drift = difference(fix, trusted_time)
    return -later - drift


def agrees(fix: Fix, trusted_time: Instant) -> bool:
    """Whether a fix's time is the one that boot time since a trusted moment gives, but for drift."""
    later, drift = difference(fix, trusted_time)
    return abs(later) <= AGREEMENT + drift


def difference(fix: Fix, trusted_time: Instant) -> tuple[timedelta, timedelta]:
    """How much later a fix's time is than boot time since a trusted moment gives, and how far that may have drifted."""
    assert fix.utc is not None, "only timed fixes are asked"
    assert trusted_time.utc is not None, "a trusted time has a UTC"
    elapsed_ms = fix.received_at.ms_since(trusted_time)
    later = fix.utc - trusted_time.utc - timedelta(milliseconds=elapsed_ms)
    return later, timedelta(milliseconds=abs(elapsed_ms) * DRIFT)
