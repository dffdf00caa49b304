import hashlib
import json
import tomllib
from pathlib import Path

import pytest

from plate_training.data.exported_models import Origin
from plate_training.release.licences import licence_text
from plate_training.release.manifest import entry_of, file_of, parse_figures, read_manifest, write_manifest
from plate_training.release.tools import wheel_changes
from tests.vision.models import detector_model, save

MODELS = Path(__file__).parents[2] / "models"
LINES = [
    {
        "figure": "accuracy.us.recall_iou50",
        "value": 0.95,
        "unit": "share",
        "count": 98,
        "of": 103,
        "wilson95": [0.9, 1],
    },
    {"figure": "accuracy.photos.recall_by_width", "value": 0.5, "unit": "share", "width_from_px": 20.0},
    {"figure": "accuracy.us.exact", "value": 0.81, "unit": "share", "of": 103},
    {"figure": "accuracy.detector.frame_to_boxes", "value": 16.4, "unit": "ms", "p90": 18.0, "threads": 2, "of": 45},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save(detector_model([], (1, 544, 960, 1)), tmp_path / file_of("detector", "wide"))


def test_every_released_file_is_the_manifests_and_in_the_wheel() -> None:
    manifest = read_manifest(MODELS / "manifest.toml")
    assert {"default"} <= manifest["detector"].keys() & manifest["reader"].keys()
    for entries in manifest.values():
        for entry in entries.values():
            for table in filter(None, (entry, entry.get("int8"))):
                assert hashlib.sha256((MODELS / table["file"]).read_bytes()).hexdigest() == table["sha256"]
    assert wheel_changes(manifest) == []


def test_the_licence_file_says_what_each_released_file_saw() -> None:
    manifest = read_manifest(MODELS / "manifest.toml")
    assert (MODELS / "LICENSE").read_text(encoding="utf-8") == licence_text(manifest)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path, file: Path) -> None:
    entry = entry_of("detector", file, (544, 960, 1), Origin("all", 1000, 0.5))
    entry["parse_figures"] = parse_figures("detector", "scripts/bench accuracy", map(json.dumps, LINES))
    manifest = {"detector": {"wide": entry, "default": {"file": "detector.onnx", "temperature": 1.02}}}
    write_manifest(tmp_path / "manifest.toml", manifest)
    text = (tmp_path / "manifest.toml").read_text(encoding="utf-8")
    assert read_manifest(tmp_path / "manifest.toml") == tomllib.loads(text) == manifest
    assert text.index("[detector.default]") < text.index("[detector.wide]")


def test_a_table_holds_the_models_own_figures_with_their_intervals_and_threads() -> None:
    entry = parse_figures("detector", "the command", map(json.dumps, LINES))
    assert entry == {
        "command": "the command",
        "us_recall_iou50": {"value": 0.95, "unit": "share", "of": 103, "wilson95": [0.9, 1]},
        "detector_frame_to_boxes": {"value": 16.4, "unit": "ms", "of": 45, "p90": 18.0, "threads": 2},
    }
    assert "us_exact" in parse_figures("reader", "the command", map(json.dumps, LINES))


def test_clean_weights_saw_nothing_under_agpl_and_others_are_offered_under_it(file: Path) -> None:
    clean = entry_of("detector", file, (544, 960, 1), Origin("clean", 1, 1.0))
    other = entry_of("detector", file, (544, 960, 1), Origin("all", 1, 1.0))
    assert not any("AGPL" in row["licence"] for row in clean["trained_on"])
    assert (clean["licence"], other["licence"]) == ("Apache-2.0", "AGPL-3.0-or-later")
    assert any("AGPL" in row["licence"] for row in other["trained_on"])
    text = licence_text({"detector": {"wide": clean}})
    assert "detector-wide.onnx: Apache-2.0, saw" in text
    assert "None is here at present" not in text
