"""What a release needs beside the manifest: the benchmark, a file's input, the wheel's list of files."""

import subprocess
import sys
import tomllib
from pathlib import Path

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.addition import candidate
from alpr_edge.vision.sessions import Session
from plate_training.data.pictures import REPOSITORY, data_folder
from plate_training.release.manifest import Manifest, Role, files_of

HOURS_MAX = 2
WHEEL = "share/alpr-edge/models"


def benchmark(models: Path, arguments: list[str]) -> list[str]:
    """The JSON lines of ``scripts/bench accuracy`` with the models of a folder.

    Args:
        models: the folder.
        arguments: the arguments of the benchmark: the model and the parts.

    Raises:
        ModelError: it ended with an error, which it has printed.
    """
    command = [sys.executable, "-m", "scripts.benchmarks", "accuracy", "--models", str(models), "--data"]
    done = subprocess.run(  # noqa: S603
        [*command, str(data_folder()), *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        timeout=HOURS_MAX * 3600,
        check=False,
    )
    if done.returncode != 0:
        raise ModelError(f"scripts/bench accuracy ended with exit code {done.returncode}; nothing was released")
    return done.stdout.splitlines()


def input_shape(role: Role, path: Path) -> tuple[int, int, int]:
    """Height, width and channels of a model's input.

    Raises:
        ModelError: it is no model, or none of ours.
    """
    shape = Session(candidate(path, role, path.stem, {}), threads=1).input_shape
    sides = [side for side in shape[1:] if isinstance(side, int)]
    if len(shape) != 4 or len(sides) != 3:
        raise ModelError(f"{path}: input {list(shape)} is not [N, height, width, channels]; it was not exported here")
    return sides[0], sides[1], sides[2]


def wheel_changes(manifest: Manifest) -> list[str]:
    """What to change in pyproject.toml for the wheel to carry the manifest's files and no other, a line each."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    shared_data = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    there = {path.removeprefix("models/") for path in shared_data if path.endswith(".onnx")}
    wanted = files_of(manifest)
    table = "[tool.hatch.build.targets.wheel.shared-data] in pyproject.toml"
    lines = [f'add to {table}: "models/{file}" = "{WHEEL}/{file}"' for file in wanted if file not in there]
    return lines + [f'remove from {table}: "models/{file}"' for file in sorted(there - set(wanted))]
