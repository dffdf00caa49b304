from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Frame, Pixels, Probabilities
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.plate_check import ThresholdCheck
from alpr_edge.vision.reader import BATCH_MAX, DOUBTFUL_MAX, Calibration, OnnxReader, columns_of, sharpness_of
from alpr_edge.vision.recogniser import PLATES_MAX, Recogniser
from tests.vision.models import SLOTS, brightest_pixel_reader, detector_model, reader_model, write_models

PIXELS = np.zeros((30, 90, 3), np.uint8)


def reader_of(folder: Path, text: str = "8ABC123") -> OnnxReader:
    write_models(folder, detector_model([[0, 1, 1, 9, 9, 0, 0.9]]), reader_model(text))
    return OnnxReader(load_model(folder, "reader", "default"), 1)


@pytest.mark.parametrize("count", [1, BATCH_MAX, BATCH_MAX + 1])
def test_every_crop_gets_all_its_slot_probabilities(tmp_path: Path, count: int) -> None:
    slots = reader_of(tmp_path).read([Crop(0, Box(0, 0, 90, 30), PIXELS)] * count)
    assert slots.shape == (count, SLOTS, 37)
    assert np.allclose(slots.sum(axis=2), 1, atol=1e-5)
    assert {text_of(row) for row in slots} == {"8ABC123"}


@pytest.mark.parametrize(
    ("first", "sharpened", "text"),
    [(0.9, 0.99, "I8ABC12"), (0.9, 0.8, "8ABC12"), (0.99, 0.999, "8ABC12"), (0.5, 0.99, "8ABC12")],
    ids=["in doubt, then surer", "in doubt, then less sure", "sure", "nothing to be read"],
)
def test_a_crop_in_doubt_is_read_sharpened_as_well_and_the_surer_text_counts(
    tmp_path: Path, first: float, sharpened: float, text: str
) -> None:
    reader, flat, line = reader_of_lines(tmp_path, first, sharpened)
    assert [text_of(row) for row in reader.read_pictures([flat, line, flat])] == ["8ABC12", text, "8ABC12"]


def test_of_a_frame_full_of_plates_in_doubt_the_first_ones_get_further_looks(tmp_path: Path) -> None:
    reader, _, line = reader_of_lines(tmp_path, 0.9, 0.99)
    texts = [text_of(row) for row in reader.read_pictures([line] * (DOUBTFUL_MAX + 2))]
    assert texts == ["I8ABC12"] * DOUBTFUL_MAX + ["8ABC12"] * 2


def reader_of_lines(folder: Path, first: float, sharpened: float) -> tuple[OnnxReader, Pixels, Pixels]:
    """A reader that reads another text in a bright picture, a flat picture, and one with a faint line.

    The line is brighter once it is sharpened, from 110 to some 127 of 255.

    Args:
        folder: where its file is written.
        first: the probability of each character of a picture that is not bright.
        sharpened: of one that is.
    """
    model = brightest_pixel_reader(("8ABC12", first), ("I8ABC12", sharpened), 80)
    write_models(folder, detector_model([[0, 1, 1, 9, 9, 0, 0.9]]), model)
    flat = np.full((64, 128, 3), 100, np.uint8)
    line = flat.copy()
    line[:, 60] = 110
    return OnnxReader(load_model(folder, "reader", "default"), 1), flat, line


@given(st.floats(0.001, 0.2), st.floats(0.2, 5))
def test_calibration_keeps_the_text_and_makes_probabilities(smoothing: float, temperature: float) -> None:
    rows = np.random.default_rng(1).dirichlet(np.full(37, 0.1), (4, SLOTS)).astype(np.float32)
    slots = Calibration(temperature, smoothing).of(rows)
    assert np.allclose(slots.sum(axis=2), 1, atol=1e-4)
    clear = rows.max(axis=2) > smoothing
    assert (slots.argmax(axis=2) == rows.argmax(axis=2))[clear].all()
    assert (slots > 0).all()


def test_what_smoothing_put_there_is_taken_out() -> None:
    labels = np.full((1, 1, 37), 0.05 / 37, np.float32)
    labels[0, 0, 7] += 0.95
    assert Calibration(smoothing=0.05).of(labels)[0, 0, 7] == pytest.approx(1, abs=1e-4)


