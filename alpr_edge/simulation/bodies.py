"""What cars look like, rear, front and side of three kinds of bodies, and how they are drawn into a frame."""

from dataclasses import dataclass

import numpy as np

from alpr_edge.simulation.camera import Pinhole, Point
from alpr_edge.simulation.canvas import Bgr, Canvas, Picture, Sprite, tint
from alpr_edge.simulation.scenario import Body, Kind

LENGTH_M = 4.6
FACE_PX_PER_M = 400
SIDE_PX_PER_M = 160
"""A side is only ever seen along its length."""
_RUBBER: Bgr = (24, 24, 24)
_SHADE: Bgr = (18, 18, 18)
_GLASS_TOP: Bgr = (128, 112, 96)
_GLASS_BOTTOM: Bgr = (44, 38, 34)


@dataclass(frozen=True, slots=True)
class BodyShape:
    """Proportions in metres."""

    width_m: float
    height_m: float
    belt_m: float
    """Height where the windows begin."""
    roof_half_m: float
    rear_plate_m: float
    """Height of the plate's centre above the road."""
    front_plate_m: float
    cabin: tuple[float, float, float, float]
    """Of the side: where the rear window begins, the roof begins and ends, the windscreen ends."""


SHAPES = {
    Body.SEDAN: BodyShape(1.82, 1.45, 0.98, 0.56, 0.80, 0.50, (0.35, 1.1, 2.6, 3.35)),
    Body.SUV: BodyShape(1.90, 1.72, 1.08, 0.66, 0.90, 0.56, (0.05, 0.35, 2.9, 3.55)),
    Body.PICKUP: BodyShape(1.98, 1.82, 1.12, 0.64, 0.64, 0.62, (1.75, 1.95, 3.0, 3.6)),
}


@dataclass(frozen=True, slots=True, eq=False)
class BodySprites:
    """The pictures of one car without its plate: the end that carries it, and the side above and below the belt."""

    shape: BodyShape
    face: Sprite
    cabin_side: Sprite
    body_side: Sprite

    @classmethod
    def of(cls, body: Body, kind: Kind, paint: Bgr) -> "BodySprites":
        """Front and side of an oncoming car, rear and side of every other."""
        shape, is_oncoming = SHAPES[body], kind is Kind.ONCOMING
        face = front_of(shape, paint) if is_oncoming else rear_of(shape, paint)
        return cls(shape, face, *side_of(shape, paint, faces_left=is_oncoming))

    def draw(
        self, frame: Picture, camera: Pinhole, place: tuple[float, float], brightness: float, streak_px: float = 0.0
    ) -> None:
        """Draw the car into a frame; the truth of a drive draws it as well, to say what the car hides.

        Args:
            frame: uint8 [H, W, 3], changed in place.
            place: the middle of its near end, metres to the right of the camera and ahead of it.
        """
        x_m, near = place
        left, right = x_m - self.shape.width_m / 2, x_m + self.shape.width_m / 2
        if left > 0 or right < 0:
            self._draw_side(frame, camera, place, 0.82 * brightness)
        face = camera.project(_upright((left, near), (right, near), self.shape.height_m))
        self.face.draw(frame, face, brightness, streak_px)

    def _draw_side(self, frame: Picture, camera: Pinhole, place: tuple[float, float], brightness: float) -> None:
        """The side towards the camera: the body stands upright, the cabin leans in to the roof."""
        shape, (x_m, near) = self.shape, place
        far, inward = near + LENGTH_M, 1 if x_m < 0 else -1
        body_x, roof_x = (x_m + inward * half_m for half_m in (shape.width_m / 2 - 0.03, shape.roof_half_m))
        belt, top = shape.belt_m, shape.height_m
        cabin: list[Point] = [(roof_x, top, near), (roof_x, top, far), (body_x, belt, far), (body_x, belt, near)]
        self.cabin_side.draw(frame, camera.project(cabin), brightness)
        self.body_side.draw(frame, camera.project(_upright((body_x, near), (body_x, far), belt)), brightness)


