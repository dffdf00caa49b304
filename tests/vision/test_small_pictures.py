"""Which small pictures count as unchanged, and as the same plate."""

import cv2
import numpy as np
import pytest

from alpr_edge.domain.recognition.distinct_looks import is_same_plate
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.small_pictures import is_unchanged, small_plate, small_scene

SIZES = [(360, 640), (720, 1280), (1080, 1920), (100, 90)]


def noisy(pixels: Pixels, seed: int, levels: float = 5.0) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, levels, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def plate_of(text: str) -> Pixels:
    plate = np.full((60, 200, 3), 220, np.uint8)
    cv2.putText(plate, text, (8, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (30, 30, 30), 4)
    return plate


@pytest.mark.parametrize("size", SIZES)
def test_noise_is_no_change(size: tuple[int, int]) -> None:
    street = np.full((*size, 3), 70, np.uint8)
    one, other = (small_scene(noisy(street, seed)) for seed in (1, 2))
    assert one.shape == (45, 80)
    assert is_unchanged(one, other) or size == (100, 90)


@pytest.mark.parametrize("size", SIZES[1:3])
def test_a_plate_of_forty_pixels_that_lights_up_is_a_change(size: tuple[int, int]) -> None:
    street = np.full((*size, 3), 40, np.uint8)
    lit = street.copy()
    lit[300:310, 501:541] = 160
    assert not is_unchanged(small_scene(noisy(street, 1)), small_scene(noisy(lit, 2)))


def test_a_light_that_goes_on_slowly_is_a_change_once_it_shows() -> None:
    at_first, later = (small_scene(np.full((720, 1280, 3), level, np.uint8)) for level in (60, 63))
    assert not is_unchanged(at_first, later)


def test_the_same_plate_is_known_in_other_light_and_another_is_not() -> None:
    plate = plate_of("7ABC123")
    dim = (plate * 0.5 + 20).astype(np.uint8)
    assert is_same_plate(small_plate(noisy(dim, 1)), small_plate(plate))
    assert not is_same_plate(small_plate(noisy(plate_of("5XYZ987"), 1)), small_plate(plate))


def test_a_crop_without_contrast_is_no_known_plate() -> None:
    blank = small_plate(np.full((20, 60, 3), 128, np.uint8))
    assert not is_same_plate(blank, blank)
