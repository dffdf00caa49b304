"""Lettering that is no plate, drawn: boards of words and numbers, and the time burnt into a picture.

Every sign has a seed of its own. Words and layouts are none of those that training draws its decoys from.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.simulation.plates.fonts import Face, Mask, base_faces, choose_face, line
from scripts.benchmarks.kept_plates import mount_plate
from scripts.benchmarks.sets import Opener, Scene, TruePlate, negative_paths, spread

SEED = 4630
CAPITAL_PX = 48
"""Height of a capital on a sign before it is mounted."""
COLOURS_BGR = (
    ((245, 245, 245), (25, 25, 25)),
    ((245, 245, 245), (40, 30, 170)),
    ((80, 110, 20), (245, 245, 245)),
    ((40, 35, 175), (245, 245, 245)),
    ((40, 190, 245), (25, 25, 25)),
    ((160, 90, 30), (245, 245, 245)),
    ((40, 40, 40), (235, 235, 235)),
)
"""Ground and ink of a sign."""
WORDS = (
    "EXIT ONLY",
    "PRIVATE\nPROPERTY",
    "NO PARKING",
    "FIRE LANE",
    "TOW AWAY\nZONE",
    "ONE WAY",
    "KEEP RIGHT",
    "WRONG WAY",
    "DETOUR",
    "ROAD WORK\nAHEAD",
    "SCHOOL BUS",
    "STUDENT\nDRIVER",
    "FOR SALE",
    "FOR LEASE",
    "OPEN",
    "DRIVE THRU",
    "HYBRID",
    "TURBO 4WD",
    "SHERIFF",
    "PARAMEDIC",
    "McHENRY AVE",
    "9TH ST",
    "ORANGEBURG",
    "BANNER",
)
DAYS_OF_2025 = np.datetime64("2025-01-01T00:00:00")


def signs(data: Path, count: int) -> list[Opener]:
    """Scenes with one sign, mounted on photos without a plate; the sign's place is the scene's only truth."""
    photos = negative_paths(data)
    return [partial(_sign, photos[index % len(photos)], index) for index in range(count)]


def _sign(photo: Path, index: int) -> Scene:
    rng = np.random.default_rng((SEED, index))
    return mount_plate(photo, draw_sign(wording(rng), rng), "", rng, flat=False)


def wording(rng: np.random.Generator) -> str:
    """What stands on a sign: words as often as words with numbers. Numbers alone may be plates."""
    if rng.random() < 0.5:
        return WORDS[int(rng.integers(len(WORDS)))]
    numbers: Sequence[Callable[[Callable[[int], str]], str]] = (
        lambda digits: f"BUS {digits(3)}",
        lambda digits: f"TAXI {digits(4)}",
        lambda digits: f"USDOT {digits(7)}",
        lambda digits: f"(209) 555-{digits(4)}",
        lambda digits: f"SPEED\nLIMIT {digits(1)}5",
        lambda digits: f"EXIT {digits(3)}",
        lambda digits: f"ROUTE {digits(2)}",
        lambda digits: f"{digits(1)}.{digits(2)} 9/10",
    )
    return numbers[int(rng.integers(len(numbers)))](lambda count: "".join(map(str, rng.integers(0, 10, count))))


def draw_sign(text: str, rng: np.random.Generator) -> Pixels:
    """A sign from in front; BGR."""
    ground, ink = COLOURS_BGR[int(rng.integers(len(COLOURS_BGR)))]
    face = choose_face(base_faces(), rng)
    masks = [line(face, row, CAPITAL_PX) for row in text.split("\n")]
    margin, gap = round(CAPITAL_PX * rng.uniform(0.25, 0.7)), round(CAPITAL_PX * 0.35)
    height = sum(mask.shape[0] for mask in masks) + gap * (len(masks) - 1) + 2 * margin
    cover = np.zeros((height, max(mask.shape[1] for mask in masks) + 2 * margin), np.uint8)
    top = margin
    for mask in masks:
        left = (cover.shape[1] - mask.shape[1]) // 2
        cover[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
        top += mask.shape[0] + gap
    if rng.random() < 0.5:
        cv2.rectangle(cover, (6, 6), (cover.shape[1] - 7, height - 7), (255,), 4)
    return _ink(np.full((*cover.shape, 3), ground, np.uint8), cover, ink)


def plain(data: Path, count: int) -> list[Opener]:
    """Photos without a plate, each with its middle as the only truth, as wide as what a pass is made around."""
    return [partial(_plain, path) for path in spread(negative_paths(data), count)]


def _plain(path: Path) -> Scene:
    pixels = load_picture(path)
    height, width = pixels.shape[:2]
    middle = Box(width * 0.46, height / 2 - width * 0.02, width * 0.54, height / 2 + width * 0.02)
    return Scene(f"{path.parent.name}/{path.name}", pixels, (TruePlate(middle),))


def stamp_time(frames: Iterator[Frame], index: int) -> Iterator[Frame]:
    """The frames as a camera gives them that writes the time into a corner of every picture."""
    rng = np.random.default_rng((SEED, 1, index))
    face, capital_px = choose_face(base_faces(), rng), int(rng.integers(14, 30))
    began = DAYS_OF_2025 + np.timedelta64(int(rng.integers(365 * 86_400)), "s")
    below, right = rng.random(2) < 0.5
    for frame in frames:
        now = began + np.timedelta64(round(frame.captured_at.boottime_ns / 1e9), "s")
        mask = _stamp(face, str(now).replace("T", "  "), capital_px)
        left = frame.width_px - mask.shape[1] - 16 if right else 16
        top = frame.height_px - mask.shape[0] - 12 if below else 12
        pixels = frame.pixels.copy()
        area = pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
        area[:] = _ink(_ink(area, cv2.dilate(mask, np.ones((3, 3))).astype(np.uint8), (0, 0, 0)), mask, (255,) * 3)
        yield Frame(frame.camera_id, frame.number, frame.captured_at, pixels)


def _stamp(face: Face, text: str, capital_px: int) -> Mask:
    return np.pad(line(face, text, capital_px), 3)


def _ink(ground: Pixels, cover: Mask, ink: tuple[int, int, int]) -> Pixels:
    """The ground with ink where the mask covers it."""
    share = cover[..., np.newaxis].astype(np.float32) / 255
    return np.asarray(ground * (1 - share) + np.array(ink, np.float32) * share, np.float32).round().astype(np.uint8)