def rear_of(shape: BodyShape, paint: Bgr) -> Sprite:
    """Seen from behind, plate missing."""
    canvas, w = Canvas(shape.width_m, shape.height_m, FACE_PX_PER_M), shape.width_m
    _shell(canvas, shape, paint)
    _lamps(canvas, shape, (70, 60, 225), (34, 26, 120))
    belt = shape.belt_m
    canvas.fill(
        [(0.3, belt - 0.02), (w - 0.3, belt - 0.02), (w - 0.34, belt - 0.05), (0.34, belt - 0.05)], tint(paint, 1.3)
    )
    canvas.fill(
        [(0.1, 0.60), (w - 0.1, 0.60), (w - 0.06, 0.32), (0.06, 0.32)],
        tint(paint, 0.92),
        tint(paint, 0.6),
        rounding=2,
    )
    canvas.fill([(0.12, 0.585), (w - 0.12, 0.585), (w - 0.12, 0.57), (0.12, 0.57)], tint(paint, 1.25))
    canvas.fill_mirrored([(0.14, 0.42), (0.34, 0.42), (0.34, 0.37), (0.14, 0.37)], w, (40, 36, 150))
    _recess(canvas, shape, paint, shape.rear_plate_m)
    return Sprite.of(canvas.picture())


def front_of(shape: BodyShape, paint: Bgr) -> Sprite:
    """Seen from the front, plate missing."""
    canvas, w = Canvas(shape.width_m, shape.height_m, FACE_PX_PER_M), shape.width_m
    _shell(canvas, shape, paint)
    belt = shape.belt_m
    hood = [(0.14, belt), (w - 0.14, belt), (w - 0.08, belt - 0.2), (0.08, belt - 0.2)]
    canvas.fill(hood, tint(paint, 1.2), tint(paint, 0.95), rounding=1)
    _lamps(canvas, shape, (245, 245, 240), (150, 150, 150))
    grille = [(0.45, belt - 0.2), (w - 0.45, belt - 0.2), (w - 0.52, belt - 0.4), (0.52, belt - 0.4)]
    canvas.fill(grille, (42, 42, 42), _SHADE, rounding=2)
    for y in np.linspace(belt - 0.24, belt - 0.36, 4):
        canvas.fill([(0.52, y), (w - 0.52, y), (w - 0.52, y - 0.012), (0.52, y - 0.012)], (120, 120, 118))
    canvas.fill(
        [(0.08, 0.56), (w - 0.08, 0.56), (w - 0.06, 0.3), (0.06, 0.3)],
        tint(paint, 0.95),
        tint(paint, 0.6),
        rounding=2,
    )
    canvas.fill([(0.5, 0.40), (w - 0.5, 0.40), (w - 0.55, 0.31), (0.55, 0.31)], _SHADE)
    _recess(canvas, shape, paint, shape.front_plate_m)
    return Sprite.of(canvas.picture())


def side_of(shape: BodyShape, paint: Bgr, *, faces_left: bool = False) -> tuple[Sprite, Sprite]:
    """Seen from the side, above and below the belt: the rear on the left, or the front when ``faces_left``."""
    canvas, belt, top = Canvas(LENGTH_M, shape.height_m, SIDE_PX_PER_M), shape.belt_m, shape.height_m
    rear, roof, roof_end, screen = shape.cabin
    canvas.fill([(0.3, 0.34), (LENGTH_M - 0.3, 0.34), (LENGTH_M - 0.3, 0.16), (0.3, 0.16)], _SHADE)
    cabin = [(rear, belt - 0.05), (roof, top - 0.02), (roof_end, top - 0.02), (screen, belt - 0.05)]
    canvas.fill(cabin, tint(paint, 1.1), tint(paint, 0.9))
    windows = [(rear + 0.18, belt), (roof + 0.08, top - 0.12), (roof_end - 0.05, top - 0.12), (screen - 0.22, belt)]
    canvas.fill(windows, _GLASS_TOP, _GLASS_BOTTOM)
    middle = (roof + roof_end) / 2
    canvas.fill(
        [(middle, top - 0.1), (middle + 0.1, top - 0.1), (middle + 0.1, belt), (middle, belt)], tint(paint, 0.7)
    )
    body = [
        (0.0, 0.32),
        (0.02, belt - 0.04),
        (0.3, belt),
        (3.3, belt),
        (4.3, belt - 0.18),
        (LENGTH_M, 0.62),
        (LENGTH_M - 0.04, 0.3),
    ]
    canvas.fill(body, tint(paint, 1.02), tint(paint, 0.5), rounding=1)
    canvas.fill([(0.1, belt - 0.2), (4.2, belt - 0.24), (4.2, belt - 0.26), (0.1, belt - 0.22)], tint(paint, 0.75))
    for x in (middle - 0.9, middle + 0.05, middle + 1.0):
        canvas.fill([(x, belt), (x + 0.02, belt), (x + 0.02, 0.4), (x, 0.4)], tint(paint, 0.5))
    for x in (0.9, 3.7):
        canvas.disc((x, 0.36), 0.37, _SHADE)
        canvas.disc((x, 0.33), 0.32, _RUBBER)
        canvas.disc((x, 0.33), 0.2, (168, 166, 164), (90, 88, 86))
    picture = canvas.picture()[:, :: -1 if faces_left else 1]
    cut = round(len(picture) * (1 - belt / top))
    return Sprite.of(picture[:cut]), Sprite.of(picture[cut:])


