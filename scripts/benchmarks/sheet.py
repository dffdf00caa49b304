"""The worst looks as a contact sheet. It shows real photos, so it stays in a folder that git ignores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from scripts.benchmarks.looks import PlateLook
from scripts.benchmarks.sets import Opener

WORST = 10
COLUMNS = 5
TILE_PX = 320, 240
CAPTION_PX = 40
AROUND = 1.2
"""How many plate widths are shown on every side."""
TRUE_BGR, FOUND_BGR = (80, 220, 80), (60, 60, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One picture of a sheet, with a caption and the name of its scene below it."""

    opener: Opener
    truth: Box | None
    """Outlined in green."""
    found_box: Box | None
    """Outlined in red."""
    caption: str


def worst(looks: Sequence[PlateLook], count: int = WORST) -> list[PlateLook]:
    """Plates not found, largest first, then wrong texts, surest first."""
    missed_looks = sorted((look for look in looks if not look.is_found), key=lambda look: -look.network_width_px)
    wrong = [look for look in looks if look.is_found and look.truth.plate and not look.exact]
    wrong.sort(key=lambda look: -(look.read.confidence if look.read else 0.0))
    return [*missed_looks, *wrong][:count]


def tile_of(look: PlateLook) -> Tile:
    """The truth of a look with what was read there."""
    text = f"{look.truth.plate or '?'} > {look.read.plate if look.read else 'missed'}"
    sure = f"IoU {look.iou:.2f}" + (f", {look.read.confidence:.2f} sure" if look.read else "")
    return Tile(look.opener, look.truth.box, look.reading.box if look.reading else None, f"{text}  {sure}")


def write_sheet(tiles: Sequence[Tile], path: Path) -> None:
    """Write a PNG; nothing where there is no tile."""
    if not tiles:
        return
    pictures = [_draw(tile) for tile in tiles]
    while len(pictures) % COLUMNS:
        pictures.append(np.zeros_like(pictures[0]))
    rows = [np.hstack(pictures[i : i + COLUMNS]) for i in range(0, len(pictures), COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows))


def _draw(tile: Tile) -> Pixels:
    scene, centre = tile.opener(), tile.truth or tile.found_box
    assert centre is not None
    reach = AROUND * centre.width_px
    area = Box(centre.left_px - reach, centre.top_px - reach, centre.right_px + reach, centre.bottom_px + reach)
    left, top, right, bottom = area.within(scene.frame.width_px, scene.frame.height_px)
    scale = min(TILE_PX[0] / (right - left), TILE_PX[1] / (bottom - top))
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    picture = cv2.resize(scene.pixels[top:bottom, left:right], size)
    for box, colour in ((tile.truth, TRUE_BGR), (tile.found_box, FOUND_BGR)):
        if box is not None:
            _outline(picture.astype(np.uint8, copy=False), box.shift(-left, -top), scale, colour)
    canvas = np.zeros((TILE_PX[1] + CAPTION_PX, TILE_PX[0], 3), np.uint8)
    canvas[: size[1], : size[0]] = picture
    for text, y in ((tile.caption, 15), (scene.name[-44:], 32)):
        cv2.putText(canvas, text, (4, TILE_PX[1] + y), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (230, 230, 230), 1, cv2.LINE_AA)
    return canvas


def _outline(picture: Pixels, box: Box, scale: float, colour: tuple[int, int, int]) -> None:
    start = round(box.left_px * scale), round(box.top_px * scale)
    cv2.rectangle(picture, start, (round(box.right_px * scale), round(box.bottom_px * scale)), colour, 1)
