import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import ReadingPlace, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import load
from scripts.benchmarks.figures import rate
from scripts.benchmarks.looks import is_ignored
from scripts.benchmarks.passes import FRAMES, whole_passes
from scripts.benchmarks.replay import Replay
from scripts.benchmarks.road.pictures import road_photos
from scripts.benchmarks.road.ride import LabelledPlate, Ride, attribute_read, drive, open_ride
from scripts.benchmarks.road.rides import RideOutcome
from scripts.benchmarks.road.signs import plain, signs, stamp_time
from scripts.benchmarks.sets import spread
from tests.app.rig import PLATES, write_frames, write_settings
from tests.scripts.benchmarks.benchmark_data import (
    OTHER_ROW,
    PLATE_ROW,
    TEXT,
    bench,
    sides,
    write_data,
    write_plates,
    write_rows,
)
from tests.store import records
from tests.store.records import plate_read
from tests.vision.models import detector_model, reader_model, write_models

NAMED = {
    *(f"road.{name}" for name in ("found_40px", "found_under_40px", "found_320px", "false_boxes", "exact_us_ca")),
    *("road.exact_us_ca_true_boxes", "road.exact_eu_true_boxes", "rides.vehicle_exact", "rides.one_read_a_vehicle"),
    *("rides.merged", "rides.certain_right", "rides.certain_share", "rides.exact_with_i"),
    "lettering.reads_per_100_passes",
}
LEFT, RIGHT = Box(100, 100, 200, 140), Box(400, 100, 500, 140)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def figures_of(output: str) -> dict[str, dict[str, Any]]:
    return {line["figure"]: line for line in map(json.loads, output.splitlines())}


def count_of(line: dict[str, Any]) -> tuple[int, int]:
    return line["count"], line["of"]


def test_road_photos_and_the_ride_are_counted_by_their_labels(tmp_path: Path, data: Path) -> None:
    models = write_models(tmp_path / "models", detector_model([PLATE_ROW, OTHER_ROW]), reader_model(TEXT))
    done = bench(tmp_path, "--data", str(data), "--models", str(models), "--threads", "1", "--only", "road,rides")
    assert done.returncode == 0, done.stderr
    figures = figures_of(done.stdout)
    assert {name: count_of(figures[f"road.{name}"]) for name in ("found_40px", "found_under_40px", "found_320px")} == {
        "found_40px": (2, 3),
        "found_under_40px": (0, 1),
        "found_320px": (0, 1),
    }
    assert (count_of(figures["road.false_boxes"]), figures["road.false_boxes"]["value"]) == ((1, 2), 0.5)
    assert count_of(figures["road.kept.false_boxes"]) == (0, 1)
    assert count_of(figures["road.world.false_boxes"]) == (2, 1)
    assert count_of(figures["road.exact_us_ca"]) == count_of(figures["road.exact_us_ca_true_boxes"]) == (1, 1)
    assert count_of(figures["road.exact_eu_true_boxes"]) == (0, 1)
    assert count_of(figures["rides.vehicle_exact"]) == count_of(figures["rides.one_read_a_vehicle"]) == (1, 1)
    assert count_of(figures["rides.merged"]) == (0, 2)
    assert count_of(figures["rides.reads_unlabelled"]) == (1, 2)
    assert count_of(figures["rides.certain_share"]) == (0, 1)
    assert {name for name in NAMED if not name.startswith("lettering")} <= set(figures)
    assert {path.name for path in (tmp_path / "out" / "bench").iterdir()} == {
        *("road-missed.png", "road-false.png", "rides-unlabelled.png")
    }


def test_lettering_is_what_is_read_apart_from_plates_and_fewer_pictures_are_called_partial(
    tmp_path: Path, data: Path
) -> None:
    options = ("--data", str(data), "--threads", "1", "--only", "road,rides,lettering", "--limit", "1")
    models = write_models(tmp_path / "both", detector_model([PLATE_ROW, OTHER_ROW]), reader_model(TEXT))
    done = bench(tmp_path, *options, "--models", str(models))
    assert done.returncode == 0, done.stderr
    figures = figures_of(done.stdout)
    assert all(name.startswith("partial.") for name in figures)
    assert {f"partial.{name}" for name in NAMED} <= set(figures)
    assert all({"of", "wilson95"} <= set(figures[f"partial.{name}"]) for name in NAMED)
    prefix = "partial.lettering."
    assert count_of(figures[f"{prefix}reads_per_100_passes"]) == (1, 1)
    assert figures[f"{prefix}reads_per_100_passes"]["value"] == 100
    assert count_of(figures[f"{prefix}signs.reads_per_100_passes"]) == (2, 1)
    models = write_models(tmp_path / "none", detector_model([]), reader_model(TEXT))
    figures = figures_of(bench(tmp_path, *options, "--models", str(models)).stdout)
    assert {line["value"] for name, line in figures.items() if name.startswith(prefix)} == {0}


