import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Reading
from scripts.benchmarks.accuracy import PARTS, ROAD
from scripts.benchmarks.detector import holds_characters
from scripts.benchmarks.figures import wilson
from scripts.benchmarks.looks import PlateLook, left_over, match_readings
from scripts.benchmarks.reader import calibration_error
from scripts.benchmarks.rendered_scenes import benchmark_scenes
from scripts.benchmarks.sets import FRAME_PX, SMALL_PX, Scene, TruePlate, scaled_into_frame
from scripts.benchmarks.sheet import worst
from scripts.benchmarks.tones import SERIALS, Decision, print_tones
from tests.scripts.benchmarks.benchmark_data import OTHER_ROW, PLATE_ROW, TEXT, bench, refusal, write_data
from tests.vision.models import detector_model, reader_model, write_models


def reading(box: Box) -> Reading:
    return Reading(0, Instant("boot", 0), box, 0.9, np.zeros((9, 37), np.float32), 1.0)


def look(truth: TruePlate, box: Box | None = None) -> PlateLook:
    iou = 0.0 if box is None else truth.box.iou(box)
    box_reading = None if box is None else reading(box)
    scene = Scene("one", np.zeros((9, 9, 3), np.uint8), (truth,))
    return PlateLook(truth, lambda: scene, truth.box.width_px, iou, box_reading, None, None)


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(8, 10) == (0.4902, 0.9433)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 1)[0] == 0


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share_and_stays_a_share(right: int, wrong: int) -> None:
    of = right + wrong
    low, high = wilson(right, of)
    assert 0 <= low <= high <= 1
    assert not of or low - 1e-4 <= right / of <= high + 1e-4


def test_wrong_tones_grow_with_the_list_and_the_gate_lets_certain_ones_through(
    capsys: pytest.CaptureFixture[str],
) -> None:
    right = [Decision("8ABC123", "8ABC123", certain=True)] * 8 + [Decision("8ABC123", "8ABC123", certain=False)]
    wrong = [Decision("5S0W350", "5S0W750", certain=False), Decision("8ABC123", "ABC", certain=True)]
    print_tones("t", right + wrong, second_reader=False)
    small, behind_gate, large, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert small["value"] == pytest.approx(10_000 / 11 * 100_000 / SERIALS, abs=1e-4)
    assert large["value"] == pytest.approx(50 * small["value"], rel=0.01)
    assert behind_gate["value"] == 0
    assert behind_gate["right_full_tones"] < small["right_full_tones"]


def test_a_confidence_that_keeps_its_word_has_no_calibration_error() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0)
    assert calibration_error([(1.0, False), (1.0, False)]) == pytest.approx(1)
    assert calibration_error([]) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_a_calibration_error_is_a_share(reads: list[tuple[float, bool]]) -> None:
    assert 0 <= calibration_error(reads) <= 1


