"""ONNX Runtime tells its maker nothing: no name is looked up, nothing written into the home folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WATCH = """
import pathlib, time
import {module}
import onnxruntime
session = onnxruntime.InferenceSession({model!r}, providers=["CPUExecutionProvider"])
time.sleep(1)  # what would send does so from a thread
descriptors = [path for path in pathlib.Path("/proc/self/fd").iterdir() if path.is_symlink()]
print(sum("socket:" in str(path.readlink()) for path in descriptors))
"""
MODEL = Path(__file__).parents[2] / "models" / "reader.onnx"


@pytest.mark.parametrize(
    "module", ["alpr_edge.vision.sessions", "alpr_edge.vision.detector", "alpr_edge.app.factories"]
)
def test_no_identity_is_written_and_no_socket_opened(tmp_path: Path, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(module=module, model=str(MODEL))],
        env={name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
        | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == []
