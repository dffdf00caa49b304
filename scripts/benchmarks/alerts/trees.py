"""Runs the simulation in a tree's own interpreter, so that each release is measured with its own code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import AlprEdgeError

ROOT = Path(__file__).parents[3]
"""The tree that this stands in."""
BEFORE = "7e77f55c"
"""The release that is compared with: the last one whose matching hung on the moment at which a pass became a read."""


@contextmanager
def tree_before(chosen: Path | None, folder: Path) -> Iterator[Path]:
    """The tree of :data:`BEFORE`, or the one that was chosen; with the product alone in it.

    Args:
        chosen: a checkout; None: the product is taken from this repository's history.
        folder: an empty folder.

    Raises:
        AlprEdgeError: there is no such tree.
    """
    if chosen is not None:
        if not (chosen / "alpr_edge").is_dir():
            raise AlprEdgeError(f"{chosen}: no checkout there; --before names one of release {BEFORE}")
        (folder / "alpr_edge").symlink_to((chosen / "alpr_edge").resolve())
        yield folder
        return
    archive = folder / "product.tar"
    command = ["git", "archive", "--output", str(archive), BEFORE, "alpr_edge"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip() or "git failed"
        raise AlprEdgeError(f"release {BEFORE}: {reason}; --before names a checkout of it")
    subprocess.run(["tar", "--extract", "--file", str(archive), "--directory", str(folder)], check=True)
    yield folder


@contextmanager
def simulation(tree: Path, looks: Path) -> Iterator["subprocess.Popen[str]"]:
    """Begin to simulate a file of looks in a tree; it ends with the context at the latest.

    Args:
        tree: a folder with the product in it.
        looks: the file of looks.
    """
    command = [sys.executable, "-P", "-B", "-m", "scripts.benchmarks.alerts.simulation", str(looks), str(tree)]
    # Of the two folders the first has the product, the second the simulation. Its copies have but one thread to copy.
    surroundings = {"PYTHONPATH": f"{tree}{os.pathsep}{ROOT}", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | surroundings) as process:
        try:
            yield process
        finally:
            process.kill()


def outcomes_of(process: "subprocess.Popen[str]", on_outcome: Callable[[], None] = lambda: None) -> list[Any]:
    """What comes of a simulation: one outcome a sequence.

    Args:
        process: the simulation.
        on_outcome: called after each sequence.

    Raises:
        AlprEdgeError: it failed; it said why.
    """
    assert process.stdout is not None
    outcomes = []
    for line in process.stdout:
        outcomes.append(json.loads(line))
        on_outcome()
    if process.wait():
        raise AlprEdgeError("alerts: a simulation failed (reason above)")
    return outcomes
