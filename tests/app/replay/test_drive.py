"""A whole simulated drive, read by an oracle: its reads, hits and tones, and an area that is not looked at."""

import json
import stat
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.replay import replay
from alpr_edge.app.replay.output import Summary
from alpr_edge.app.replay.recording import CAMERA_ID, open_recording
from alpr_edge.app.replay.replay import LATER_SOURCE
from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.hits import HitPayload
from alpr_edge.settings import Settings, SimulatedCamera, VisionSettings, parse
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.truth import DriveTruth
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.keys import load_key
from alpr_edge.vision.recogniser import Recogniser
from tests.app.replay.canvass_on_drive import CANVASSES, CanvassOnDrive, CanvassTruth
from tests.simulation.truth_models import TruthDetector, TruthReader

SEED = 1
SECONDS = SimulatedCamera(kind="simulated").seconds
LEFT_HALF = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
NO_PROGRESS = replay.Progress(lambda _done, _total: None, lambda _waiting: None)


@pytest.fixture(scope="module")
def truth() -> DriveTruth:
    return Drive(SEED, SECONDS).truth


@pytest.fixture(scope="module")
def drives(truth: DriveTruth, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Drives the same simulated drive into a folder of the given name, once each, with other numbers of workers."""
    folders: dict[str, Path] = {}

    def run(name: str) -> Path:
        if name not in folders:
            out = tmp_path_factory.mktemp(name)
            progress = CanvassOnDrive(out).progress if name == "second" else NO_PROGRESS
            drive(truth, out, Settings(vision=VisionSettings(workers=1 + 3 * len(folders))), progress)
            folders[name] = out
        return folders[name]

    return run


def drive(truth: DriveTruth, out: Path, settings: Settings, progress: replay.Progress = NO_PROGRESS) -> None:
    """Drive the simulated drive into a folder."""
    models = VisionModels(Recogniser(TruthDetector(truth), TruthReader(truth)), ("truth",))
    recording = open_recording(f"simulated:{SEED}", fps=10, nmea=None, hotlist=None, scratch=out)
    plan = replay.ReplayPlan(recording, models, out, settings, datetime(2026, 1, 1, tzinfo=UTC), real_time=False)
    _, faults = replay.drive(plan, progress)
    assert faults == []


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def final_reads(folder: Path) -> list[dict[str, Any]]:
    """The reads that no later one corrects."""
    reads = lines(folder / "reads.jsonl")
    superseded_ids = {read["supersedes"] for read in reads}
    return [read for read in reads if read["read_id"] not in superseded_ids]


def test_every_vehicle_seen_well_is_one_read_of_its_plate(drives: Callable[[str], Path], truth: DriveTruth) -> None:
    read = sorted(line["plate_canonical"] for line in final_reads(drives("first")))
    seen_well = sorted(canonical(vehicle.plate) for vehicle in truth.vehicles if len(vehicle.boxes) >= 5)
    assert len(read) == len(set(read))
    assert set(seen_well) <= set(read)
    assert set(read) <= {canonical(vehicle.plate) for vehicle in truth.vehicles}


def test_the_wanted_ones_are_hits_and_no_other(drives: Callable[[str], Path], truth: DriveTruth) -> None:
    hits = lines(drives("first") / "hits.jsonl")
    wanted_plates = {canonical(vehicle.plate) for vehicle in truth.vehicles if vehicle.hotlist_description}
    (later,) = (hit for hit in hits if hit["source"] == LATER_SOURCE)
    assert {hit["plate_canonical"] for hit in hits} == {*wanted_plates, later["plate_canonical"]}
    assert later["sounded"], "its list went live while it was in view"
    assert {hit["match_kind"] for hit in hits} == {"exact"}
    assert all(hit["phrase"].endswith("verify through CLETS") for hit in hits)
    assert not [hit for hit in hits if hit["plate"] in hit["phrase"]]


def test_the_tones_lie_where_the_vehicles_passed(drives: Callable[[str], Path]) -> None:
    folder = drives("first")
    with wave.open(str(folder / "alerts.wav")) as sound:
        samples, rate = np.frombuffer(sound.readframes(sound.getnframes()), "<i2"), sound.getframerate()
    first_hit = min(hit["frame"] for hit in lines(folder / "hits.jsonl"))
    onset_s = float(np.argmax(np.abs(samples) > 300)) / rate
    assert abs(onset_s - first_hit / 10) < 0.3
    assert np.abs(samples).max() > 3000


def test_two_fast_replays_are_equal_apart_from_ids(drives: Callable[[str], Path]) -> None:
    def without_ids(folder: Path, name: str) -> list[dict[str, Any]]:
        ids = {"read_id", "hit_id", "supersedes"}
        return [{key: value for key, value in line.items() if key not in ids} for line in lines(folder / name)]

    for name in ("reads.jsonl", "hits.jsonl"):
        assert without_ids(drives("first"), name) == without_ids(drives("second"), name)
    assert (drives("first") / "alerts.wav").read_bytes() == (drives("second") / "alerts.wav").read_bytes()


@pytest.mark.parametrize("canvass", CANVASSES, ids=["from-then-on", "before-as-well", "everywhere"])
def test_a_canvass_holds_every_vehicle_of_its_area_and_none_outside(
    drives: Callable[[str], Path], truth: DriveTruth, canvass: Canvass
) -> None:
    expected = CanvassTruth.of(canvass, truth, Drive(SEED, SECONDS))
    plates = CanvassOnDrive(drives("second")).plates(canvass)
    assert expected.inside <= plates
    assert len(expected.inside) >= 2
    assert not expected.outside & plates
    assert len(expected.outside) >= (1 if canvass.area is None else 2)


def test_reads_have_the_position_of_their_frame_and_none_without_a_fix(drives: Callable[[str], Path]) -> None:
    reads = lines(drives("first") / "reads.jsonl")
    reads_with_position = [read for read in reads if read["position"]]
    assert reads_with_position
    for read in reads_with_position:
        assert abs(read["position"]["lat_deg"]) > 1
        assert read["position"]["age_ms"] <= Settings().position.fix_age_ms_max
        assert read["position"]["source"] == "log:drive.nmea"


def test_everything_is_for_the_owner_alone_and_adds_up(drives: Callable[[str], Path]) -> None:
    folder = drives("first")
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in {"drive.nmea", "hotlist.csv", "later.csv", "truth.json"}:
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    summary = Summary(**json.loads((folder / "summary.json").read_text(encoding="utf-8")))
    assert summary.frames == SECONDS * 10
    assert summary.frames_dropped == 0
    assert summary.reads == len(lines(folder / "reads.jsonl")) == len(list((folder / "stills").iterdir()))
    assert summary.hits == len(lines(folder / "hits.jsonl"))
    log_items = 3  # the records of start and end, and the checkpoint over them
    assert summary.outbox_left == summary.reads + summary.hits + summary.alerts + 2 * summary.reads + log_items
    assert summary.alerts_wav == str(folder / "alerts.wav")


@pytest.mark.review(19)
def test_what_waits_of_a_hit_says_how_grave_it_is_and_carries_the_unit(drives: Callable[[str], Path]) -> None:
    (path,) = drives("first").rglob(DATABASE_NAME)
    database = Database.open(path.parent, load_key("outbox", path.parent / "keys"), migrate=False)
    with database.read() as connection:
        rows = connection.execute(select(outbox.c.item_id, outbox.c.body).where(outbox.c.kind == "hit")).all()
    database.close()
    hits = [HitPayload.model_validate_json(row.body) for row in rows]
    assert hits
    assert {(hit.level is None, hit.covert) for hit in hits} == {(False, False)}
    assert {row.item_id.partition(":")[0] for row in rows} == {Settings().unit.id}


def centres_of(folder: Path) -> list[float]:
    """Where the plates of the reads of a drive are, as fractions of the picture's width."""
    boxes = [line["box_px"] for line in lines(folder / "reads.jsonl")]
    return [(left + right) / 2 / 1280 for left, _, right, _ in boxes]


def test_plates_in_an_area_that_the_settings_name_are_not_read(
    drives: Callable[[str], Path], truth: DriveTruth, tmp_path: Path
) -> None:
    everywhere = centres_of(drives("first"))
    assert min(everywhere) < 0.5 < max(everywhere)
    camera = {"kind": "simulated", "id": CAMERA_ID, "ignore_areas": [LEFT_HALF]}
    drive(truth, tmp_path, parse({"camera": [camera]}, tmp_path))
    right = centres_of(tmp_path)
    assert right
    # The oracle's boxes are some pixels off, and decide like any other's.
    assert min(right) > 0.5