def _upright(begin: tuple[float, float], end: tuple[float, float], height_m: float) -> list[Point]:
    """Corners of a standing rectangle over two (x, z) points, clockwise from the top left."""
    (x0, z0), (x1, z1) = begin, end
    return [(x0, height_m, z0), (x1, height_m, z1), (x1, 0.0, z1), (x0, 0.0, z0)]


def _shell(canvas: Canvas, shape: BodyShape, paint: Bgr) -> None:
    """What front and rear share: tyres, body, cabin and window."""
    w, belt, top, half = shape.width_m, shape.belt_m, shape.height_m, shape.roof_half_m
    middle = w / 2
    canvas.fill_mirrored([(0.06, 0.5), (0.3, 0.5), (0.3, 0.0), (0.06, 0.0)], w, _RUBBER, rounding=1)
    canvas.fill([(0.25, 0.4), (w - 0.25, 0.4), (w - 0.25, 0.17), (0.25, 0.17)], _SHADE)
    cabin = [(0.09, belt - 0.06), (middle - half, top), (middle + half, top), (w - 0.09, belt - 0.06)]
    canvas.fill(cabin, tint(paint, 1.15), tint(paint, 0.8), rounding=1)
    glass = [
        (0.24, belt + 0.01),
        (middle - half + 0.09, top - 0.09),
        (middle + half - 0.09, top - 0.09),
        (w - 0.24, belt + 0.01),
    ]
    canvas.fill(glass, _GLASS_TOP, _GLASS_BOTTOM, rounding=1)
    glint = [
        (middle - 0.1, top - 0.11),
        (middle + 0.16, top - 0.11),
        (middle - 0.12, belt + 0.05),
        (middle - 0.42, belt + 0.05),
    ]
    canvas.fill(glint, tint(_GLASS_TOP, 1.15), tint(_GLASS_BOTTOM, 1.5))
    body = [
        (0.03, 0.3),
        (0.0, 0.6),
        (0.02, belt - 0.12),
        (0.1, belt),
        (w - 0.1, belt),
        (w - 0.02, belt - 0.12),
        (w, 0.6),
        (w - 0.03, 0.3),
    ]
    canvas.fill(body, tint(paint, 1.12), tint(paint, 0.62), rounding=1)
    canvas.fill_mirrored(
        [(0.0, belt + 0.04), (0.1, belt + 0.1), (0.12, belt), (0.03, belt - 0.04)], w, tint(paint, 0.6), rounding=1
    )


def _lamps(canvas: Canvas, shape: BodyShape, bright: Bgr, dark: Bgr) -> None:
    w, belt = shape.width_m, shape.belt_m
    lamp = [(0.04, belt - 0.1), (0.34, belt - 0.12), (0.38, belt - 0.24), (0.05, belt - 0.3)]
    canvas.fill_mirrored([(x, y + (0.012 if y > belt - 0.2 else -0.012)) for x, y in lamp], w, (38, 38, 38), rounding=1)
    canvas.fill_mirrored(lamp, w, bright, dark, rounding=1)
    canvas.fill_mirrored(
        [(0.1, belt - 0.13), (0.26, belt - 0.145), (0.26, belt - 0.17), (0.1, belt - 0.16)], w, tint(bright, 1.25)
    )


def _recess(canvas: Canvas, shape: BodyShape, paint: Bgr, height_m: float) -> None:
    """The darker place around the plate."""
    middle = shape.width_m / 2
    corners = [(-0.24, 0.115), (0.24, 0.115), (0.22, -0.105), (-0.22, -0.105)]
    canvas.fill([(middle + x, height_m + y) for x, y in corners], tint(paint, 0.4), tint(paint, 0.6), rounding=1)