def test_a_rate_has_an_interval_also_where_one_has_several(capsys: pytest.CaptureFixture[str]) -> None:
    rate("r", 3, 2, "boxes/photo")
    rate("r", 1, 10, "reads/100 passes", per=100)
    several, per_hundred = map(json.loads, capsys.readouterr().out.splitlines())
    assert (several["value"], several["wilson95"][1]) == (1.5, 1.0)
    assert per_hundred["value"] == 10
    assert per_hundred["wilson95"] == [1.79, 40.42]


def test_a_box_is_ignored_on_a_place_by_overlap_or_when_half_of_it_lies_there() -> None:
    place = Box(0, 0, 100, 100)
    assert is_ignored(Box(0, 0, 20, 10), [place])
    assert is_ignored(Box(0, 0, 10, 10), [Box(-5, 0, 5, 10)])
    assert not is_ignored(Box(90, 90, 120, 120), [place])
    assert not is_ignored(Box(0, 0, 0, 0), [place])


def test_a_text_goes_to_the_box_of_its_number_unless_another_fits_its_size(data: Path) -> None:
    folder = data / "road" / "openimages_american"
    box, wide = Box(200, 200, 300, 240), Box(0, 0, 600, 120)
    header = ["image", "left_px", "top_px", "right_px", "bottom_px"]
    write_rows(folder / "boxes.csv", [header, *(["a.jpg", *sides(b)] for b in (wide, box)), ["b.jpg", *sides(wide)]])
    first, other, *_ = road_photos(data)
    assert [truth.plate for truth in first.truths] == ["", TEXT]
    assert first.countries == ("", "us")
    assert (first.is_kept, other.is_kept) == (True, False)
    assert first.scaled_px(100) == 75
    assert [truth.plate for truth in other.truths] == [""]


def ride(*plates: tuple[LabelledPlate, ...], seconds: tuple[int, ...] | None = None) -> Ride:
    return Ride(tuple(Path(f"{i}.jpg") for i in range(len(plates))), plates, seconds or tuple(range(len(plates))))


def labelled_plate(box: Box, vehicle: str, plate: str, legibility: str = "clear") -> LabelledPlate:
    return LabelledPlate(box, vehicle, plate, legibility)


def closed(plate: str, *looks: tuple[int, Box], confidence: float = 0.9, box: Box | None = None) -> ReadUpdate:
    places = tuple(ReadingPlace(frame, at) for frame, at in looks)
    first, last = places[0].frame_number, places[-1].frame_number
    read = replace(plate_read(plate=plate), box=box or places[-1].box, confidence=confidence)
    read = replace(read, first_frame=first, last_frame=last)
    return ReadUpdate(ReadStage.CLOSED, read, read.last_seen, looks=places)


def test_a_read_is_of_the_vehicle_that_its_box_lies_on_and_merged_when_its_looks_lie_on_several() -> None:
    two = ride(
        (labelled_plate(LEFT, "1", "B11AAA"),),
        (labelled_plate(RIGHT, "2", "B22BBB"),),
        (labelled_plate(RIGHT, "2", "B22BBB"),),
    )
    single = attribute_read(two, closed("B22BBB", (1, RIGHT), (2, RIGHT.shift(3, 2))))
    assert (single.vehicle, single.is_merged) == ("2", False)
    merged_read = attribute_read(two, closed("B11AAA", (0, LEFT), (1, RIGHT), (2, RIGHT), box=LEFT))
    assert (merged_read.vehicle, merged_read.is_merged) == ("1", True)
    nowhere = attribute_read(two, closed("B33CCC", (0, RIGHT)))
    assert (nowhere.vehicle, nowhere.is_merged) == (None, False)