def test_an_entry_s_calibration_reaches_every_factory(tmp_path: Path) -> None:
    plain = reader_of(tmp_path)
    entry = load_model(tmp_path, "reader", "default")
    sharp = OnnxReader(replace(entry, entry=entry.entry | {"temperature": 0.5, "smoothing": 0.02}), 1)
    assert (
        sharp.read([Crop(0, Box(0, 0, 90, 30), PIXELS)]).max() > plain.read([Crop(0, Box(0, 0, 90, 30), PIXELS)]).max()
    )
    result = sharp.predict(PIXELS)
    assert result is not None
    assert min(result.confidence) > 0.99


@pytest.mark.parametrize("wrong", [{"temperature": 0}, {"temperature": "warm"}, {"smoothing": -1}, {"smoothing": True}])
def test_a_calibration_out_of_bounds_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    reader_of(tmp_path)
    entry = load_model(tmp_path, "reader", "default")
    with pytest.raises(ModelError, match=f"{next(iter(wrong))} must be a number from"):
        OnnxReader(replace(entry, entry=entry.entry | wrong), 1)


def test_an_empty_crop_is_no_reading_for_fast_alpr(tmp_path: Path) -> None:
    assert reader_of(tmp_path).predict(PIXELS[:0]) is None


def test_another_alphabet_is_refused(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([]), reader_model("123", alphabet=36))
    with pytest.raises(ModelError, match="is not"):
        OnnxReader(load_model(tmp_path, "reader", "default"), 1)


@given(st.permutations(ALPHABET), st.sampled_from("_-#"))
def test_columns_of_another_order_spell_the_same(order: list[str], pad: str) -> None:
    alphabet = "".join(order).replace(EMPTY, pad)
    columns = columns_of(alphabet, pad)
    theirs = np.arange(len(alphabet))
    ours = theirs if columns is None else theirs[columns]
    assert "".join(alphabet[i] for i in ours) == ALPHABET.replace(EMPTY, pad)


@pytest.mark.parametrize(
    ("alphabet", "pad"),
    [(ALPHABET, "-"), (ALPHABET, "A"), (ALPHABET[:-1], "_"), (ALPHABET.lower(), "_"), ("00" + ALPHABET[2:], "_")],
)
def test_an_alphabet_of_other_characters_is_refused(alphabet: str, pad: str) -> None:
    with pytest.raises(ModelError, match="must be 0-9, A-Z and its pad_char"):
        columns_of(alphabet, pad)


def test_a_sharp_picture_is_sharper_than_its_blur_and_than_a_small_one() -> None:
    sharp = np.kron(np.indices((8, 16)).sum(axis=0) % 2, np.ones((8, 8))).astype(np.uint8)[..., None] * 255
    sharp = np.repeat(sharp, 3, axis=2)
    assert sharpness_of(sharp) > 10 * sharpness_of(np.full_like(sharp, 128)) + 1
    assert sharpness_of(sharp) > sharpness_of(sharp[::4, ::4])


def test_the_recogniser_reads_what_the_detector_finds_and_bounds_a_frame_full_of_plates(tmp_path: Path) -> None:
    rows = [[0, 10 * i, 20, 10 * i + 9, 30, 0, 0.9 - i / 1000] for i in range(60)] + [[0, 1, 200, 9, 201, 0, 0.8]]
    write_models(tmp_path, detector_model(rows), reader_model("8ABC123"))
    detector = OnnxDetector(load_model(tmp_path, "detector", "default"), 0.3, 1)
    recogniser = Recogniser(detector, OnnxReader(load_model(tmp_path, "reader", "default"), 1))
    frame = Frame("front", 3, Instant("boot", 0), np.zeros((384, 640, 3), np.uint8))
    readings = recogniser.recognise(frame)
    assert len(readings) == PLATES_MAX
    assert {reading.frame_number for reading in readings} == {3}
    assert min(reading.box.height_px for reading in readings) > 4


class CropRecorder(OnnxReader):
    """Records the crops that it reads."""

    crops: Sequence[Crop] = ()

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        self.crops = crops
        return super().read(crops)


def test_a_box_is_read_with_a_little_of_what_is_around_it_and_stays_what_it_is(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([[0, 100, 60, 200, 100, 0, 0.9]]), reader_model("8ABC123"))
    reader = CropRecorder(load_model(tmp_path, "reader", "default"), 1)
    recogniser = Recogniser(OnnxDetector(load_model(tmp_path, "detector", "default"), 0.3, 1), reader)
    (reading,) = recogniser.recognise(Frame("front", 3, Instant("boot", 0), np.zeros((384, 640, 3), np.uint8)))
    assert reading.box == Box(100, 60, 200, 100)
    (crop,) = reader.crops
    assert crop.pixels.shape == (46, 106, 3), "three per cent of its width, six of its height"


