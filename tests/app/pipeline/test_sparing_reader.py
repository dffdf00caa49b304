"""What is not looked at changes no read: drives, a real video, parked cars, and one car in the place of another."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alpr_edge.app.factories import open_models
from alpr_edge.app.pipeline.pipeline import decision_rule
from alpr_edge.app.pipeline.sparing_reader import BLIND_MS_MAX, SparingReader
from alpr_edge.capture.recordings import VideoSource
from alpr_edge.domain.ports import Detector, Reader
from alpr_edge.domain.reads import ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Pixels, Probabilities
from alpr_edge.domain.recognition.known_plates import REREAD_MS
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.settings import DecisionSettings, VisionSettings
from alpr_edge.simulation.drive import Drive
from alpr_edge.vision.plate_check import ThresholdCheck
from alpr_edge.vision.recogniser import Recogniser
from tests.domain.readings import START, slots_of
from tests.simulation.truth_models import TruthDetector, TruthReader

PLATE = Box(300, 200, 420, 260)
FRAME_MS = 1000 / 30
SHAPE = (360, 640, 3)
NOISES = 7


class MarkedCars:
    """Detector and reader of frames in which a car is painted: its plate's stripes say which of two it is."""

    def __init__(self) -> None:
        self.searched: list[float] = []
        """Times of the frames searched for plates, in ms."""
        self.read_count = 0

    def detect(self, frame: Frame) -> list[Detection]:
        self.searched.append(frame.captured_at.ms_since(START))
        left, top, right, bottom = (
            int(side) for side in (PLATE.left_px, PLATE.top_px, PLATE.right_px, PLATE.bottom_px)
        )
        has_plate = frame.pixels[top:bottom, left:right].std() > 40
        return [Detection(PLATE, 0.95)] if has_plate else []

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        self.read_count += len(crops)
        return np.stack([slots_of("7ABC123" if _is_upright(crop.pixels) else "5XYZ987", 0.999) for crop in crops])


def _is_upright(pixels: Pixels) -> bool:
    return bool(pixels.mean(axis=0).std() > pixels.mean(axis=1).std())


@cache
def picture_of(car: str | None) -> Pixels:
    """A street at night: empty, or with a car whose plate has upright or level stripes."""
    pixels = np.full(SHAPE, 40, np.uint8)
    if car is not None:
        pixels[100:320, 220:500] = 70
        plate = pixels[200:260, 300:420]
        plate[:] = 210
        if car == "upright":
            plate[:, ::20] = plate[:, 1::20] = plate[:, 2::20] = plate[:, 3::20] = plate[:, 4::20] = 20
        else:
            plate[::20] = plate[1::20] = plate[2::20] = plate[3::20] = plate[4::20] = 20
    return pixels


def street(*scenes: tuple[str | None, int]) -> Iterator[Frame]:
    """Frames, 30 a second, with the noise of a sensor: each scene for so many frames."""
    cars = itertools.chain.from_iterable(itertools.repeat(car, count) for car, count in scenes)
    for number, car in enumerate(cars):
        noisy = picture_of(car) + sensor_noise()[number % NOISES]
        yield Frame("front", number, START.shift(number * FRAME_MS), np.clip(noisy, 0, 255).astype(np.uint8))


@cache
def sensor_noise() -> list[NDArray[np.int16]]:
    rng = np.random.default_rng(1)
    return [rng.normal(0, 4, SHAPE).round().astype(np.int16) for _ in range(NOISES)]


@dataclass
class Run:
    """What came of some frames."""

    events: list[ReadUpdate]
    reader: SparingReader

    @property
    def decisions(self) -> list[tuple[str, int, int]]:
        """(plate, first frame, ms of its decision) of each read."""
        decided = [event for event in self.events if event.stage is ReadStage.DECIDED]
        return [(event.read.plate, event.read.first_frame, round(event.at.ms_since(START))) for event in decided]

    @property
    def closes(self) -> list[tuple[str, int]]:
        """(plate, last frame) of each pass that is over."""
        return [(event.read.plate, event.read.last_frame) for event in self.events if event.stage is ReadStage.CLOSED]


def run(
    frames: Iterable[Frame], detector: Detector, reader: Reader, *, is_sparing: bool, accept_min: float = 0.0
) -> Run:
    sparing_reader = SparingReader(Recogniser(detector, reader, ThresholdCheck(accept_min)), (), is_sparing=is_sparing)
    numbers = itertools.count(1)
    passes = Passes(
        Origin("unit-1", "front", ("m",)),
        decision_rule(DecisionSettings()),
        DecisionSettings().pass_gap_ms,
        lambda _: None,
        lambda: f"unit-1:{next(numbers)}",
    )
    events, last = list[ReadUpdate](), START
    for frame in frames:
        last = frame.captured_at
        events += passes.step(frame, sparing_reader.read(frame))
        sparing_reader.update_known(passes.known_plates(frame.number))
    return Run(events + passes.close(last), sparing_reader)


