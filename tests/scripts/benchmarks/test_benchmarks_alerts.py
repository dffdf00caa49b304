"""The price of alerting: what is heard of listed vehicles, and what sounds for texts that are not theirs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.boxes import Box
from scripts.benchmarks.alerts.looks import Look, LookSequence, TrueVehicle, load, store
from scripts.benchmarks.alerts.measure import TreeOutcome
from scripts.benchmarks.alerts.simulation import BRANCHED_FROM, SIZES
from scripts.benchmarks.alerts.trees import ROOT, outcomes_of, simulation, tree_before
from scripts.benchmarks.figures import round_figure
from scripts.benchmarks.tones import SERIALS
from tests.scripts.benchmarks.benchmark_data import PLATE_ROW, TEXT, bench, write_data
from tests.vision.models import detector_model, reader_model, write_models

SLOTS = 10
BOX = Box(300, 300, 400, 350)


def slots(text: str, doubt: dict[str, float] | None = None) -> NDArray[np.float32]:
    """What the reader makes of a text, whose last character it may also take for others."""
    rows = np.full((SLOTS, len(ALPHABET)), 1e-5)
    for i, character in enumerate(text.ljust(SLOTS, EMPTY)):
        rows[i, ALPHABET.index(character)] = 1
    for character, probability in (doubt or {}).items():
        rows[len(text) - 1, ALPHABET.index(character)] = probability
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), np.float32)


def look(frame: int, read: NDArray[np.float32], *, is_accepted: bool = True) -> Look:
    crop = np.random.default_rng(frame).integers(0, 255, (24, 48), np.uint8)
    return Look(frame, BOX.shift(10 * frame, 0), 0.9, read, 100.0 + frame, is_accepted, crop, is_cut=False)


def sequence(text: str, *looks: Look, is_clear: bool = True, empty_frames: int = 0) -> LookSequence:
    """A vehicle that the frames show, ten a second, and empty ones after it."""
    vehicle = TrueVehicle(text, is_clear, {one.frame: one.box for one in looks})
    frames = tuple((100.0 * i, 1280, 720) for i in range(len(looks) + empty_frames))
    return LookSequence("photos", text, frames, looks, (vehicle,))


def outcomes(folder: Path, *sequences: LookSequence) -> list[dict[str, Any]]:
    """What comes of them in this tree."""
    path = folder / "looks"
    store(path, sequences, {})
    with simulation(ROOT, path) as process:
        return outcomes_of(process)


def wrong(outcome: dict[str, Any]) -> dict[str, list[tuple[str, bool, bool]]]:
    """By size the texts that sound, whether in full, whether as possible."""
    tones: dict[str, list[tuple[str, bool, bool]]] = {size: [] for size in SIZES}
    for one in outcome["wrong"]:
        tones[one["size"]].append((one["entry"], one["full"], one["possible"]))
    return tones


def test_listed_vehicles_are_heard_and_other_texts_sound_where_they_are_listed(tmp_path: Path) -> None:
    right = sequence("7ABC123", *(look(i, slots("7ABC123")) for i in range(6)))
    doubtful = sequence("7ABC128", look(0, slots("7ABC128", {"8": 0.8, "3": 0.19})))
    misread = sequence("7ABC123", *(look(i, slots("7ABC128")) for i in range(6)))
    no_plate = sequence("7ABC123", look(0, slots("7ABC123"), is_accepted=False))
    one, two, three, four = outcomes(tmp_path, right, doubtful, misread, no_plate)
    assert (one["heard"], one["heard_full"], one["reads"], one["wrong"]) == ([0], [0], 1, [])
    assert (two["heard"], two["heard_full"], two["found"]) == ([0], [], [0])
    assert wrong(two) == {key: [("7ABC123", False, True)] for key in SIZES}
    assert (three["heard"], three["found"]) == ([], [0])
    assert wrong(three) == {key: [("7ABC128", True, False)] for key in SIZES}
    assert (four["found"], four["doubtful"], four["reads"]) == ([], [0], 0)


def test_texts_that_are_not_beyond_doubt_or_of_another_pattern_do_not_count(tmp_path: Path) -> None:
    read = slots("7ABC128", {"8": 0.8, "3": 0.19})
    unclear, other_pattern = sequence("7ABC123", look(0, read), is_clear=False), sequence("ABC7128", look(0, read))
    for outcome in outcomes(tmp_path, unclear, other_pattern):
        assert (outcome["heard"], outcome["wrong"]) == ([], [])


def test_a_long_sequence_comes_to_the_same_as_a_short_one(tmp_path: Path) -> None:
    read = slots("7ABC128", {"8": 0.8, "3": 0.19})
    short, long = (sequence("7ABC128", look(0, read), empty_frames=count) for count in (20, BRANCHED_FROM))
    one, other = outcomes(tmp_path, short, long)
    assert one == other
    assert wrong(one) == {size: [("7ABC123", False, True)] for size in SIZES}


def test_looks_are_the_same_once_stored(tmp_path: Path) -> None:
    before = sequence("7ABC123", look(0, slots("7ABC123")), look(1, slots("7ABC128"), is_accepted=False))
    store(tmp_path / "looks", [before], {})
    (after,) = load(tmp_path / "looks")
    assert (after.name, after.frames, after.vehicles[0].boxes) == ("7ABC123", before.frames, before.vehicles[0].boxes)
    for one, other in zip(before.looks, after.looks, strict=True):
        assert np.array_equal(one.slot_probabilities, other.slot_probabilities)
        assert np.array_equal(one.small_crop, other.small_crop)
        assert (one.frame, one.box, one.is_accepted) == (other.frame, other.box, other.is_accepted)


def test_wrong_tones_are_expected_by_the_share_of_all_serials_that_a_list_holds() -> None:
    tones = [{"size": size, "full": False, "possible": True} for size in ("1e5", "1e5", "5e6")]
    outcome = {"source": "photos", "reads": 10, "wrong": tones, "found": [0, 1], "heard": [1], "heard_full": []}
    of_tree = TreeOutcome([outcome, outcome], 1.0)
    assert of_tree.wrong_per_10k("1e5", "possible") == pytest.approx(10_000 * 4 * 100_000 / SERIALS / 20)
    assert of_tree.wrong_per_10k("1e3", "possible") == of_tree.wrong_per_10k("1e5", "full") == 0
    assert of_tree.heard_by_source("heard") == {"photos": [2, 4]}


def test_small_figures_keep_their_digits() -> None:
    assert [round_figure(value) for value in (0.0, 12.34567, 0.123456, 0.000123456)] == [0, 12.3457, 0.1235, 0.0001235]


def test_a_release_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AlprEdgeError, match="no checkout there"), tree_before(tmp_path / "nowhere", tmp_path):
        pass


def test_two_trees_that_are_the_same_have_the_same_figures_and_look_once(tmp_path: Path) -> None:
    data, looks = write_data(tmp_path / "data"), tmp_path / "looks"
    models = write_models(tmp_path / "models", detector_model([PLATE_ROW]), reader_model(TEXT))
    options = "--data", str(data), "--models", str(models), "--looks", str(looks), "--before", str(ROOT)
    done = bench(tmp_path, *options, which="alerts")
    assert done.returncode == 0, done.stderr
    figures = {line["figure"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert {line["value"] for name, line in figures.items() if "_vs_before." in name} == {1}
    assert figures["alerts.heard"]["value"] == figures["alerts.heard"]["before"]
    assert set(figures["alerts.heard"]["by_source"]) == {"ride", "photos", "whole", "passes", "road_passes"}
    assert {f"alerts.possible_per_10k.{size}" for size in SIZES} <= set(figures)
    made = {path.name: path.stat().st_mtime_ns for path in looks.iterdir()}
    again = bench(tmp_path, *options, "--only", "photos", "--limit", "1", which="alerts")
    assert '"partial.alerts.heard"' in again.stdout, again.stderr
    assert {path.name: path.stat().st_mtime_ns for path in looks.iterdir()} == made
