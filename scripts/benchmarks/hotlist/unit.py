"""The unit's half of the hotlist benchmark, in a process of its own, as in the car: it loads, commits and swaps.

Called by ``scripts/bench hotlist``; prints one JSON object.
"""

import gc
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np

from alpr_edge.app.factories import open_lists
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceKind, PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import load
from alpr_edge.store.unit_store import UnitStore, open_store

COMMIT_EVERY_S = 0.1
IDLE_COMMITS = 100
ROUND_S = 1.0
"""As the unit looks for new lists."""
SWAP_S_MAX = 60.0
CROP_BYTES, SCENE_BYTES = 8_000, 120_000


def main() -> None:
    """Measure; the arguments are a settings file and the feed to import a second time."""
    settings_file, feed = map(Path, sys.argv[1:])
    configure_logs(verbose=False)
    settings = load(settings_file)
    with open_store(settings, migrate=True) as store:
        _, lists = open_lists(settings, store.database)
        gc.collect()
        bare = _status_mb("VmRSS")
        _forget_cached(settings.unit.data_directory)
        began = time.perf_counter()
        lists.load()
        cold_start_s = time.perf_counter() - began
        gc.collect()
        figures = {"cold_start_s": cold_start_s, "memory_mb": _status_mb("VmRSS") - bare}
        figures |= _while_importing(store, lists, import_command(feed, settings_file))
        figures["swap_memory_mb"] = _status_mb("VmHWM") - bare
    sys.stdout.write(json.dumps(figures) + "\n")


def import_command(feed: Path, settings: Path) -> list[str]:
    """The command that a car's own import is."""
    where = ["--source", "bench", "--format", "generic-csv", "--accept-shrink", "--json", "--settings", str(settings)]
    return [sys.executable, "-m", "alpr_edge", "hotlist", "import", str(feed), *where]


def _while_importing(store: UnitStore, lists: HotlistLoader, command: list[str]) -> dict[str, float]:
    """Commit reads at rest, then while another process imports and this one swaps."""
    idle = [_commit_ms(store) for _ in range(IDLE_COMMITS)]
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    swaps: list[float] = []
    over = threading.Event()
    owner = threading.Thread(target=_keep, args=(lists, swaps, over))
    owner.start()
    during: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as importing:  # noqa: S603 - our own command
        _commit_until(lambda: importing.poll() is not None, store, during)
    deadline = time.monotonic() + SWAP_S_MAX
    _commit_until(lambda: bool(swaps) or time.monotonic() > deadline, store, during)
    over.set()
    owner.join()
    if importing.returncode or not swaps:
        raise SystemExit("the import under way was refused or never swapped in")
    rest = float(np.median(idle))
    return {
        "swap_s": swaps[0],
        "commits": len(during),
        "commit_rest_ms": rest,
        "commit_rest_max_ms": max(idle),
        "commit_delay_ms": max(during) - rest,
        "commit_delay_p99_ms": float(np.percentile(during, 99)) - rest,
    }


def _keep(lists: HotlistLoader, swaps: list[float], over: threading.Event) -> None:
    """Look for a new generation once a second, as the unit does."""
    while not over.wait(ROUND_S):
        began = time.perf_counter()
        if lists.refresh_if_changed():
            swaps.append(time.perf_counter() - began)


def _commit_until(done: Callable[[], bool], store: UnitStore, times: list[float]) -> None:
    while not done():
        times.append(_commit_ms(store))


def _commit_ms(store: UnitStore) -> float:
    """Decide and close one read with its pictures, after a pause; returns how long the commit took."""
    time.sleep(COMMIT_EVERY_S)
    now = SystemClock().now()
    read = _read(now)
    images = ((EvidenceKind.CROP, os.urandom(CROP_BYTES)), (EvidenceKind.SCENE, os.urandom(SCENE_BYTES)))
    began = time.perf_counter()
    decided = ReadUpdate(ReadStage.DECIDED, read, now, images=images)
    store.reads.commit([decided, ReadUpdate(ReadStage.CLOSED, read, now)])
    return (time.perf_counter() - began) * 1000


def _read(at: Instant) -> PlateRead:
    return PlateRead(
        read_id=str(uuid.uuid4()),
        unit_id="bench",
        camera_id="front",
        plate="8ABC123",
        confidence=0.95,
        alternatives=(),
        slot_votes=(),
        vote_count=5,
        first_seen=at,
        last_seen=at,
        first_frame=1,
        last_frame=5,
        box=Box(0, 0, 100, 50),
        position=None,
        model_ids=("bench",),
    )


def _status_mb(name: str) -> float:
    """A figure of this process's memory, from the kernel, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _forget_cached(data: Path) -> None:
    """Drop the sealed files from the page cache: a car starts cold."""
    for path in data.rglob("*.list"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    main()