@pytest.mark.parametrize(
    ("text", "certainty", "confidences"),
    [("8ABC123", 0.9, [0.9, 0.5]), ("8A", 0.9, [0.9]), ("", 0.9, [0.9]), ("8ABC123", 0.6, [0.9])],
    ids=["text", "too short", "empty", "hardly legible"],
)
def test_a_doubtful_box_is_a_plate_where_the_reader_sees_one(
    tmp_path: Path, text: str, certainty: float, confidences: list[float]
) -> None:
    """Nine slots of 0.6 each make less than 0.02 of the whole text."""
    rows = [[0, 10, 20, 50, 40, 0, 0.9], [0, 110, 20, 150, 40, 0, 0.5], [0, 210, 20, 250, 40, 0, 0.2]]
    write_models(tmp_path, detector_model(rows), reader_model(text, certainty))
    detector = OnnxDetector(load_model(tmp_path, "detector", "default"), 0.3, 1)
    reader = OnnxReader(load_model(tmp_path, "reader", "default"), 1)
    frame = Frame("front", 3, Instant("boot", 0), np.zeros((384, 640, 3), np.uint8))
    recogniser = Recogniser(detector, reader, ThresholdCheck(0.7))
    assert [round(reading.detection_confidence, 3) for reading in recogniser.recognise(frame)] == confidences
    looks = [(round(look.detection_confidence, 3), look.is_accepted) for look in recogniser.read_frame(frame)]
    assert looks == [(score, score in confidences) for score in (0.9, 0.5)]


def test_how_sure_a_text_must_be_to_count_is_a_setting(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([[0, 10, 20, 50, 40, 0, 0.5]]), reader_model("8ABC123", 0.7))
    vision = VisionSettings(models_directory=tmp_path, text_confidence_min=0.02)
    frame = Frame("front", 3, Instant("boot", 0), np.zeros((384, 640, 3), np.uint8))
    assert len(open_vision_models(vision).recogniser.recognise(frame)) == 1
    strict = vision.model_copy(update={"text_confidence_min": 0.1})
    assert open_vision_models(strict).recogniser.recognise(frame) == []


@pytest.mark.parametrize("width_px", [128, 192])
def test_a_reader_takes_crops_of_its_own_width(tmp_path: Path, width_px: int) -> None:
    write_models(tmp_path, detector_model([]), reader_model("8OBC120", shape=("N", 64, width_px, 1)))
    reader = OnnxReader(load_model(tmp_path, "reader", "default"), 1)
    assert reader.input_shape == (64, width_px, 1)
    slots = reader.read([Crop(0, Box(0, 0, 50, 20), np.zeros((20, 50, 3), np.uint8))])
    assert "".join(ALPHABET[index] for index in slots[0].argmax(axis=1)).rstrip("_") == "8OBC120"


@pytest.mark.parametrize(
    ("wanted", "interpolation"), [({}, cv2.INTER_LINEAR), ({"interpolation": "cubic"}, cv2.INTER_CUBIC)]
)
def test_crops_are_resized_as_in_the_training_of_the_reader(
    tmp_path: Path, wanted: dict[str, object], interpolation: int
) -> None:
    reader_of(tmp_path)
    model = load_model(tmp_path, "reader", "default")
    reader = OnnxReader(replace(model, entry=model.entry | wanted), 1)
    height, width, _ = reader.input_shape
    stroke = np.zeros((20, 60, 3), np.uint8)
    stroke[:, 30] = 255
    expected = cv2.resize(stroke[:, :, 0].copy(), (width, height), interpolation=interpolation)
    assert np.array_equal(reader.prepare([stroke])[0, :, :, 0], expected)


@pytest.mark.parametrize("wrong", ["area", 3, ["cubic"]])
def test_a_way_to_resize_that_is_none_is_refused(tmp_path: Path, wrong: object) -> None:
    reader_of(tmp_path)
    model = load_model(tmp_path, "reader", "default")
    with pytest.raises(ModelError, match="interpolation must be linear or cubic"):
        OnnxReader(replace(model, entry=model.entry | {"interpolation": wrong}), 1)


def test_a_crop_for_which_the_network_gives_no_numbers_shows_no_character(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([]), reader_model("8ABC123", certainty=float("nan")))
    reader = OnnxReader(load_model(tmp_path, "reader", "default"), 1)
    slots = reader.read([Crop(0, Box(0, 0, 90, 30), PIXELS)])
    assert slots == pytest.approx(1 / len(ALPHABET))
