"""Faults planted in the frames of a simulated drive are told of that camera alone, and end when their cause goes."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.pipeline.camera_views import CameraViews
from alpr_edge.app.pipeline.pipeline import CameraInput
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.fixes import Fix, Position
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.settings import Settings, parse
from alpr_edge.simulation.drive import Drive
from scripts.benchmarks.camera_view.lens_faults import Planted

BOOT = "boot"
ANYWHERE = CollectionLimits(Settings().capture, lambda _: None)
Change = Callable[[Pixels, int], Pixels]
PLANTED = {
    "black": FaultKind.CAMERA_COVERED,
    "burnt": FaultKind.CAMERA_WASHED_OUT,
    "defocus": FaultKind.CAMERA_OUT_OF_FOCUS,
    "dashboard": FaultKind.CAMERA_TURNED_AWAY,
    "tape": FaultKind.CAMERA_DIRTY,
}


@pytest.fixture(scope="module")
def drive() -> list[Pixels]:
    """A frame a second of a simulated drive."""
    return [pixels.copy() for _, pixels, _ in Drive(7, 20.0, 1.0).frames()]


def frames_taken(camera: CameraInput) -> Iterator[Frame]:
    """The frames of a camera that are used."""
    return filter(camera.takes, camera.frames(lambda: None))


class Unit:
    """Two cameras on a car, one of which gets a fault."""

    def __init__(self, drive: list[Pixels], speed_mps: float | None, infrared: Collection[str] = ()) -> None:
        self._drive = drive
        self._speed_mps = speed_mps
        self._second = 0
        self.change: Change | None = None
        self.utc: datetime | None = None
        inputs = [CameraInput(name, lambda _beat, name=name: self._frames(name)) for name in ("front", "rear")]  # type: ignore[misc]
        self.views = CameraViews(inputs, ANYWHERE, lambda: self._fix, infrared)
        self._streams = [frames_taken(camera) for camera in self.views.inputs]

    @property
    def _now(self) -> Instant:
        source = UtcSource.UNKNOWN if self.utc is None else UtcSource.NTP
        return Instant(BOOT, (1000 + self._second) * 10**9, self.utc, source)

    @property
    def _fix(self) -> Fix:
        return Fix(self._now, None, 0.0, 0.0, self._speed_mps, None, None, None, "test")

    def pass_seconds(self, count: int) -> list[set[tuple[FaultKind, str]]]:
        """What is told in each of so many seconds."""
        told = []
        for _ in range(count):
            self._second += 1
            for stream in self._streams:
                next(stream)
            told.append({(fault.kind, fault.subject) for fault in self.views.faults()})
        return told

    def _frames(self, camera_id: str) -> Iterator[Frame]:
        while True:
            pixels = self._drive[self._second % len(self._drive)]
            if self.change is not None and camera_id == "front":
                pixels = self.change(pixels, self._second)
            yield Frame(camera_id, self._second, self._now, pixels)


def test_planted_faults_are_told_of_their_camera_and_end(drive: list[Pixels]) -> None:
    unit = Unit(drive, speed_mps=12.0)
    assert not set().union(*unit.pass_seconds(75))
    for kind, fault in PLANTED.items():
        unit.change = Planted(kind, 3).render
        assert unit.pass_seconds(11)[-1] == {(fault, "camera front")}, kind
        unit.change = None
        assert unit.pass_seconds(14)[-1] == set(), kind


def test_a_car_that_stands_before_a_wall_is_told_of_nothing(drive: list[Pixels]) -> None:
    unit = Unit(drive, speed_mps=0.0)
    unit.change = lambda pixels, _: np.full_like(pixels, 90)
    assert not set().union(*unit.pass_seconds(20))


@pytest.mark.parametrize(("lat_deg", "told"), [(37.0, []), (38.0, [FaultKind.CAMERA_COVERED])])
def test_where_nothing_is_collected_no_view_is_measured(
    drive: list[Pixels], tmp_path: Path, lat_deg: float, told: list[FaultKind]
) -> None:
    area = {"name": "clinic-1", "centre": [37.0, -120.0], "radius_m": 100.0}
    settings = parse({"capture": {"no_collection_areas": [area]}}, tmp_path)
    here = Position(lat_deg, -120.0, 0.0, 1.0, "gnss", 0.0, 0.0)
    black, begun, moments = np.zeros_like(drive[0]), Instant(BOOT, 10**12), list[Instant]()

    def frames(_beat: Callable[[], None]) -> Iterator[Frame]:
        for number in range(20):
            moments.append(begun.shift(1000.0 * number))
            yield Frame("front", number, moments[-1], black)

    def fix() -> Fix:
        return Fix(moments[-1], None, 0.0, 0.0, 12.0, None, None, None, "test")

    views = CameraViews([CameraInput("front", frames)], CollectionLimits(settings.capture, lambda _: here), fix)
    kept = [frame for camera in views.inputs for frame in frames_taken(camera)]
    assert len(kept) == (20 if told else 0)
    assert [fault.kind for fault in views.faults()] == told


NOON, MIDNIGHT = datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)
"""At longitude 0 on the day of an equinox."""
EVENING, MORNING = datetime(2026, 3, 20, 17, 50, tzinfo=UTC), datetime(2026, 3, 20, 6, 25, tzinfo=UTC)
"""With the sun some 4 degrees above the horizon."""
DUSK = datetime(2026, 3, 20, 18, 20, tzinfo=UTC)
"""With the sun some 3 degrees below it."""


def dark_road(number: int) -> Pixels:
    """A road without lamps, taken with a short shutter: what headlights reach, two tail lights, a plate that shines."""
    grey = np.random.default_rng(number).normal(3, 2, (720, 1280))
    down, across = np.mgrid[0:720, 0:1280]
    grey += 20 * np.exp(-(((across - 640) / 300.0) ** 2 + ((down - 560) / 120.0) ** 2))
    for left in (560 + number % 7, 720 - number % 5):
        grey[380:392, left : left + 14] = 255
    grey[430:440, 620:670] = 230
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def black(_: int) -> Pixels:
    return np.zeros((720, 1280, 3), np.uint8)


def told_in_a_drive(
    utc: datetime | None,
    picture: Callable[[int], Pixels],
    *,
    infrared: Collection[str] = (),
    live: Collection[str] = (),
) -> list[list[FaultKind]]:
    """What is told in each of twenty seconds at 15 m/s, which is longer than it takes to be told."""
    moments: list[Instant] = []

    def frames(_beat: Callable[[], None]) -> Iterator[Frame]:
        for second in range(20):
            source = UtcSource.UNKNOWN if utc is None else UtcSource.NTP
            moments.append(Instant(BOOT, (1000 + second) * 10**9, utc, source))
            yield Frame("front", second, moments[-1], picture(second))

    def fix() -> Fix:
        return Fix(moments[-1], None, 0.0, 0.0, 15.0, None, None, None, "test")

    views = CameraViews([CameraInput("front", frames)], ANYWHERE, fix, infrared, live)
    return [[fault.kind for fault in views.faults()] for _ in frames_taken(views.inputs[0])]


@pytest.mark.parametrize(
    ("utc", "is_infrared", "is_told"),
    [(NOON, True, True), (MIDNIGHT, True, False), (None, True, False), (MIDNIGHT, False, True)],
    ids=["day", "night", "time not known", "night of another camera"],
)
def test_a_black_picture_of_an_infrared_camera_is_told_by_day_alone(
    utc: datetime | None, *, is_infrared: bool, is_told: bool
) -> None:
    """Without a plate in view."""
    told = told_in_a_drive(utc, black, infrared=("front",) if is_infrared else ())[-1]
    assert told == ([FaultKind.CAMERA_COVERED] if is_told else [])


@pytest.mark.parametrize("utc", [MIDNIGHT, DUSK], ids=["midnight", "dusk"])
def test_a_dark_road_is_not_told_as_a_covered_camera_at_night(utc: datetime) -> None:
    assert told_in_a_drive(utc, dark_road, live=("front",)) == [[]] * 20
    assert told_in_a_drive(utc, dark_road)[-1] == [FaultKind.CAMERA_COVERED]  # of a recording, which has its own light


@pytest.mark.parametrize("utc", [NOON, EVENING, MORNING, None], ids=["day", "evening", "morning", "time not known"])
def test_a_covered_camera_is_told_whenever_it_is_not_known_to_be_night(utc: datetime | None) -> None:
    assert told_in_a_drive(utc, black, live=("front",))[-1] == [FaultKind.CAMERA_COVERED]


def test_an_infrared_camera_is_not_judged_in_the_evening_either() -> None:
    assert told_in_a_drive(EVENING, dark_road, live=("front",), infrared=("front",)) == [[]] * 20


def test_what_an_infrared_camera_was_told_of_by_day_ends_in_the_evening(drive: list[Pixels]) -> None:
    unit = Unit(drive, 12.0, infrared=("front",))
    unit.change = Planted("black", 3).render
    unit.utc = NOON
    assert unit.pass_seconds(11)[-1] == {(FaultKind.CAMERA_COVERED, "camera front")}
    unit.utc = MIDNIGHT
    assert unit.pass_seconds(30)[-1] == set()


def test_frames_pass_unchanged_and_the_camera_is_closed(drive: list[Pixels]) -> None:
    closed = []

    def frames(_beat: Callable[[], None]) -> Iterator[Frame]:
        try:
            for number, pixels in enumerate(drive):
                yield Frame("front", number, Instant(BOOT, number * 10**8), pixels)
        finally:
            closed.append(True)

    (camera,) = CameraViews([CameraInput("front", frames)], ANYWHERE, lambda: None).inputs
    stream = frames_taken(camera)
    assert [frame.number for frame in islice(stream, 5)] == list(range(5))
    del stream
    assert closed == [True]
