"""Readings that look the same count as one look in the vote, however many frames show them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import CERTAIN_MIN
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.distinct_looks import DistinctLooks, is_same_plate, repeats_of
from alpr_edge.domain.recognition.frames import Pixels, Reading
from alpr_edge.domain.recognition.tracking import READINGS_KEPT, Track
from alpr_edge.domain.recognition.voting import vote
from tests.domain.readings import START, reading_of
from tests.domain.recognition.test_passes import passes_of, play

BOX = Box(100, 100, 200, 150)


def crop_of(seed: int, noise: float = 0.0, noise_seed: int = 0) -> Pixels:
    """A small crop with a pattern of its own, and a camera's noise."""
    pattern = np.random.default_rng(seed).integers(60, 200, (24, 48))
    grain = np.random.default_rng((seed, noise_seed)).normal(0, noise, (24, 48))
    return np.clip(pattern + grain, 0, 255).astype(np.uint8)


def look_of(seed: int, at_ms: float = 0, certainty: float = 0.97, box: Box = BOX, noise: float = 6) -> Reading:
    """A look with the picture of that number, and noise of its own."""
    reading = reading_of("8ABC123", at_ms, box, certainty)
    return replace(reading, small_crop=crop_of(seed, noise, round(at_ms)))


def track_of(looks: Sequence[Reading]) -> Track:
    track = Track(1)
    for look in looks:
        track.add(look)
    return track


@given(count=st.integers(1, READINGS_KEPT + 9))
def test_copies_of_a_look_are_no_surer_than_it_is(count: int) -> None:
    one = vote([look_of(1)])
    many = vote(track_of([look_of(1, at_ms) for at_ms in range(count)]).readings)
    assert many.confidence == pytest.approx(one.confidence)
    assert many.alternatives[0].confidence == pytest.approx(one.alternatives[0].confidence)


def test_looks_that_differ_are_surer_together() -> None:
    differing = track_of([look_of(seed, seed) for seed in range(9)]).readings
    assert vote(differing).confidence > vote([look_of(1)]).confidence
    assert vote(differing).confidence == pytest.approx(vote([reading_of("8ABC123", certainty=0.97)] * 9).confidence)


def test_many_copies_of_one_look_weigh_no_more_than_another_look() -> None:
    other = replace(look_of(2, 1), slot_probabilities=reading_of("3ABC123", certainty=0.9999).slot_probabilities)
    copies = [look_of(1, at_ms, certainty=0.9) for at_ms in range(2, 40)]
    assert vote([other, *copies]).plate == "8ABC123"
    assert vote(track_of([other, *copies]).readings).plate == "3ABC123"


@pytest.mark.parametrize(("width_px", "numbers"), [(100, [1, 1]), (108, [1, 1]), (112, [1, 2]), (85, [1, 2])])
def test_a_plate_that_grew_or_shrank_is_another_look(width_px: float, numbers: list[int]) -> None:
    looks = [look_of(1), look_of(1, 1, box=Box(100, 100, 100 + width_px, 100 + width_px / 2))]
    assert [reading.look_number for reading in track_of(looks).readings] == numbers


def test_a_look_that_comes_back_has_its_number_again() -> None:
    numbers = [reading.look_number for reading in track_of([look_of(n % 2, n) for n in range(6)]).readings]
    assert numbers == [1, 2] * 3


def test_readings_of_a_vehicle_seen_again_are_numbered_with_the_earlier_ones() -> None:
    earlier, later = track_of([look_of(1), look_of(2, 1)]), track_of([look_of(2, 2), look_of(3, 3)])
    later.join(earlier)
    assert [reading.look_number for reading in later.readings] == [1, 2, 2, 3]
    later.add(look_of(1, 4))
    assert later.readings[-1].look_number == 1


def test_looks_of_readings_that_are_dropped_are_forgotten() -> None:
    looks = DistinctLooks()
    first, second = looks.number(look_of(1)), looks.number(look_of(2))
    looks.keep([second])
    assert looks.number(look_of(2)).look_number == second.look_number
    assert looks.number(look_of(1)).look_number not in {first.look_number, second.look_number, None}


def test_what_cannot_be_compared_is_unlike_any_other() -> None:
    readings = track_of([reading_of("8ABC123"), look_of(1), reading_of("8ABC123"), look_of(1, 1)]).readings
    assert [reading.look_number for reading in readings] == [None, 1, None, 1]
    assert repeats_of(readings).tolist() == [1, 2, 1, 2]


def test_crops_are_compared_whatever_their_light() -> None:
    crop = crop_of(1)
    dim = (crop * 0.5 + 20).astype(np.uint8)
    assert is_same_plate(dim, crop)
    assert not is_same_plate(crop_of(2), crop)
    assert not is_same_plate(np.full_like(crop, 128), np.full_like(crop, 128))


def certain_at_the_end(seeds: Sequence[int]) -> bool:
    """Whether the read of looks at one vehicle is certain."""
    passes = passes_of()
    events: list[ReadUpdate] = []
    for number, seed in enumerate(seeds):
        events += [event for _, event in play(passes, [(number * 100.0, [look_of(seed, number * 100)])])]
    events += passes.close(START.shift(100.0 * len(seeds)))
    assert len({event.read.read_id for event in events}) == 1
    return events[-1].read.confidence >= CERTAIN_MIN


def test_a_parked_car_in_doubt_stays_so_however_long_it_stands() -> None:
    assert not certain_at_the_end([1] * 100)
    assert certain_at_the_end(range(100))
