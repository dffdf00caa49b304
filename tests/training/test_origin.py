import json
from pathlib import Path

import pytest

from plate_training.run.origin import RunOrigin, length_of, origin_of, read_origin


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "reader-clean"
    folder.mkdir()
    (folder / "log.csv").write_text("hours,samples_seen,figure,value\n0.1,64,ctc,2\n0.5,640,ctc,1\n", encoding="utf-8")
    (folder / "reader.onnx").write_bytes(b"weights")
    return folder


def test_a_run_counts_the_training_that_led_to_its_start(run: Path) -> None:
    RunOrigin("clean", 1000, 2.0).write(run)
    assert length_of(run) == (1640, 2.5)
    origin = origin_of(run.parent / "next", run / "reader.onnx", "clean", resume=False)
    assert origin == RunOrigin("clean", 1640, 2.5)


def test_a_clean_run_refuses_weights_that_may_have_seen_more(run: Path) -> None:
    with pytest.raises(SystemExit, match="not known to have seen clean pictures alone"):
        origin_of(run.parent / "next", run / "reader.onnx", "clean", resume=False)
    with pytest.raises(SystemExit, match="not known to have seen clean pictures alone"):
        origin_of(run, None, "clean", resume=True)
    assert origin_of(run.parent / "next", run / "reader.onnx", "all", resume=False) == RunOrigin("all", 640, 0.5)


def test_what_goes_on_from_clean_weights_with_all_pictures_is_clean_no_more(run: Path) -> None:
    RunOrigin("clean").write(run)
    assert origin_of(run, None, "all", resume=True).licence == "all"


def test_a_run_without_a_word_of_its_origin_saw_all(run: Path) -> None:
    assert read_origin(run) == RunOrigin("all", 0, 0.0)
    RunOrigin("clean", 3, 0.1).write(run)
    assert json.loads((run / "origin.json").read_text(encoding="utf-8"))["licence"] == "clean"
