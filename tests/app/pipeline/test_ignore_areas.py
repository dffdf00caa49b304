"""No read comes of a plate in an area that the settings of its camera name; the picture is a rendered drive's."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.replay import replay
from alpr_edge.app.replay.recording import CAMERA_ID, open_recording
from alpr_edge.settings import parse
from alpr_edge.simulation.drive import Drive
from alpr_edge.vision.recogniser import Recogniser
from tests.simulation.truth_models import TruthDetector, TruthReader

SEED = 1
NO_PROGRESS = replay.Progress(lambda _done, _total: None, lambda _waiting: None)
LEFT_HALF = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]


def centres_of(out: Path, areas: list[Any]) -> list[float]:
    """Where the plates of the reads of a drive are, as fractions of the picture's width."""
    truth = Drive(SEED).truth
    models = VisionModels(Recogniser(TruthDetector(truth), TruthReader(truth)), ("truth",))
    out.mkdir()
    recording = open_recording(f"simulated:{SEED}", fps=10, nmea=None, hotlist=None, scratch=out)
    settings = parse({"camera": [{"kind": "simulated", "id": CAMERA_ID, "ignore_areas": areas}]}, out)
    plan = replay.ReplayPlan(recording, models, out, settings, datetime(2026, 1, 1, tzinfo=UTC), real_time=False)
    _, faults = replay.drive(plan, NO_PROGRESS)
    assert faults == []
    lines = (out / "reads.jsonl").read_text(encoding="utf-8").splitlines()
    boxes = [json.loads(line)["box_px"] for line in lines]
    return [(left + right) / 2 / 1280 for left, _, right, _ in boxes]


def test_plates_in_an_area_are_not_read(tmp_path: Path) -> None:
    everywhere = centres_of(tmp_path / "all", [])
    assert min(everywhere) < 0.5 < max(everywhere)
    right = centres_of(tmp_path / "right", [LEFT_HALF])
    assert right
    # The oracle's boxes are some pixels off, and decide like any other's.
    assert min(right) > 0.5
