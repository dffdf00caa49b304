"""Which pictures weights may have seen: in files, in checkpoints, and what follows for a clean run."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.folders import shipped_models
from plate_training.data.exported_models import Origin, read_origin, write_origin
from plate_training.networks.weight_average import average
from plate_training.release.manifest import read_manifest
from plate_training.run.record import RunOptions, RunRecord, begin_record, older_origin, resume_record
from tests.vision.models import detector_model, save

CLEAN, ALL = Origin("clean", 1640, 2.5), Origin("all", 900, 1.0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a clean run of before, whose files do not say so."""
    folder = tmp_path / "reader-clean"
    folder.mkdir()
    (folder / "log.csv").write_text("hours,samples_seen,figure,value\n0.1,64,ctc,2\n0.5,640,ctc,1\n", encoding="utf-8")
    origin = {"licence": "clean", "samples_before": 1000, "hours_before": 2.0}
    (folder / "origin.json").write_text(json.dumps(origin), encoding="utf-8")
    save(detector_model([]), folder / "reader.onnx")
    return folder


def model_of(path: Path, origin: Origin | None) -> Path:
    write_origin(save(detector_model([[0.0, 10, 20, 50, 40, 0, 0.8]]), path), origin)
    return path


def test_a_file_says_where_its_weights_come_from(tmp_path: Path) -> None:
    assert read_origin(model_of(tmp_path / "clean.onnx", CLEAN)) == CLEAN
    assert read_origin(model_of(tmp_path / "clean.onnx", None)) is None


def test_a_released_file_is_what_its_entry_says() -> None:
    entry = read_manifest(shipped_models() / "manifest.toml")["detector"]["default"]
    for file in (entry["file"], entry["int8"]["file"]):
        assert read_origin(shipped_models() / file) == Origin("all", entry["samples_seen"], entry["hours"])


@pytest.mark.parametrize("content", [b"", b"weights", b"\xff\xfe"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx: no model in ONNX form"):
        read_origin(tmp_path / "model.onnx")


def test_a_run_counts_the_training_that_led_to_its_start(run: Path, tmp_path: Path) -> None:
    start = model_of(tmp_path / "clean.onnx", CLEAN)
    assert begin_record(RunOptions("clean", start=start)).before == CLEAN
    assert begin_record(RunOptions(start=run / "reader.onnx")).before == Origin("all", 1640, 2.5)
    assert older_origin(run) == Origin("all", 1640, 2.5)


def test_a_clean_run_refuses_weights_that_may_have_seen_more(run: Path, tmp_path: Path) -> None:
    for start in (run / "reader.onnx", model_of(tmp_path / "all.onnx", ALL), shipped_models() / "reader.onnx"):
        with pytest.raises(ModelError, match="not known to have seen clean pictures alone"):
            begin_record(RunOptions("clean", start=start))


@pytest.mark.parametrize("state", [{}, {"record": asdict(RunRecord(ALL))}])
def test_a_checkpoint_of_all_pictures_goes_on_as_no_clean_one(run: Path, state: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="its weights may have seen all pictures"):
        resume_record(state, run, RunOptions("clean"))
    assert resume_record(state, run, RunOptions()).before.licence == "all"


def test_what_goes_on_from_clean_weights_with_all_pictures_is_clean_no_more(run: Path, tmp_path: Path) -> None:
    start = model_of(tmp_path / "clean.onnx", CLEAN)
    assert begin_record(RunOptions("all", start=start)).before == Origin("all", 1640, 2.5)
    with pytest.raises(ModelError, match="begin another run with --start"):
        resume_record({"record": asdict(RunRecord(CLEAN))}, run, RunOptions("all"))


@pytest.mark.parametrize(
    ("parts", "mean"),
    [
        ((CLEAN, ALL), Origin("all", 1640, 2.5)),
        ((ALL, CLEAN), Origin("all", 1640, 2.5)),
        ((CLEAN, CLEAN), CLEAN),
        ((CLEAN, None), None),
        ((None, CLEAN), None),
    ],
)
def test_an_average_has_seen_what_either_part_has(
    tmp_path: Path, parts: tuple[Origin | None, Origin | None], mean: Origin | None
) -> None:
    before, after = (model_of(tmp_path / f"{place}.onnx", origin) for place, origin in enumerate(parts))
    average(before, after, 0.5, tmp_path / "mean.onnx")
    assert read_origin(tmp_path / "mean.onnx") == mean