def test_certain_reads_count_where_the_text_is_beyond_doubt() -> None:
    one_ride = ride((labelled_plate(LEFT, "1", "B11AAA"), labelled_plate(RIGHT, "2", "B22BBB", "doubtful")))
    events = [
        closed("B11AAA", (0, LEFT), confidence=0.96),
        closed("B11AAA", (0, LEFT), confidence=0.94),
        closed("B22BB8", (0, RIGHT), confidence=0.99),
        closed("EXIT", (0, Box(0, 500, 100, 540)), confidence=0.99),
        closed("B11AA8", (0, LEFT), confidence=0.97),
    ]
    outcome = RideOutcome(one_ride, tuple(attribute_read(one_ride, event) for event in events))
    assert outcome.certain == [True, False]
    assert list(outcome.clear) == ["1"]
    assert {number: len(reads) for number, reads in outcome.by_vehicle.items()} == {"1": 3, "2": 1}


def test_a_vehicle_out_of_view_for_long_is_sighted_again() -> None:
    first_view, second_view = (labelled_plate(LEFT, "1", "B11AAA"),), (labelled_plate(LEFT, "2", "B22BBB"),)
    one_ride = ride(first_view, first_view, second_view, first_view, first_view, seconds=(5, 9, 12, 19, 40))
    assert one_ride.sightings("1") == [5, 40]
    assert one_ride.sightings("3") == []


def test_a_read_counts_once_as_it_closed() -> None:
    first, last = plate_read("r1"), plate_read("r1", "7ABC128")
    replay = Replay(
        events=[records.decided(first), records.amended(last), records.closed(last), records.decided(first)]
    )
    assert [event.read for event in replay.closed] == [last]


def test_the_ride_is_read_as_the_drive_command_reads_it(tmp_path: Path) -> None:
    frames = write_frames(tmp_path / "dashcam", [0, 3, 0, 7], plate_frames=4, gap=1)
    box = Box(300, 168, 340, 188)
    images = sorted(path.name for path in frames.iterdir())
    write_plates(tmp_path, [[image, *sides(box), "r", i, i, PLATES[0], "clear"] for i, image in enumerate(images)])
    path = write_settings(tmp_path, frames)
    path.write_text(path.read_text(encoding="utf-8").replace("pass_gap_ms = 100", ""), encoding="utf-8")
    vision = load(path).vision
    replay = drive(open_ride(tmp_path), open_vision_models(vision), vision)
    command = ["drive", "--source", str(frames), "--fps", "1", "--settings", str(path), "--out", str(tmp_path / "out")]
    subprocess.run([sys.executable, "-m", "alpr_edge", *command], check=True, stdout=subprocess.DEVNULL, timeout=300)
    lines = (tmp_path / "out" / "reads.jsonl").read_text(encoding="utf-8").splitlines()
    keys = "plate_canonical", "first_frame", "last_frame", "confidence"
    by_command = [tuple(line[key] for key in keys) for line in map(json.loads, lines)]
    reads = [event.read for event in replay.closed]
    assert by_command == [(r.plate, r.first_frame, r.last_frame, round(r.confidence, 4)) for r in reads]
    assert len(by_command) >= 2


def test_signs_and_time_stamps_are_the_same_again(data: Path) -> None:
    scene, again, other = signs(data, 2)[0](), signs(data, 1)[0](), signs(data, 2)[1]()
    assert (scene.pixels == again.pixels).all()
    assert scene.truths[0].box != other.truths[0].box
    grey = np.full((720, 1280, 3), 90, np.uint8)
    frames = [Frame("bench", i, Instant("bench", i * 10**9), grey) for i in range(2)]
    first, second = stamp_time(iter(frames), 1)
    assert (next(stamp_time(iter(frames), 1)).pixels == first.pixels).all()
    assert 0 < (first.pixels != grey).mean() < 0.05
    assert (first.pixels != second.pixels).any()
    assert (grey == 90).all()


def test_a_whole_pass_keeps_the_middle_and_draws_nearer(data: Path) -> None:
    whole_pass = whole_passes(plain(data, 1))[0]()
    assert len(whole_pass.boxes) == len(list(whole_pass.frames)) == FRAMES
    assert whole_pass.boxes[-1].width_px >= whole_pass.boxes[0].width_px == pytest.approx(1280 * 0.08 * 0.94)
    assert whole_pass.boxes[-1].centre_px == pytest.approx((640, 360), abs=10)
    assert [row[0] for row in whole_pass.plates] == list(whole_pass.boxes)


def test_fewer_items_are_drawn_from_the_whole() -> None:
    assert spread(range(10), 3) == [0, 3, 7]
    assert list(spread(range(3), 5)) == [0, 1, 2]
