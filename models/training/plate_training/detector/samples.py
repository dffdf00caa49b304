"""Training samples of the detector: windows of a letterboxed frame with the boxes of the plates in it."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.plates.designs import PlateDesign
from alpr_edge.simulation.plates.fonts import Face
from plate_training.contract import PADDING_GREY, Picture
from plate_training.data.mistakes import Mistake
from plate_training.data.pictures import LabelledFrame
from plate_training.detector.window_turns import turn_window
from plate_training.rendering.decoys import decoy, write_lettering
from plate_training.rendering.degrade import Rng, blur, light, noise, to_grey
from plate_training.rendering.geometry import bounds, turned_corners
from plate_training.rendering.plate_source import MountedPicture, mount, render_random_plate

WINDOW = 320
BOXES_MAX = 12
WIDTH_MIN_PX, WIDTH_USUAL_PX, WIDTH_MAX_PX = 11.0, 26.0, 290.0
FROM_RIDE, FROM_ROAD, EMPTY = 0.18, 0.34, 0.2
"""Shares of windows from the ride, from road photos, and of windows without a plate."""
ROAD_AROUND_PLATE = 0.75
"""Share of windows of road photos that are laid around a plate; the others lie anywhere."""
HARD = 0.6
"""Share of the windows without a plate that show what a detector took for one."""
LETTERING = 0.3
"""Share of photos with lettering written onto them."""
DEFOCUSED, DEFOCUSED_FROM_PX = 0.15, 40.0
"""Share of windows out of focus, and the least width of the plates in them."""
TURNED_FURTHER = 0.3
"""Share of pasted things that are turned as far again as usual."""
CONTRAST_MIN = 5.0
"""Standard deviation of the grey levels of a plate that is asked for."""
REAL_PLATES = 0.35
DECOYS = 0.3
"""Share of pasted things that are no plates."""
SERIAL_SHARE_OF_EU = 305 / 520
"""Width of an American plate beside a European one."""

Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DetectorSamples:
    """Draws samples: window uint8 [320, 320], boxes of plates and of places that may show one, each float32 [12, 4].

    Rows of zeros where there are fewer boxes. A place that may show a plate is neither asked for nor held against the
    network: one that the window cuts, one too small to tell, one that nobody marked.
    """

    designs: tuple[PlateDesign, ...]
    faces: tuple[Face, ...]
    frames: list[LabelledFrame]
    empty: list[Picture]
    plates: list[Picture]
    hard: list[Mistake]
    road: list[LabelledFrame] = field(default_factory=list)

    def __call__(self, rng: Rng) -> tuple[Picture, Boxes, Boxes]:
        """One sample."""
        window, boxes, unsure = self._scene(rng)
        candidate = light(window, rng) if rng.random() < 0.8 else window
        candidate = blur(candidate, rng, _blur_reach(boxes, rng))
        window = noise(candidate if all(_shows(candidate, box) for box in boxes) else window, rng)
        if rng.random() < 0.5:
            window = _letterbox_bar(window, rng)
        return window, _pad_boxes(boxes), _pad_boxes(unsure)

    def _scene(self, rng: Rng) -> tuple[Picture, list[Boxes], list[Boxes]]:
        kind = rng.random()
        if kind < FROM_RIDE:
            return *self._ride(rng), []
        if kind < FROM_RIDE + FROM_ROAD and self.road:
            return self._road(rng)
        return *self._photo(rng), []

    def _road(self, rng: Rng) -> tuple[Picture, list[Boxes], list[Boxes]]:
        """A window of a road photo as it is, from a distant plate to one as wide as the window."""
        frame = self.road[int(rng.integers(len(self.road)))]
        scale, origin = _road_view(frame, rng)
        window = _cut(frame.grey, scale, origin)
        window_boxes = [box * scale - np.tile(origin, 2) for box in frame.boxes]
        unsure = [box * scale - np.tile(origin, 2) for box in frame.unsure]
        window, (window_boxes, unsure) = turn_window(window, (window_boxes, unsure), rng)
        unsure += [box for box in window_boxes if not _visible(box) and _inside(box)]
        return window, [box for box in window_boxes if _visible(box)], [box for box in unsure if _inside(box)]

    def _photo(self, rng: Rng) -> tuple[Picture, list[Boxes]]:
        """A window of a photo without a plate, as it is or with plates pasted onto it."""
        empty = rng.random() < EMPTY / (1 - FROM_RIDE - FROM_ROAD)
        if empty and self.hard and rng.random() < HARD:
            return _around(self.hard[int(rng.integers(len(self.hard)))], self.empty, rng), []
        window = _window(self.empty[int(rng.integers(len(self.empty)))], rng)
        if rng.random() < LETTERING:
            write_lettering(window, rng)
        return window, [] if empty else self._paste_some(window, rng)

    def _ride(self, rng: Rng) -> tuple[Picture, list[Boxes]]:
        """A window of a ride's frame around one of its plates, some plates exchanged for American ones."""
        frame = self.frames[int(rng.integers(len(self.frames)))]
        scale, origin = _view(frame, rng)
        window = _cut(frame.grey, scale, origin)
        boxes: list[Boxes] = []
        for box in frame.boxes * scale - np.tile(origin, 2):
            if not _visible(box):
                continue
            boxes.append(self._exchange(window, box, rng) if rng.random() < 0.6 else box)
        if rng.random() < 0.35:
            boxes += self._paste_some(window, rng, boxes)
        return window, boxes

    def _exchange(self, window: Picture, box: Boxes, rng: Rng) -> Boxes:
        """Paint a real plate over with its surroundings and mount a rendered or another real one there."""
        left, top, right, bottom = (int(v) for v in (*np.floor(box[:2]), *np.ceil(box[2:])))
        grow = max(2, (bottom - top) // 4)
        y0, y1, x0, x1 = max(0, top - grow), min(WINDOW, bottom + grow), max(0, left - grow), min(WINDOW, right + grow)
        above = window[max(0, y0 - 3) : y0 + 1, x0:x1].mean()
        below = window[y1 - 1 : y1 + 3, x0:x1].mean()
        ramp = np.linspace(above, below, y1 - y0, dtype=np.float32)[:, np.newaxis]
        window[y0:y1, x0:x1] = np.clip(ramp + rng.normal(0, 2, (y1 - y0, x1 - x0)), 0, 255)
        wide = float(box[2] - box[0]) * float(rng.uniform(0.9, 1.3)) * SERIAL_SHARE_OF_EU
        return self._paste(window, (box[:2] + box[2:]) / 2, max(WIDTH_MIN_PX, wide), rng)

    def _paste_some(self, window: Picture, rng: Rng, existing_boxes: list[Boxes] | None = None) -> list[Boxes]:
        boxes: list[Boxes] = list(existing_boxes or [])
        if rng.random() < 0.25:
            window[:] = (window * float(rng.uniform(0.12, 0.5))).astype(np.uint8)
        for _ in range(int(rng.integers(1, 4))):
            wide = float(np.exp(rng.triangular(*np.log((WIDTH_MIN_PX, WIDTH_USUAL_PX, WIDTH_MAX_PX)))))
            centre = rng.uniform(min(WINDOW / 2, wide * 0.6), max(WINDOW / 2 + 1, WINDOW - wide * 0.6), 2)
            reach = np.array((wide, wide * 0.6))
            near = np.concatenate([centre - reach, centre + reach])
            if any(_touch(near, box) for box in boxes):
                continue
            if rng.random() < DECOYS:
                _lay(window, decoy(rng, float(rng.choice([0.06, 0.3]))), centre, wide, rng)
            else:
                boxes.append(self._paste(window, centre, wide, rng))
        return boxes[len(existing_boxes or []) :]

    def _paste(self, window: Picture, centre: NDArray[np.floating], wide: float, rng: Rng) -> Boxes:
        return _lay(window, self._plate(rng), centre, wide, rng)

    def _plate(self, rng: Rng) -> MountedPicture:
        margin = float(rng.choice([0.06, 0.12, 0.3, 0.6, 0.9]))
        if rng.random() < REAL_PLATES:
            return mount(self.plates[int(rng.integers(len(self.plates)))], None, rng, margin)
        _, pixels, outline = render_random_plate(self.designs, self.faces, rng, 56)
        return mount(pixels, outline, rng, margin)


def _lay(window: Picture, patch: MountedPicture, centre: NDArray[np.floating], wide: float, rng: Rng) -> Boxes:
    """Turn a mounted picture, lay it on the window about a centre, and give the box of what is mounted."""
    size = patch.corners[2] - patch.corners[0]
    strength = 1.6 if rng.random() < TURNED_FURTHER else 0.8
    quad = turned_corners(wide, wide * float(size[1] / size[0]), rng, strength=strength) + centre.astype(np.float32)
    _project(window, patch, quad, rng)
    return bounds(quad)


def _view(frame: LabelledFrame, rng: Rng) -> tuple[float, NDArray[np.float32]]:
    """Scale and origin of a window: mostly about what the letterbox does to a camera's frame."""
    scale = float(np.exp(rng.uniform(np.log(0.33), np.log(1.3))))
    if len(frame.boxes) == 0:
        middle = rng.uniform((0, 0), frame.grey.shape[::-1])
    else:
        box = frame.boxes[int(rng.integers(len(frame.boxes)))]
        wide = float(np.exp(rng.uniform(np.log(18), np.log(170))))
        if rng.random() < 0.7:
            scale = float(np.clip(wide / (box[2] - box[0]), 0.3, 2.0))
        middle = (box[:2] + box[2:]) / 2
    reach = np.maximum(WINDOW / 2 - 40, 1)
    origin = middle * scale - WINDOW / 2 + rng.uniform(-reach, reach, 2)
    room = np.array(frame.grey.shape[::-1]) * scale - WINDOW
    return scale, np.clip(origin, np.minimum(room, 0), np.maximum(room, 0)).astype(np.float32)


def _road_view(frame: LabelledFrame, rng: Rng) -> tuple[float, NDArray[np.float32]]:
    """Scale and origin of a window of a road photo."""
    size = np.array(frame.grey.shape[::-1], np.float32)
    if len(frame.boxes) and rng.random() < ROAD_AROUND_PLATE:
        box = frame.boxes[int(rng.integers(len(frame.boxes)))]
        wide = float(np.exp(rng.uniform(np.log(WIDTH_MIN_PX), np.log(WIDTH_MAX_PX))))
        scale = float(np.clip(wide / (box[2] - box[0]), 0.12, 2.5))
        middle = (box[:2] + box[2:]) / 2
        reach = np.maximum((WINDOW - (box[2:] - box[:2]) * scale) / 2, 1)
    else:
        scale = float(np.exp(rng.uniform(np.log(WINDOW / size.max()), np.log(1.2))))
        middle = rng.uniform((0, 0), size)
        reach = np.full(2, WINDOW / 4)
    origin = middle * scale - WINDOW / 2 + rng.uniform(-reach, reach, 2)
    room = size * scale - WINDOW
    return scale, np.clip(origin, np.minimum(room, 0), np.maximum(room, 0)).astype(np.float32)


def _blur_reach(boxes: list[Boxes], rng: Rng) -> float:
    """How far a window is blurred, px; windows of near plates alone may be out of focus."""
    is_near = bool(boxes) and min(float(box[2] - box[0]) for box in boxes) >= DEFOCUSED_FROM_PX
    return float(rng.uniform(2.0, 5.0) if is_near and rng.random() < DEFOCUSED else rng.uniform(0.6, 1.8))


def _inside(box: Boxes) -> bool:
    """Whether any of a box lies in the window."""
    return bool((box[2:] > 0).all() and (box[:2] < WINDOW).all())


def _cut(grey: Picture, scale: float, origin: NDArray[np.float32]) -> Picture:
    """The window of a scaled frame at an origin; grey where the frame ends."""
    move = np.array([[scale, 0, -origin[0]], [0, scale, -origin[1]]], np.float32)
    source = cv2.GaussianBlur(grey, (0, 0), 0.35 / scale) if scale < 0.7 else grey
    return np.asarray(cv2.warpAffine(source, move, (WINDOW, WINDOW), borderValue=PADDING_GREY), np.uint8)


def _window(picture: Picture, rng: Rng) -> Picture:
    """A part of a photo without plates, at some scale, perhaps mirrored."""
    height, width = picture.shape
    scale = max(WINDOW / min(height, width), float(np.exp(rng.uniform(np.log(0.5), np.log(2.0)))))
    side = min(round(WINDOW / scale), height, width)
    left, top = int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1))
    part = cv2.resize(picture[top : top + side, left : left + side], (WINDOW, WINDOW)).astype(np.uint8, copy=False)
    return np.ascontiguousarray(part[:, ::-1]) if rng.random() < 0.5 else part


