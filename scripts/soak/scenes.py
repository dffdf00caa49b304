"""What the cameras of a soak see: rendered drives as folders of pictures, and folders that show what a fault leaves.

A camera looks at a link. A fault lets the link name another folder, with the same file names: the camera goes on from
picture to picture, and sees what is there now.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.scenario import SCENE_S
from alpr_edge.simulation.source import write_drive
from alpr_edge.simulation.truth import DriveTruth

FPS = 5.0
SECONDS = 2 * SCENE_S
"""A round: long enough that a vehicle of the next round is another pass."""
BLACK, WHITE, FROZEN = "black", "white", "frozen"
BLACK_GREY, WHITE_GREY = 6, 255
SIZE_PX = 720, 1280
RENDERERS = 2


class Scenes:
    """The pictures of some cameras.

    Args:
        folder: where they lie.
        seeds: by camera, the seed of its drive.
    """

    def __init__(self, folder: Path, seeds: Mapping[str, int]) -> None:
        self._folder = folder
        folder.mkdir()
        jobs = [(str(folder / camera_id), seed) for camera_id, seed in seeds.items()]
        with ProcessPoolExecutor(RENDERERS, get_context("forkserver")) as pool:
            list(pool.map(_render, jobs))
        for camera_id in seeds:
            _write_faulty(folder / camera_id)
            self.show(camera_id)
        self.truths = {camera_id: DriveTruth.load(folder / camera_id / "truth.json") for camera_id in seeds}

    def path(self, camera_id: str) -> Path:
        """The link that a camera looks at."""
        return self._folder / f"{camera_id}-view"

    def feeds(self) -> Sequence[Path]:
        """The hotlist of each drive."""
        return [self._folder / camera_id / "hotlist.csv" for camera_id in self.truths]

    def show(self, camera_id: str, what: str = "frames") -> None:
        """Let a camera see its drive, or one of the folders of faults."""
        draft = self._folder / f"{camera_id}-draft"
        draft.symlink_to(self._folder / camera_id / what)
        os.replace(draft, self.path(camera_id))  # noqa: PTH105 - a link is replaced, not what it names

    def take_away(self, camera_id: str) -> None:
        """Let a camera see nothing: its folder is gone."""
        self.path(camera_id).unlink(missing_ok=True)


def _render(job: tuple[str, int]) -> None:
    folder, seed = job
    write_drive(Path(folder), Drive(seed, SECONDS, FPS))


def _write_faulty(folder: Path) -> None:
    """A black, a white and a frozen view with the names of the drive's pictures: one file each, with many names."""
    frames = sorted((folder / "frames").iterdir())
    # The middle of the first scene's way: the car drives there.
    pictures = {
        BLACK: _flat(BLACK_GREY),
        WHITE: _flat(WHITE_GREY),
        FROZEN: frames[int(4 * FPS)].read_bytes(),
    }
    for name, content in pictures.items():
        (folder / name).mkdir()
        first = folder / name / frames[0].name
        first.write_bytes(content)
        for frame in frames[1:]:
            os.link(first, folder / name / frame.name)


def _flat(grey: int) -> bytes:
    """A picture of one grey with the noise of a sensor, as JPEG."""
    noise = np.random.default_rng(grey).normal(grey, 2.0, (*SIZE_PX, 3))
    return cv2.imencode(".jpg", np.clip(noise, 0, 255).astype(np.uint8))[1].tobytes()
