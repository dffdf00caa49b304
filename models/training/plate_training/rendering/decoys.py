"""Things that are no plates but have something of one: blank rectangles, window grids, lettering without a plate."""

import cv2
import numpy as np

from alpr_edge.simulation.plates.fonts import Face, base_faces, choose_face, line, paste
from plate_training.contract import Picture
from plate_training.rendering.degrade import Rng
from plate_training.rendering.plate_source import MountedPicture, mount

HEIGHT_PX = 56
WORDS = ("Vent", "Taxi", "Museum", "Service", "Open", "Only", "Diesel", "Hotel", "Sport", "Turbo", "School", "Parking")

SIGN_WORDS = (
    *("EXIT", "ONLY", "STOP", "ONE WAY", "PRIVATE", "PROPERTY", "POLICE", "SHERIFF", "TAXI", "SCHOOL BUS", "CAUTION"),
    *("NO PARKING", "SPEED", "LIMIT", "LANE", "LEFT", "RIGHT", "TURN", "AHEAD", "ROAD", "WORK", "KEEP", "WEST", "EAST"),
    *("NORTH", "SOUTH", "STREET", "AVE", "BLVD", "EMERGENCY", "FIRE", "RESCUE", "AMBULANCE", "RENTAL", "MOTORS"),
    *("DELIVERY", "SERVICE", "EXPRESS", "COUNTY", "CITY", "BANK", "PARK", "HOTEL", "MARKET", "OPEN", "SALE", "TOW"),
)
BADGES = (
    *("CR-V", "RAV4", "F-150", "SILVERADO", "TUNDRA", "TACOMA", "CAMRY", "COROLLA", "ACCORD", "CIVIC", "ALTIMA"),
    *("SENTRA", "EXPLORER", "ESCAPE", "FUSION", "FOCUS", "JETTA", "PASSAT", "OUTBACK", "FORESTER", "WRANGLER", "JEEP"),
    *("CHEVROLET", "DODGE", "RAM", "HEMI", "TURBO", "AWD", "4WD", "4X4", "HYBRID", "LIMITED", "SPORT", "VOLVO", "XC90"),
    *("MERCEDES", "C 220", "E 350", "320d", "X5", "TDI", "V6", "V8", "GT", "LX", "EX-L", "SE", "SUZUKI", "YAMAHA"),
)
"""Capitals that stand on signs and on cars; the reader is to see no plate in them."""


def decoy(rng: Rng, margin: float) -> MountedPicture:
    """One decoy, mounted as a plate is."""
    width = round(HEIGHT_PX * float(rng.uniform(1.2, 5.0)))
    ground, ink = rng.uniform(0, 255, 2)
    picture = np.full((HEIGHT_PX, width, 3), ground, np.uint8)
    kind = rng.random()
    if kind < 0.35:
        _grid(picture, ink, rng)
    elif kind < 0.7:
        _word(picture, ink, rng)
    elif kind < 0.85:
        cv2.rectangle(picture, (2, 2), (width - 3, HEIGHT_PX - 3), (ink, ink, ink), int(rng.integers(1, 6)))
    return mount(picture, None, rng, margin)


def write_lettering(picture: Picture, rng: Rng) -> None:
    """Words and numbers written straight onto a grey picture: signs, shop fronts, overlays of a recorder."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        text = _date(rng) if rng.random() < 0.5 else WORDS[int(rng.integers(len(WORDS)))]
        small = line(choose_face(base_faces(), rng), text, int(np.exp(rng.uniform(np.log(6), np.log(50)))))
        mask = np.zeros((height, width), np.uint8)
        paste(mask, small, int(rng.integers(0, width)) - 20, int(rng.integers(0, height)) - 10)
        picture[mask > 127] = rng.uniform(0, 255)


def lettering(rng: Rng, faces: tuple[Face, ...]) -> Picture:
    """A sign, a badge, a number on a bus or a time stamp: capitals and digits that belong to no plate."""
    height, ground, ink = 48, rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    texts = [_sign_text(rng) for _ in range(1 if rng.random() < 0.7 else 2)]
    face = choose_face(faces, rng)
    tall = round(height * float(rng.uniform(0.5, 0.9)) / len(texts))
    lines = [line(face, text, max(6, tall)) for text in texts]
    width = max(small.shape[1] for small in lines) + int(rng.integers(2, 30))
    picture = np.full((height, width, 3), ground, np.uint8)
    mask = np.zeros((height, width), np.uint8)
    for row, small in enumerate(lines):
        middle = height * (row + 0.5) / len(lines)
        paste(mask, small, (width - small.shape[1]) // 2, round(middle - small.shape[0] / 2))
    if np.abs(ground - ink).mean() < 40:
        ink = (ground + 128) % 256
    return np.asarray(picture + (ink - picture) * (mask[..., np.newaxis] / 255), np.uint8)


def _sign_text(rng: Rng) -> str:
    kind = rng.random()
    if kind < 0.45:
        return " ".join(str(rng.choice(SIGN_WORDS)) for _ in range(int(rng.integers(1, 4))))
    if kind < 0.65:
        return _date(rng)
    if kind < 0.8:
        digits = "".join(str(rng.integers(10)) for _ in range(10))
        return str(
            rng.choice([f"({digits[:3]}) {digits[3:6]}-{digits[6:]}", f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"])
        )
    return str(rng.choice(BADGES))


def _date(rng: Rng) -> str:
    """A number as people write dates, times, distances and prices: with marks between the digits."""
    mark = str(rng.choice(list(":/.,-")))
    return mark.join(f"{int(rng.integers(100)):02d}" for _ in range(int(rng.integers(2, 4))))


def _grid(picture: Picture, ink: float, rng: Rng) -> None:
    """Windows or slats in rows."""
    height, width = picture.shape[:2]
    rows, columns = int(rng.integers(1, 7)), int(rng.integers(1, 12))
    tall, wide = height / rows, width / columns
    fill = rng.uniform(0.3, 0.8, 2)
    for row in range(rows):
        for column in range(columns):
            start = round(column * wide), round(row * tall)
            end = round(start[0] + wide * fill[0]), round(start[1] + tall * fill[1])
            cv2.rectangle(picture, start, end, (ink, ink, ink), -1)


def _word(picture: Picture, ink: float, rng: Rng) -> None:
    """A word with small letters, which plates do not have, in one or two lines."""
    height, width = picture.shape[:2]
    lines = int(rng.integers(1, 4))
    for row in range(lines):
        text = WORDS[int(rng.integers(len(WORDS)))] + " " + WORDS[int(rng.integers(len(WORDS)))]
        small = line(choose_face(base_faces(), rng), text, max(5, round(height * 0.55 / lines)))
        mask = np.zeros((height, width), np.uint8)
        paste(mask, small, int(rng.integers(0, 12)), round(height * (row + 0.2) / lines))
        picture[mask > 127] = ink
