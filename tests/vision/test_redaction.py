"""Plates of other vehicles in a scene are covered for good; that of the read stays, at whatever scale the scene is."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Pixels
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.domain.recognition.vehicle_pass import PlateCrop
from alpr_edge.services.evidence.redaction_process import redaction_process
from alpr_edge.settings import VisionSettings
from alpr_edge.simulation.drive import Drive, Renderer
from alpr_edge.vision.detector import Network
from alpr_edge.vision.jpeg_pictures import jpeg, shrink
from alpr_edge.vision.model_files.folders import shipped_models
from alpr_edge.vision.model_files.manifest import find_model, load_model
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.redaction import RedactedScene, SceneRedactor
from tests.domain.readings import reading_of

FRAMES, FRAMES_APART, READABLE_PX = 3, 6, 45


@pytest.fixture(scope="module")
def redactor() -> SceneRedactor:
    folder = shipped_models()
    return SceneRedactor([Network(find_model((folder,), "detector", name), 1) for name in ("default", "near")])


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader(load_model(shipped_models(), "reader", "default"), 1)


@pytest.fixture(scope="module")
def street() -> list[tuple[Pixels, list[tuple[str, Box]]]]:
    """Frames of a drive in which several plates are seen, each with its text and box."""
    drive = Drive(1)
    found: list[tuple[Pixels, list[tuple[str, Box]]]] = []
    for number in range(0, drive.length, FRAMES_APART):
        plates = [(canonical(vehicle.plate), box) for vehicle, box in drive.truth.in_frame(number)]
        if len(found) < FRAMES and sum(box.width_px >= READABLE_PX for _, box in plates) > 1:
            # Nothing but these is rendered: it takes most of a test's time.
            pixels = Renderer(drive.camera, 1).render(number, drive.patrol.at(number / drive.fps), drive._poses(number))
            found.append((pixels, plates))
    assert len(found) == FRAMES
    return found


def decode(content: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def cut(pixels: Pixels, box: Box) -> Pixels:
    left, top, right, bottom = box.within(pixels.shape[1], pixels.shape[0])
    return pixels[top:bottom, left:right]


def crop_of(pixels: Pixels, box: Box) -> bytes:
    """The crop that is stored with a read of a plate."""
    return jpeg(PlateCrop.of(pixels, reading_of("ABC123", box=box)).picture, 85)


def widest(plates: list[tuple[str, Box]]) -> Box:
    return max((box for _, box in plates), key=lambda box: box.width_px)


def at_scale(box: Box, scale: float) -> Box:
    return Box(box.left_px * scale, box.top_px * scale, box.right_px * scale, box.bottom_px * scale)


def text_at(reader: OnnxReader, pixels: Pixels, box: Box) -> str:
    return canonical(text_of(reader.read([Crop(0, box, cut(pixels, box))])[0]))


@pytest.mark.parametrize("longest_px", [1280, 640])
def test_no_plate_but_the_read_s_own_can_be_read_any_more(
    redactor: SceneRedactor, reader: OnnxReader, street: list[tuple[Pixels, list[tuple[str, Box]]]], longest_px: int
) -> None:
    readable_before = 0
    for pixels, plates in street:
        small = shrink(pixels, longest_px)
        scale = small.shape[1] / pixels.shape[1]
        own = widest(plates)
        scene = jpeg(small, 70)
        result = redactor.redact(scene, crop_of(pixels, own), own)
        assert result.keeps_own
        copy = decode(result.jpeg)
        assert text_at(reader, copy, at_scale(own, scale)) == text_at(reader, decode(scene), at_scale(own, scale))
        for other, box in plates:
            if box is not own:
                readable_before += text_at(reader, decode(scene), at_scale(box, scale)) == other
                assert text_at(reader, copy, at_scale(box, scale)) != other
    assert readable_before, "there was something to cover"


def test_nothing_of_what_is_covered_is_left_in_the_copy(
    redactor: SceneRedactor, street: list[tuple[Pixels, list[tuple[str, Box]]]]
) -> None:
    pixels, plates = street[0]
    result = redactor.redact(jpeg(pixels, 90), b"", plates[0][1])
    copy = decode(result.jpeg)
    assert not result.keeps_own, "without a crop nothing says which is the read's own"
    assert result.covered >= len(plates)
    for _, box in plates:
        inner = cut(copy, Box(box.left_px + 2, box.top_px + 2, box.right_px - 2, box.bottom_px - 2))
        assert float(inner.astype(np.float64).std()) < 12, "one colour, as far as JPEG keeps one"


def test_a_crop_that_fits_nowhere_keeps_no_plate(
    redactor: SceneRedactor, street: list[tuple[Pixels, list[tuple[str, Box]]]]
) -> None:
    pixels, plates = street[0]
    noise = np.random.default_rng(1).integers(0, 255, (20, 60, 3), np.uint8)
    for crop in (jpeg(noise, 90), b"no picture"):
        assert not redactor.redact(jpeg(pixels, 90), crop, plates[0][1]).keeps_own


@pytest.mark.parametrize("longest_px", [1280, 960, 640, 400])
@pytest.mark.parametrize("margin_cut", [False, True], ids=["whole", "at the edge"])
def test_the_read_s_own_plate_is_found_at_any_scale_and_at_the_edge_of_the_frame(
    street: list[tuple[Pixels, list[tuple[str, Box]]]], longest_px: int, *, margin_cut: bool
) -> None:
    for pixels, plates in street:
        frame, own = pixels, widest(plates)
        if margin_cut:
            left, top = int(own.left_px), int(own.top_px)
            frame, own = np.ascontiguousarray(pixels[top:, left:]), own.shift(-left, -top)
        small = shrink(frame, round(longest_px * max(frame.shape[:2]) / max(pixels.shape[:2])))
        found = SceneRedactor([])._own_box(decode(jpeg(small, 70)), crop_of(frame, own), own)
        assert found is not None
        assert found.iou(at_scale(own, small.shape[1] / frame.shape[1])) > 0.9


def test_a_crop_of_another_frame_keeps_the_plate_where_it_is_in_the_scene_or_none(
    street: list[tuple[Pixels, list[tuple[str, Box]]]],
) -> None:
    kept = 0
    for (pixels, plates), (later, later_plates) in pairwise(street):
        small = shrink(pixels, 640)
        for text, box in plates:
            for _, later_box in (each for each in later_plates if each[0] == text):
                found = SceneRedactor([])._own_box(decode(jpeg(small, 70)), crop_of(later, later_box), box)
                kept += found is not None
                assert found is None or found.iou(at_scale(box, small.shape[1] / pixels.shape[1])) > 0.7
    assert kept


def test_a_plate_too_small_to_tell_in_the_scene_is_not_kept(
    street: list[tuple[Pixels, list[tuple[str, Box]]]],
) -> None:
    pixels, plates = street[0]
    own = widest(plates)
    small = shrink(pixels, round(10 / own.width_px * max(pixels.shape[:2])))
    assert not SceneRedactor([]).redact(jpeg(small, 90), crop_of(pixels, own), own).keeps_own


def test_what_is_no_picture_is_told(redactor: SceneRedactor) -> None:
    for content in (b"", b"\xff\xd8 no picture"):
        with pytest.raises(PictureError, match="cannot be decoded"):
            redactor.redact(content, b"", Box(0, 0, 10, 10))


@pytest.fixture
def answers(tmp_path: Path, street: list[tuple[Pixels, list[tuple[str, Box]]]]) -> Iterator[list[RedactedScene]]:
    pixels, plates = street[0]
    with redaction_process(VisionSettings(), tmp_path) as process:
        scene = jpeg(pixels, 90)
        answers = [process.redact(scene, crop_of(pixels, box), box) for _, box in plates[:1]]
        with pytest.raises(PictureError, match="cannot be decoded"):
            process.redact(b"no picture", b"", plates[0][1])
        yield answers


def test_a_process_of_its_own_does_the_same(
    answers: list[RedactedScene], redactor: SceneRedactor, street: list[tuple[Pixels, list[tuple[str, Box]]]]
) -> None:
    pixels, plates = street[0]
    (answer,) = answers
    here = redactor.redact(jpeg(pixels, 90), crop_of(pixels, plates[0][1]), plates[0][1])
    assert (answer.covered, answer.keeps_own) == (here.covered, here.keeps_own)
