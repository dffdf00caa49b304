"""A checkout of the demo alone, and a run of it in a session of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from alpr_edge.simulation.drive import Drive

ROOT = Path(__file__).parents[2]
RUN_S_MAX = 600
DRIVE_SEED, DRIVE_S = 7, 1.5
STUB = f"""\
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")/.."
_say() {{ printf 'alpr-edge: %s\\n' "$*" >&2; }}
environment={sys.prefix}
"""
"""In place of scripts/_environment: the environment of the tests, whichever Python it is of."""


def make_demo(folder: Path) -> Path:
    """A checkout with the demo's own scripts; returns the script."""
    scripts = folder / "checkout" / "scripts"
    scripts.mkdir(parents=True)
    for name in ("demo", "demo_page.py", "demo_people.py", "demo_pictures.py", "demo_report.py", "_help"):
        shutil.copy(ROOT / "scripts" / name, scripts)
    (scripts / "_environment").write_text(STUB, encoding="utf-8")
    return scripts / "demo"


def write_drive(folder: Path) -> Path:
    """A second and a half of a drive as pictures."""
    frames = folder / "frames"
    frames.mkdir()
    for number, pixels, _ in Drive(DRIVE_SEED, DRIVE_S).frames():
        cv2.imwrite(str(frames / f"{number:03}.png"), pixels)
    return frames


@contextlib.contextmanager
def running(demo: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo in a session of its own, as a terminal does; nothing of it is left afterwards."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(["bash", demo, *options], start_new_session=True, **pipes) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
