"""Memory, descriptors and threads of processes that live, are killed and live again."""

import math

import pytest

from scripts.soak.campaign import QueueSample
from scripts.soak.growth import (
    WARM_UP_S,
    ProcessLife,
    ProcessSample,
    descriptors_grown,
    memory_slope,
    threads_grown,
)
from scripts.soak.plots import frame_rates


def life(
    name: str, began_s: float, seconds: float, level_mb: float, mb_per_h: float = 0.0, descriptors_per_h: float = 0.0
) -> ProcessLife:
    """A process whose start takes 500 MB, which grows after that, and takes 80 MB for a moment every ten seconds."""
    samples = []
    for step in range(int(seconds // 2)):
        age_s = 2.0 * step
        memory_mb = level_mb + mb_per_h * age_s / 3600 + 500.0 * (age_s < seconds / 4) + 80.0 * (step % 5 == 0)
        descriptors = 20 + round(descriptors_per_h * age_s / 3600)
        samples.append(ProcessSample(began_s + age_s, memory_mb, descriptors, descriptors - 10))
    return ProcessLife(name, began_s, samples)


def test_memory_that_stays_has_no_slope_whatever_the_start_takes() -> None:
    slope = memory_slope([life("run", 0.0, 2000.0, 300.0)])
    assert slope.mb_per_h == pytest.approx(0.0, abs=1e-6)
    assert slope.error_mb_per_h == pytest.approx(0.0, abs=1e-6)


def test_each_life_has_a_level_of_its_own() -> None:
    """Later lives that need more are no growth, and growth within lives is found."""
    steady = [life("run", 700.0 * number, 600.0, 300.0 + 50.0 * number) for number in range(3)]
    assert memory_slope(steady).mb_per_h == pytest.approx(0.0, abs=1e-6)
    growing = [life("run", 700.0 * number, 600.0, 300.0 - 50.0 * number, mb_per_h=30.0) for number in range(3)]
    assert memory_slope(growing).mb_per_h == pytest.approx(30.0)


def test_short_lives_say_nothing_beside_a_long_one() -> None:
    """What grows at the start of a life, as an allocator's reserve does, is no growth of one that goes on."""
    short = [life("run", 700.0 * number, 600.0, 300.0, mb_per_h=200.0) for number in range(3)]
    long = life("run", 3000.0, 2.0 * WARM_UP_S, 300.0)
    assert memory_slope([*short, long]).mb_per_h == pytest.approx(0.0, abs=1e-6)


def test_slopes_of_daemons_add_up() -> None:
    lives = [life("run", 0.0, 600.0, 300.0, mb_per_h=30.0), life("uplink", 0.0, 600.0, 90.0, mb_per_h=-10.0)]
    assert memory_slope(lives).mb_per_h == pytest.approx(20.0)


def test_lives_that_were_too_short_say_nothing() -> None:
    slope = memory_slope([life("run", 0.0, 60.0, 300.0, mb_per_h=1000.0)])
    assert slope.mb_per_h == 0.0
    assert math.isinf(slope.error_mb_per_h)
    assert descriptors_grown([life("run", 0.0, 20.0, 300.0, descriptors_per_h=1000.0)]) == {}


def test_descriptors_and_threads_are_compared_within_the_longest_life() -> None:
    short = life("run", 0.0, 300.0, 300.0)
    long = life("run", 400.0, 3600.0 + WARM_UP_S, 300.0, descriptors_per_h=60.0)
    other = life("console", 0.0, 3600.0, 300.0)
    for grown in (descriptors_grown([short, long, other]), threads_grown([short, long, other])):
        assert grown == {"run": pytest.approx(60, abs=1), "console": 0}
    assert descriptors_grown([short, other]) == {"run": 0, "console": 0}


def test_frames_a_second_begin_anew_with_the_daemon() -> None:
    samples = [QueueSample(0.0, 0, 100), QueueSample(2.0, 0, 120), QueueSample(4.0, 0, 4), QueueSample(6.0, 0, 24)]
    assert frame_rates(samples) == [(2.0, 10.0), (4.0, 0.0), (6.0, 10.0)]
