from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from plate_training.networks.weight_average import average
from tests.vision.models import detector_model, save

ROW = [0.0, 10.0, 20.0, 50.0, 40.0, 0.0, 0.8]
OTHER = [0.0, 20.0, 20.0, 90.0, 60.0, 0.0, 0.6]


def _output_of(path: Path) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(path.read_bytes())
    return np.asarray(session.run(None, {"frames": np.zeros((1, 384, 640, 1), np.uint8)})[0][0], np.float32)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_weights_lie_between_those_of_both(tmp_path: Path, share: float) -> None:
    before = save(detector_model([ROW]), tmp_path / "before.onnx")
    after = save(detector_model([OTHER]), tmp_path / "after.onnx")
    average(before, after, share, tmp_path / "mean.onnx")
    assert _output_of(tmp_path / "mean.onnx") == pytest.approx((1 - share) * np.array(ROW) + share * np.array(OTHER))


def test_models_of_different_networks_are_refused_in_one_line(tmp_path: Path) -> None:
    before = save(detector_model([ROW]), tmp_path / "before.onnx")
    after = save(detector_model([ROW, OTHER]), tmp_path / "after.onnx")
    with pytest.raises(SystemExit, match="not of one network"):
        average(before, after, 0.5, tmp_path / "mean.onnx")
