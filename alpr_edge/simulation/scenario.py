"""The scenario of a drive: what the patrol car does and which vehicles it meets, drawn from a seed.

One scene of :data:`SCENE_S` seconds repeats with other vehicles: parked cars are passed, cars come the other
way, the car ahead stops at a light, a stolen car stands at the kerb in view for the whole stop, and another
car overtakes. The receiver loses its satellites for long enough that a read has no position.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from alpr_edge.domain.plates import canonical
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, PlateDesign, random_serial


@dataclass(frozen=True, slots=True)
class Motion:
    """Distance along the road from a speed that is linear between knots and constant beyond them.

    Args:
        knots: (second, speed in m/s), in order of time; one knot is a constant speed.
    """

    start_m: float
    knots: tuple[tuple[float, float], ...]

    def at(self, second: float) -> float:
        """Distance in metres."""
        index = max(0, bisect_right(self.knots, second, key=lambda knot: knot[0]) - 1)
        distance_m = self.start_m + sum(
            _distance_m(a, b) for a, b in zip(self.knots[:index], self.knots[1:], strict=False)
        )
        begin_s, _ = self.knots[index]
        return distance_m + (self.speed(second) + self.knots[index][1]) / 2 * (second - begin_s)

    def speed(self, second: float) -> float:
        """Speed in m/s."""
        return float(np.interp(second, [knot[0] for knot in self.knots], [knot[1] for knot in self.knots]))


@dataclass(frozen=True, slots=True)
class Path:
    """Where a vehicle's plate end is over time.

    Args:
        across: (second, metres to the right of the camera's lane centre), linear between.
        from_s: the second from which on the vehicle exists.
        until_s: the second until which it exists.
    """

    along: Motion
    across: tuple[tuple[float, float], ...]
    from_s: float = 0.0
    until_s: float = float("inf")

    def x_m(self, second: float) -> float:
        """Metres to the right."""
        return float(np.interp(second, [knot[0] for knot in self.across], [knot[1] for knot in self.across]))


def _distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[1] + other[1]) / 2 * (other[0] - one[0])


def repeat_knots(knots: Sequence[tuple[float, float]], period_s: float, turns: int) -> tuple[tuple[float, float], ...]:
    """The same knots ``turns`` times, ``period_s`` apart."""
    return tuple((second + turn * period_s, speed) for turn in range(turns) for second, speed in knots)


SCENE_S = 26.0
GPS_LOSS_S = (12.0, 24.5)
STOP_M = 85.5
"""Where in a scene the patrol car stands from second 11 to 16."""
_EGO_KNOTS = ((0.0, 9.0), (8.0, 9.0), (11.0, 0.0), (16.0, 0.0), (19.0, 9.0))
SCENE_M = 162.0
"""Length of road of a scene: the integral of its speeds."""
PARKED_X_M = 2.6
ONCOMING_X_M = -3.25


class Kind(StrEnum):
    """How a vehicle is met."""

    PARKED = "parked"
    ONCOMING = "oncoming"
    AHEAD = "ahead"
    OVERTAKING = "overtaking"


class Body(StrEnum):
    """What a vehicle looks like."""

    SEDAN = "sedan"
    SUV = "suv"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True)
class HotlistReason:
    """Why and for which state a vehicle is on the drive's hotlist."""

    description: str
    state: str


@dataclass(frozen=True, slots=True, eq=False)
class Vehicle:
    """One vehicle of a drive."""

    number: int
    kind: Kind
    plate: str
    """The serial as printed, without separators."""
    design: PlateDesign
    body: Body
    paint_bgr: tuple[int, int, int]
    path: Path
    hotlist_reason: HotlistReason | None = None

    @property
    def state(self) -> str:
        """Issuing state."""
        return self.design.region


@dataclass(frozen=True, slots=True)
class _Encounter:
    """How the patrol car meets one vehicle of a scene."""

    kind: Kind
    path: Path
    hotlist_description: str = ""
    """Description on the hotlist; empty: not on it."""
    other_state: bool = False
    """Whether the list has this serial for another state."""


_DESIGNS = tuple(design for design in BUILT_IN_DESIGNS if design.width_mm == 305)
_HOME = tuple(design for design in _DESIGNS if design.region == "CA")
_PAINTS = (
    (205, 205, 200), (60, 58, 56), (150, 148, 146), (110, 60, 30), (40, 36, 140), (70, 84, 60), (182, 190, 198),
    (90, 74, 58),
)  # fmt: skip


def patrol(seconds: float) -> Motion:
    """How the patrol car drives."""
    turns = int(seconds // SCENE_S) + 1
    return Motion(0.0, repeat_knots(_EGO_KNOTS, SCENE_S, turns))


def has_fix(second: float) -> bool:
    """Whether the receiver sees its satellites."""
    begin_s, end_s = GPS_LOSS_S
    return not begin_s <= second % SCENE_S < end_s


def vehicles_of(seed: int, seconds: float) -> tuple[Vehicle, ...]:
    """Every vehicle of a drive; no plate appears twice."""
    rng = np.random.default_rng(seed)
    vehicles: list[Vehicle] = []
    used_serials: set[str] = set()
    for turn in range(int(seconds // SCENE_S) + 1):
        for encounter in _encounters(turn, rng):
            if encounter.path.from_s < seconds:
                vehicles.append(_vehicle(len(vehicles), encounter, used_serials, rng))
    return tuple(vehicles)


def unused_serial(design: PlateDesign, used_serials: set[str], rng: np.random.Generator) -> str:
    """A serial whose canonical text is not in ``used_serials``, to which it is added."""
    while True:
        serial = random_serial(design, rng)
        if canonical(serial) not in used_serials:
            used_serials.add(canonical(serial))
            return serial


def any_design(rng: np.random.Generator) -> PlateDesign:
    """A design, mostly one of California, where the drive is."""
    pool = _HOME if rng.random() < 0.6 else _DESIGNS
    return pool[int(rng.integers(len(pool)))]


def _vehicle(number: int, encounter: _Encounter, used_serials: set[str], rng: np.random.Generator) -> Vehicle:
    design = any_design(rng)
    state = ("NV" if design.region != "NV" else "AZ") if encounter.other_state else design.region
    return Vehicle(
        number=number,
        kind=encounter.kind,
        plate=unused_serial(design, used_serials, rng),
        design=design,
        body=list(Body)[int(rng.integers(len(Body)))],
        paint_bgr=_PAINTS[int(rng.integers(len(_PAINTS)))],
        path=encounter.path,
        hotlist_reason=HotlistReason(encounter.hotlist_description, state) if encounter.hotlist_description else None,
    )


def _encounters(turn: int, rng: np.random.Generator) -> Iterator[_Encounter]:
    """The vehicles that are met in one scene."""
    begin_s, begin_m = turn * SCENE_S, turn * SCENE_M
    for place_m, description in (
        (22.0, ""),
        (40.0, "Stolen Plate"),
        (58.0, ""),
        (STOP_M + 9.8, "Stolen Vehicle"),
        (120.0, ""),
    ):
        jitter_m = 0.0 if description == "Stolen Vehicle" else float(rng.uniform(-1.5, 1.5))
        yield _parked_car(begin_s, begin_m + place_m + jitter_m, description)
    for met_s in (3.6, 8.3, 19.2):
        yield _oncoming_car(begin_s + met_s + float(rng.uniform(-0.3, 0.3)), float(rng.uniform(10, 13)))
    stop_motion = Motion(begin_m + STOP_M + 3.9, ((begin_s + 15.2, 0.0), (begin_s + 19.7, 17.0)))
    yield _Encounter(Kind.AHEAD, Path(stop_motion, ((0, 0.0),), begin_s, begin_s + 26), "AMBER Alert")
    passing = Motion(begin_m + 114.0, ((begin_s + 20.2, 15.0),))
    lanes = ((begin_s + 22.0, ONCOMING_X_M), (begin_s + 24.4, 0.1))
    yield _Encounter(Kind.OVERTAKING, Path(passing, lanes, begin_s + 19.8, begin_s + 30))


def _parked_car(begin_s: float, place_m: float, description: str) -> _Encounter:
    path = Path(Motion(place_m, ((0.0, 0.0),)), ((0, PARKED_X_M),), max(0.0, begin_s - 12), begin_s + SCENE_S)
    return _Encounter(Kind.PARKED, path, description, other_state=description == "Stolen Plate")


def _oncoming_car(met_s: float, speed_mps: float) -> _Encounter:
    """A car whose front is beside the camera at ``met_s``."""
    place_m = patrol(met_s).at(met_s)
    path = Path(Motion(place_m, ((met_s, -speed_mps),)), ((0, ONCOMING_X_M),), met_s - 7, met_s)
    return _Encounter(Kind.ONCOMING, path)
