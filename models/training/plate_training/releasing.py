"""What a release needs beside the manifest: the benchmark, a file's input, the wheel's list of files."""

import subprocess
import sys
import tomllib
from pathlib import Path

import onnx

from alpr_edge.domain.errors import ModelError
from plate_training.data import REPOSITORY, data_folder
from plate_training.manifest import Manifest, Role

HOURS_MAX = 2
WHEEL = "share/alpr-edge/models"


def benchmark(models: Path, role: Role, name: str, threads: int) -> list[str]:
    """The JSON lines of ``scripts/bench accuracy`` with one model of a folder, the other one being its default.

    Raises:
        ModelError: it ended with an error, which it has printed.
    """
    command = [sys.executable, "-m", "scripts.benchmarks", "accuracy", "--models", str(models), f"--{role}", name]
    done = subprocess.run(  # noqa: S603
        [*command, "--data", str(data_folder()), "--threads", str(threads)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        timeout=HOURS_MAX * 3600,
        check=False,
    )
    if done.returncode != 0:
        raise ModelError(f"scripts/bench accuracy ended with exit code {done.returncode}; nothing was released")
    return done.stdout.splitlines()


def input_shape(path: Path) -> tuple[int, int, int]:
    """Height, width and channels of a model's input.

    Raises:
        ModelError: it is none of ours.
    """
    dimensions = onnx.load(str(path)).graph.input[0].type.tensor_type.shape.dim
    sides = [int(side.dim_value) for side in dimensions]
    if len(sides) != 4 or not all(sides[1:]):
        raise ModelError(f"{path}: its input is not [N, height, width, channels]; it was not exported here")
    return sides[1], sides[2], sides[3]


def wheel_lines_missing(manifest: Manifest) -> list[str]:
    """Lines by which the wheel would carry every file of the manifest."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    files = [entry["file"] for entries in manifest.values() for entry in entries.values()]
    return [f'"models/{file}" = "{WHEEL}/{file}"' for file in files if f"models/{file}" not in carried]
