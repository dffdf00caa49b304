"""Processor time of page and uplink at rest: no page is open, nothing waits to be sent, no plate is read."""

import time
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.settings import VisionSettings
from scripts.benchmarks.disk.catchup import serve
from scripts.benchmarks.page.unit import page_tables, prepare_unit
from scripts.benchmarks.path.processes import (
    START_S_MAX,
    Process,
    health,
    niceness_of,
    process,
    wait_for,
    write_settings,
)
from scripts.faults.records import UNIT_ID
from scripts.faults.rig import standing

SETTLE_S = 20.0
"""Time for start-up and for what it queued to be sent."""
FILES = {"url", "ca_file", "certificate_file", "key_file", "media_key_file"}
EMPTY_ROAD = np.full((720, 1280, 3), 128, np.uint8)


def idle_percent(folder: Path, vision: VisionSettings, watch_s: float) -> dict[str, float]:
    """Percent of one core by daemon, beside ``alpr-edge run`` with a camera that sees an empty road."""
    with standing(folder / "rig") as rig:
        pass  # it enrolled the unit
    with serve(rig, "department-idle", niceness_of("department")) as uplink:
        unit = folder / "unit"
        prepare_unit(unit)
        cv2.imwrite(str(unit / "pictures" / "road.jpg"), EMPTY_ROAD)
        tables = page_tables(unit, vision, UNIT_ID) | {"uplink": uplink.model_dump(mode="json", include=FILES)}
        camera = {"kind": "folder", "path": "pictures", "fps": 1}
        command = ["--settings", str(write_settings(unit / "alpr-edge.toml", tables, {"camera": [camera]}))]
        with process(["run", *command]) as run:
            wait_for(lambda: bool(health(unit / "runtime", "run")), "alpr-edge run wrote no health", [run], START_S_MAX)
            with process(["console", *command]) as console, process(["uplink", *command]) as sender:
                time.sleep(SETTLE_S)
                return _percent({"page": console, "uplink": sender}, watch_s)


def _percent(daemons: dict[str, Process], watch_s: float) -> dict[str, float]:
    began_s, before = time.monotonic(), {name: each.processor_s() for name, each in daemons.items()}
    time.sleep(watch_s)
    return {
        name: 100 * (each.processor_s() - before[name]) / (time.monotonic() - began_s) for name, each in daemons.items()
    }
