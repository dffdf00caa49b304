"""A detector's weights for another input: the same weights, with the same origin."""

from pathlib import Path

import pytest

from alpr_edge.vision.model_files.folders import shipped_models
from plate_training.data.exported_models import Origin, read_origin, write_origin
from plate_training.detector.export import resize_detector
from plate_training.release.tools import input_shape
from tests.vision.models import detector_model, save


@pytest.mark.filterwarnings("ignore")  # of torch, about how it exports
def test_a_detector_for_another_input_says_what_its_weights_saw(tmp_path: Path) -> None:
    source, target = tmp_path / "source.onnx", tmp_path / "target.onnx"
    source.write_bytes((shipped_models() / "detector-near.onnx").read_bytes())
    write_origin(source, Origin("clean", 1640, 2.5))
    resize_detector(source, target, (256, 128))
    assert read_origin(target) == Origin("clean", 1640, 2.5)
    assert input_shape("detector", target) == (128, 256, 1)


def test_a_model_of_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="not a model of this network"):
        resize_detector(save(detector_model([]), tmp_path / "other.onnx"), tmp_path / "target.onnx", (256, 128))
    assert not (tmp_path / "target.onnx").exists()