@pytest.mark.parametrize("size", [(1280, 720), (450, 338), (4000, 3000), (4000, 100)])
def test_a_photo_is_scaled_to_a_distant_plate_that_keeps_its_place(size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    box = Box(width * 0.7, height * 0.5, width * 0.7 + 50, height * 0.5 + 25)
    pixels[round(box.top_px) : round(box.bottom_px), round(box.left_px) : round(box.right_px)] = 255
    scene = scaled_into_frame(pixels, TruePlate(box, "8ABC123"))
    scaled_box = scene.truths[0].box
    assert scene.pixels.shape == (FRAME_PX[1], FRAME_PX[0], 3)
    assert scaled_box.width_px == pytest.approx(SMALL_PX)
    assert scene.truths[0].plate == "8ABC123"
    left, top, right, bottom = scaled_box.within(*FRAME_PX)
    assert scene.pixels[top + 2 : bottom - 2, left + 2 : right - 2].min() > 200
    assert (scene.pixels == 255).all(axis=2).sum() <= (right - left + 2) * (bottom - top + 2)


def test_every_truth_takes_its_best_box_once_and_the_rest_is_false_or_twice() -> None:
    truths = [TruePlate(Box(0, 0, 100, 50)), TruePlate(Box(200, 0, 300, 50))]
    readings = [reading(box) for box in (Box(0, 0, 90, 50), Box(5, 0, 100, 60), Box(500, 0, 600, 50))]
    matches = match_readings(truths, readings)
    assert matches == [0, None]
    assert left_over(truths, readings, matches) == ([readings[2]], 1)
    assert left_over(truths, readings, matches, [Box(480, 0, 900, 90)]) == ([], 1)


def test_characters_must_lie_in_the_box_grown_by_four_per_cent() -> None:
    serial = np.array([[-3.9, 5], [90, 5], [90, 45], [0, 45]], np.float64)
    truth = TruePlate(Box(0, 0, 100, 50), "8ABC123", serial)
    assert holds_characters(look(truth, Box(0, 0, 100, 50)))
    assert not holds_characters(look(truth, Box(1, 0, 100, 50)))
    assert not holds_characters(look(truth))


def test_the_worst_are_large_plates_missed() -> None:
    small, large = look(TruePlate(Box(0, 0, 20, 10))), look(TruePlate(Box(0, 0, 90, 40)))
    good = look(TruePlate(Box(0, 0, 60, 30)), Box(0, 0, 60, 30))
    assert worst([small, good, large], 2) == [large, small]


def test_rendered_scenes_are_the_same_again_and_know_their_characters(data: Path) -> None:
    opener = benchmark_scenes(data)[0]
    scene, again = opener(), opener()
    assert (scene.pixels == again.pixels).all()
    assert len(scene.truths) == 2
    for truth in scene.truths:
        assert truth.characters_px is not None
        inside = truth.box.expand(1e-6)
        assert (truth.characters_px >= (inside.left_px, inside.top_px)).all()
        assert (truth.characters_px <= (inside.right_px, inside.bottom_px)).all()
        assert truth.box.within(*FRAME_PX) == truth.box.within(10**6, 10**6)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A photo for each set, every one of them with the same plate in the same place."""
    return write_data(tmp_path / "data")


def test_every_figure_is_a_line_of_json_and_the_sheet_is_named_on_stderr(tmp_path: Path, data: Path) -> None:
    models = write_models(tmp_path / "models", detector_model([PLATE_ROW, OTHER_ROW]), reader_model(TEXT))
    parts = ",".join(part for part in PARTS if part not in ROAD)
    done = bench(tmp_path, "--data", str(data), "--models", str(models), "--threads", "1", "--only", parts)
    assert done.returncode == 0, done.stderr
    figures = {line["figure"]: line for line in map(json.loads, done.stdout.splitlines())}
    recall = figures["accuracy.photos.recall_iou50"]
    assert (recall["count"], recall["of"]) == (3, 3)
    assert figures["accuracy.photos.exact"]["count"] == 0
    assert figures["accuracy.photos.false_boxes"]["value"] == 1
    assert figures["accuracy.negatives.false_boxes"]["value"] == 2
    assert figures["accuracy.negatives.read_of_false_boxes"]["of"] == 2
    assert figures["accuracy.negatives.certain_of_random_boxes"]["of"] == 5
    assert figures["accuracy.us.exact_jittered"]["of"] == 20
    assert figures["accuracy.voting.reads_of_found"]["unit"] == "reads/pass"
    assert figures["accuracy.small.recall_iou50"]["of"] == 3
    assert figures["accuracy.rendered.characters_inside_of_all"]["of"] == 2
    assert figures["accuracy.dashcam.nightride_type3_001.recall_iou50"]["value"] == 1
    assert figures["accuracy.detector.frame_to_boxes"]["threads"] == 1
    assert figures["accuracy.reader.plate_in_batch_of_4"]["p90"] > 0
    sheet = tmp_path / "out" / "bench" / "worst.png"
    assert done.stderr.splitlines() == [f"scripts/bench: the 3 worst plates: {sheet}"]
    assert cv2.imread(str(sheet)) is not None


def test_parts_are_chosen_by_name_and_what_is_wrong_is_one_line(tmp_path: Path, data: Path) -> None:
    models = write_models(tmp_path / "models", detector_model([]), reader_model("8ABC123"))
    options = ("--data", str(data), "--models", str(models), "--only")
    done = bench(tmp_path, *options, "negatives")
    assert {json.loads(line)["figure"].split(".")[1] for line in done.stdout.splitlines()} == {"negatives"}
    assert "unknown: cars" in refusal(tmp_path, *options, "us,cars")[1][-1]
    assert any("vision.workers: expected" in line for line in refusal(tmp_path, *options, "us", "--workers", "-1")[1])
    assert "no data there" in refusal(tmp_path, "--data", str(tmp_path / "none"))[1][-1]
    (data / "dashcam" / "boxes.csv").unlink()
    code, (line,) = refusal(tmp_path, *options, "dashcam")
    assert code == 1
    assert "check --data" in line