def _around(mistake: Mistake, pictures: list[Picture], rng: Rng) -> Picture:
    """A window of the photo in which the mistake was made, at about the size at which it was made."""
    scale = mistake.scale * float(np.exp(rng.uniform(-0.35, 0.35)))
    reach = WINDOW / 2 - 50
    middle = np.array(mistake.middle) * scale + rng.uniform(-reach, reach, 2)
    window = _cut(pictures[mistake.photo], scale, (middle - WINDOW / 2).astype(np.float32))
    return np.ascontiguousarray(window[:, ::-1]) if rng.random() < 0.5 else window


def _visible(box: Boxes) -> bool:
    """Whether enough of a box lies in the window to be asked for."""
    size = np.maximum(box[2:] - box[:2], 1e-3)
    inside = np.clip(box[2:], 0, WINDOW) - np.clip(box[:2], 0, WINDOW)
    return bool((inside / size).min() > 0.7 and size[0] > 9)


def _shows(window: Picture, box: Boxes) -> bool:
    """Whether there is anything to see where a plate is said to be."""
    left, top, right, bottom = np.clip(box, 0, WINDOW).astype(int)
    return bool(window[top : bottom + 1, left : right + 1].std() >= CONTRAST_MIN)


def _touch(one: NDArray[np.floating], other: Boxes) -> bool:
    return bool((np.maximum(one[:2], other[:2]) < np.minimum(one[2:], other[2:])).all())


