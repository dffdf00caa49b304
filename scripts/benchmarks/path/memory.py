"""Memory of a real ``alpr-edge run`` without a list, with one camera and with three."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from alpr_edge.store.keys import create_keys
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.frames import encode
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.live import FPS, THREE
from scripts.benchmarks.path.processes import (
    START_S_MAX,
    health,
    process,
    vision_table,
    wait_for,
    write_settings,
)


def print_memory(vision: VisionSettings, frames: Sequence[Frame], watch_s: float, choice: Int8Choice) -> None:
    """Peak resident memory over so many seconds of reading."""
    with tempfile.TemporaryDirectory(prefix="bench-path-") as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        for number, frame in enumerate(frames):
            (pictures / f"{number:05}.jpg").write_bytes(encode(frame.pixels))
        for name, camera_ids in (("path.memory_mb", THREE[:1]), ("path.three_cameras_memory_mb", THREE)):
            unit = Path(folder) / name
            unit.mkdir()
            choice.install(unit / "data")
            peak_mib, seen = _peak_mib(unit, vision, pictures, camera_ids, watch_s)
            figure(name, peak_mib, "MiB", cameras=len(camera_ids), fps=FPS, frames=seen, seconds=watch_s)


def _peak_mib(
    folder: Path, vision: VisionSettings, pictures: Path, camera_ids: Sequence[str], watch_s: float
) -> tuple[float, int]:
    """The peak, and how many frames were recognised until then."""
    create_keys(folder / "keys")
    cameras = [{"kind": "folder", "id": camera_id, "path": str(pictures), "fps": FPS} for camera_id in camera_ids]
    tables: dict[str, dict[str, object]] = {
        "unit": {"id": "bench-1", "data_directory": "data", "runtime_directory": "runtime"},
        "vision": vision_table(vision),
        "store": {"keys_directory": "keys"},
        "alerts": {"player": "none"},
    }
    settings = write_settings(folder / "alpr-edge.toml", tables, {"camera": cameras})
    with process(["run", "--settings", str(settings)]) as run:
        runtime = folder / "runtime"
        wait_for(lambda: _frames_in(runtime) > 0, "alpr-edge run saw no frame", [run], START_S_MAX)
        time.sleep(watch_s)
        return run.memory_mib(), _frames_in(runtime)


def _frames_in(runtime: Path) -> int:
    return int(health(runtime, "run").get("figures", {}).get("frames", 0))
