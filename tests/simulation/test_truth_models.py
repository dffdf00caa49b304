import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import ALPHABET, canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Frame
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.truth import DriveTruth
from tests.simulation.truth_models import TruthDetector, TruthReader

PIXELS = np.zeros((720, 1280, 3), np.uint8)


@pytest.fixture(scope="module")
def truth() -> DriveTruth:
    return Drive(seed=1).truth


def frame(number: int) -> Frame:
    return Frame("front", number, Instant("boot", number * 100_000_000), PIXELS)


def crop(number: int, box: Box) -> Crop:
    return Crop(number, box, PIXELS)


def test_detector_finds_nearly_all_and_nothing_else(truth: DriveTruth) -> None:
    detector = TruthDetector(truth)
    there = found_count = 0
    for number in range(truth.frames):
        boxes = [box for _, box in truth.in_frame(number)]
        detections = detector.detect(frame(number))
        there, found_count = there + len(boxes), found_count + len(detections)
        assert all(max(box.iou(d.box) for box in boxes) > 0.6 for d in detections)
        assert [d.confidence for d in detections] == sorted((d.confidence for d in detections), reverse=True)
    assert 0.85 < found_count / there < 1


def test_detector_sees_nothing_beyond_the_drive(truth: DriveTruth) -> None:
    assert TruthDetector(truth).detect(frame(truth.frames + 5)) == []


def test_reader_is_right_mostly_and_wrong_sometimes(truth: DriveTruth) -> None:
    reader = TruthReader(truth)
    looks = [(v.plate, number, box) for v in truth.vehicles for number, box in v.boxes.items()]
    read = reader.read([crop(number, box) for _, number, box in looks])
    right = [text_of(slots) == canonical(plate) for slots, (plate, _, _) in zip(read, looks, strict=True)]
    assert 0.4 < np.mean(right) < 0.95
    assert read.dtype == np.float32
    assert read.shape == (len(looks), 10, len(ALPHABET))
    assert np.allclose(read.sum(axis=2), 1)


def test_reader_reads_no_plate_as_empty(truth: DriveTruth) -> None:
    [slots] = TruthReader(truth).read([crop(0, Box(0, 0, 40, 20))])
    assert text_of(slots) == ""
    assert TruthReader(truth).read([]).shape == (0, 10, len(ALPHABET))


def test_errors_repeat_with_the_seed(truth: DriveTruth) -> None:
    vehicle = truth.vehicles[0]
    crops = [crop(number, box) for number, box in vehicle.boxes.items()]
    assert np.array_equal(TruthReader(truth, 3).read(crops), TruthReader(truth, 3).read(crops[::-1])[::-1])
    assert not np.array_equal(TruthReader(truth, 3).read(crops), TruthReader(truth, 4).read(crops))
    number = vehicle.first_frame
    assert TruthDetector(truth, 3).detect(frame(number)) == TruthDetector(truth, 3).detect(frame(number))
