"""A run's folder: what another run may not take away, and with what a run goes on."""

from dataclasses import asdict
from pathlib import Path

import pytest

from alpr_edge.domain.errors import AlprEdgeError, ModelError
from plate_training.data.exported_models import Origin
from plate_training.data.labels import require_labels
from plate_training.run.record import (
    RunOptions,
    RunRecord,
    begin_record,
    changes_of,
    check_unused,
    clear_folder,
    resume_record,
)
from tests.vision.models import detector_model, save


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("checkpoint.pt", "log.csv", "reader.onnx"):
        (folder / name).write_bytes(b"of before")
    return folder


@pytest.mark.parametrize("file", ["checkpoint.pt", "log.csv"])
def test_a_run_is_not_begun_over_another_unless_told(tmp_path: Path, file: str) -> None:
    check_unused(tmp_path, RunOptions(), overwrite=False)
    (tmp_path / file).touch()
    with pytest.raises(ModelError, match="go on with --resume, or begin in its place with --overwrite"):
        check_unused(tmp_path, RunOptions(), overwrite=False)
    check_unused(tmp_path, RunOptions(), overwrite=True)


def test_a_model_to_start_from_is_not_taken_away(run: Path) -> None:
    with pytest.raises(ModelError, match="copy it elsewhere"):
        check_unused(run, RunOptions(start=run / "reader.onnx"), overwrite=True)


def test_a_run_begins_without_what_another_left_and_keeps_its_start(run: Path, tmp_path: Path) -> None:
    start = save(detector_model([]), tmp_path / "released.onnx")
    clear_folder(run, "reader", start)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == {"start.onnx": start.read_bytes()}


def test_a_run_goes_on_as_it_began(run: Path, tmp_path: Path) -> None:
    start = save(detector_model([]), tmp_path / "released.onnx")
    options = RunOptions(rate=5e-4, fonts=tmp_path, start=start, seed=4)
    record = begin_record(options)
    clear_folder(run, "reader", start)
    start.unlink()
    state = {"record": asdict(record)}
    later = resume_record(state, run, RunOptions())
    assert later == record == RunRecord(Origin(), 5e-4, str(tmp_path), str(start), 4)
    assert later.start_in(run) == run / "start.onnx"
    assert changes_of(state, later) == []


def test_what_is_given_anew_counts_and_is_said(run: Path, tmp_path: Path) -> None:
    state = {"record": asdict(RunRecord(Origin(), 5e-4, None, None, 4))}
    record = resume_record(state, run, RunOptions(rate=1e-4, fonts=tmp_path))
    assert (record.rate, record.fonts, record.seed) == (1e-4, str(tmp_path), 4)
    assert changes_of(state, record) == ["--rate 0.0001 in place of 0.0005", f"--fonts {tmp_path} in place of None"]
    (line,) = changes_of({}, resume_record({}, run, RunOptions()))
    assert "does not say with which --rate" in line


def test_fonts_and_start_have_to_be_there(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder of fonts"):
        begin_record(RunOptions(fonts=tmp_path / "none"))
    with pytest.raises(ModelError, match=r"none\.onnx: cannot be read"):
        begin_record(RunOptions(start=tmp_path / "none.onnx"))
    for record in (RunRecord(Origin(), fonts=str(tmp_path / "none")), RunRecord(Origin(), start="released.onnx")):
        with pytest.raises(ModelError, match=r"no such folder of fonts|start\.onnx: cannot be read"):
            resume_record({"record": asdict(record)}, run, RunOptions())


def test_texts_that_label_did_not_write_are_asked_for(tmp_path: Path) -> None:
    for table in ("us", "br", "eu"):
        (tmp_path / f"{table}.csv").touch()
    with pytest.raises(AlprEdgeError, match=r"road\.csv: not there; run models/training/label first"):
        require_labels(tmp_path)
    (tmp_path / "road.csv").touch()
    require_labels(tmp_path)