def test_a_parked_car_is_one_read_and_searched_for_some_times_a_second() -> None:
    cars, all_looks = MarkedCars(), MarkedCars()
    scene: tuple[tuple[str | None, int], ...] = ((None, 15), ("upright", 150), (None, 15))
    sparing = run(street(*scene), cars, cars, is_sparing=True)
    whole = run(street(*scene), all_looks, all_looks, is_sparing=False)
    assert sparing.decisions == whole.decisions
    assert [plate for plate, *_ in sparing.decisions] == ["7ABC123"]
    assert sparing.closes == whole.closes
    assert len(all_looks.searched) == all_looks.read_count + 30 == 180
    assert sparing.reader.unchanged_count == 180 - len(cars.searched)
    assert len(cars.searched) < 60
    assert cars.read_count < 30
    gaps_ms = [later - earlier for earlier, later in itertools.pairwise(cars.searched)]
    assert max(gaps_ms) < BLIND_MS_MAX + 0.01


def test_a_car_that_takes_another_s_place_within_200_ms_is_read_at_once() -> None:
    for frames_between in (0, 3, 6):
        cars = MarkedCars()
        result = run(street(("upright", 90), (None, frames_between), ("level", 30)), cars, cars, is_sparing=True)
        assert [plate for plate, *_ in result.decisions] == ["7ABC123", "5XYZ987"]
        came_ms = (90 + frames_between) * FRAME_MS
        assert any(abs(ms - came_ms) < 0.1 for ms in cars.searched), "the first frame that shows it is searched"


def test_a_car_that_shows_for_a_few_frames_is_read_although_another_was_there_long_before() -> None:
    cars, all_looks = MarkedCars(), MarkedCars()
    scene = (("upright", 90), ("level", 5), ("upright", 60))
    sparing = run(street(*scene), cars, cars, is_sparing=True)
    whole = run(street(*scene), all_looks, all_looks, is_sparing=False)
    assert sparing.decisions == whole.decisions
    assert "5XYZ987" in [plate for plate, *_ in sparing.decisions]


def test_a_settled_plate_in_a_picture_that_changes_is_found_each_time_and_read_now_and_then() -> None:
    def busy() -> Iterator[Frame]:
        for frame in street(("upright", 120)):
            pixels = frame.pixels.copy()
            pixels[20:60, frame.number * 5 % 600 :][:, :40] = 255  # something passes behind it
            yield Frame(frame.camera_id, frame.number, frame.captured_at, pixels)

    cars = MarkedCars()
    result = run(busy(), cars, cars, is_sparing=True)
    assert len(cars.searched) == 120
    assert result.reader.unchanged_count == 0
    assert result.reader.spared_count == 120 - cars.read_count
    assert 120 * FRAME_MS / REREAD_MS - 1 < cars.read_count < 30
    assert result.closes == [("7ABC123", 119)]


def test_a_drive_gives_the_same_reads() -> None:
    drive = Drive(seed=2, seconds=16)
    detector, reader = TruthDetector(drive.truth), TruthReader(drive.truth)
    frames = [
        Frame("front", number, START.shift(number * 1000 / drive.fps), pixels) for number, pixels, _ in drive.frames()
    ]
    sparing, whole = (run(frames, detector, reader, is_sparing=is_sparing) for is_sparing in (True, False))
    assert len(whole.decisions) > 3
    assert sparing.decisions == whole.decisions
    assert sparing.closes == whole.closes


def test_a_real_video_gives_the_same_reads(shared_data: Path) -> None:
    detector, reader = open_models(VisionSettings())
    frames = itertools.islice(VideoSource(shared_data / "video" / "cars.mp4", "front", START).frames(), 100)
    kept = _KeptDetections(detector)
    pictures = list(frames)
    sparing, whole = (
        run(pictures, kept, reader, is_sparing=is_sparing, accept_min=0.7) for is_sparing in (True, False)
    )
    assert whole.decisions
    assert sparing.decisions == whole.decisions
    assert sparing.closes == whole.closes


class _KeptDetections:
    """A detector that looks at each frame once, however often it is asked."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._found: dict[int, list[Detection]] = {}

    def detect(self, frame: Frame) -> list[Detection]:
        if frame.number not in self._found:
            self._found[frame.number] = self._detector.detect(frame)
        return self._found[frame.number]