def _project(window: Picture, patch: MountedPicture, quad: Boxes, rng: Rng) -> None:
    """Lay the mounted plate on the window with soft outer edges and the window's light."""
    grey = to_grey(patch.picture, rng)
    shrink = float((patch.corners[2] - patch.corners[0])[0]) / max(1.0, float(quad[1, 0] - quad[0, 0]))
    if shrink > 1.3:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.4 * min(shrink, 10)).astype(np.uint8, copy=False)
    project = cv2.getPerspectiveTransform(patch.corners, quad)
    alpha = _soft_edges(patch, rng) if rng.random() < 0.6 else np.full(grey.shape, 255, np.uint8)
    size = (WINDOW, WINDOW)
    layer = cv2.warpPerspective(grey, project, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    cover = cv2.warpPerspective(alpha, project, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    gain = float(np.exp(rng.uniform(np.log(0.4), np.log(1.8)))) if rng.random() < 0.5 else 1.0
    window[:] = np.clip(window + (layer * gain - window) * cover, 0, 255).astype(np.uint8)


def _soft_edges(patch: MountedPicture, rng: Rng) -> Picture:
    """Cover of the surroundings that fades outwards, so that no hard rectangle gives the plate away."""
    left, top = (int(v) for v in patch.corners[0])
    right, bottom = (int(v) for v in patch.corners[2])
    inset = max(1, round(top * float(rng.uniform(0.3, 0.9))))
    alpha = np.zeros(patch.picture.shape[:2], np.uint8)
    alpha[inset:-inset, inset:-inset] = 255
    alpha = cv2.GaussianBlur(alpha, (0, 0), max(0.5, inset / 3)).astype(np.uint8, copy=False)
    alpha[top:bottom, left:right] = 255
    return alpha


def _letterbox_bar(window: Picture, rng: Rng) -> Picture:
    """Sometimes the edge of the letterboxed frame is in view; it never covers a plate's middle by much."""
    bar = int(rng.integers(0, 24))
    if rng.random() < 0.5:
        window[:bar] = PADDING_GREY
    else:
        window[WINDOW - bar :] = PADDING_GREY
    return window


def _pad_boxes(boxes: list[Boxes]) -> Boxes:
    rows = np.zeros((BOXES_MAX, 4), np.float32)
    for i, box in enumerate(boxes[:BOXES_MAX]):
        rows[i] = box
    return rows
