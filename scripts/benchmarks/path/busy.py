"""Capture to tone of a real unit while a large list is imported and many reads are uploaded, each by a process.

Run and uplink have the share of the processor that they have in a car. The import has less: here its niceness is 19;
in a car the hardening of the unit refuses that, and it takes half of one core at the priority of reading
(:mod:`alpr_edge.hotlist.ingest.process_limits`). The department, which no car has, runs on the same cores here, at the
share of any service of the system. A tone counts from the capture of the deciding frame to its first sample, as the
unit stores both; the sound card is made of software and takes a sample within 20 ms.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.settings import StoreSettings, UplinkSettings, VisionSettings, load
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import open_store
from scripts.benchmarks.disk.catchup import serve
from scripts.benchmarks.disk.reads import ReadGenerator, pictures_of
from scripts.benchmarks.figures import figure
from scripts.benchmarks.hotlist.feed import write_feed
from scripts.benchmarks.path import sound_card
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.listed_traffic import sounded_alerts, write_listed_traffic
from scripts.benchmarks.path.live import FPS
from scripts.benchmarks.path.processes import (
    START_S_MAX,
    Process,
    health,
    niceness_of,
    process,
    vision_table,
    wait_for,
    write_settings,
)
from scripts.faults.records import UNIT_ID
from scripts.faults.rig import standing

ENTRIES, READS = 5_000_000, 20_000
STREETS = 60
"""Most different pictures that the reads to upload take turns with."""
READS_A_COMMIT = 400
BUSY_S_MAX = 1800.0
WATCH_S_MIN = 10.0
"""Least time in which tones are timed, should import and upload be over sooner."""
ROUND_S = 0.2
IMPORTED, SOUNDED = "event=hotlist.imported source=large", "event=alert.sounded"
"""Lines of the log of ``alpr-edge run``, and of the import that it starts."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much is imported and uploaded."""

    entries: int
    reads: int


@dataclass(frozen=True, slots=True, eq=False)
class BusyUnit:
    """A unit in a folder, and what it is to be busy with."""

    folder: Path
    settings: Path
    feed: Path
    """The large list, where the unit does not look for it yet."""
    items: int
    """Items that wait to be uploaded."""


@dataclass(frozen=True, slots=True)
class BusyTimes:
    """When the work began and how long it took."""

    began_ns: int
    ended_ns: int
    import_s: float
    upload_s: float


def print_busy(vision: VisionSettings, frames: Sequence[Frame], work: Work, choice: Int8Choice) -> None:
    """Time the tones from the start of import and upload until both are over.

    Raises:
        ModelError: no tone sounded meanwhile.
        StoreError: one of the processes ended, or was not done in time.
    """
    with tempfile.TemporaryDirectory(prefix="bench-path-") as name:
        folder = Path(name)
        with standing(folder / "rig") as rig:
            pass  # it enrolled the unit
        with serve(rig, "department-busy", niceness_of("department")) as uplink:
            unit = _write_unit(folder / "unit", vision, uplink)
            choice.install(unit.parent / "data")
            write_listed_traffic(unit, vision, frames)
            busy = _write_work(unit, frames, work)
            times = _run(busy)
            _print(busy, times, work)


def _write_unit(folder: Path, vision: VisionSettings, uplink: UplinkSettings) -> Path:
    """The settings of a unit with one camera; returns their file."""
    for name in ("pictures", "lists", "feeds"):
        (folder / name).mkdir(parents=True)
    create_keys(folder / "keys")
    files = {"url", "ca_file", "certificate_file", "key_file", "media_key_file"}
    return write_settings(
        folder / "alpr-edge.toml",
        {
            "unit": {"id": UNIT_ID, "data_directory": "data", "runtime_directory": "runtime"},
            "vision": vision_table(vision),
            # A plate comes back after a second and a half: that is another car, and it sounds again.
            "decision": {"pass_gap_ms": 150},
            "alerts": {"player": "alsa", "cooldown_s": 0},
            "store": {"keys_directory": "keys"},
            "retention": {"acknowledged_days_max": 3650, "unacknowledged_days_max": 3650},
            "uplink": uplink.model_dump(mode="json", include=files),
        },
        {
            "camera": [{"kind": "folder", "path": "pictures", "fps": FPS}],
            "hotlist.source": [
                {"name": "bench", "format": "generic-csv", "priority": "routine"},
                {"name": "large", "format": "generic-csv", "folder": "lists"},
            ],
        },
    )


def _write_work(settings: Path, frames: Sequence[Frame], work: Work) -> BusyUnit:
    """The reads that wait to be uploaded, and the list that waits to be imported."""
    _say(f"writing {work.reads:,} reads and a list of {work.entries:,} entries")
    streets = [pictures_of(frame.pixels, StoreSettings()) for frame in frames[:STREETS]]
    with open_store(load(settings), migrate=True) as store:
        commit = []
        for batch in ReadGenerator(streets, unit_id=UNIT_ID).batches(work.reads):
            commit += batch
            if len(commit) >= READS_A_COMMIT:
                store.reads.commit(commit)
                commit = []
        store.reads.commit(commit)
        items = store.outbox.counts().ready
    feed = settings.parent / "feeds" / "large.csv"
    write_feed(feed, work.entries)
    return BusyUnit(settings.parent, settings, feed, items)


def _run(busy: BusyUnit) -> BusyTimes:
    """Start the unit, then import and upload together, and wait for the end of both."""
    command = ["run", "--settings", str(busy.settings)]
    card = sound_card.install(busy.folder / "bin")
    with process(command, str(card), (IMPORTED, SOUNDED)) as run:
        wait_for(lambda: run.count(SOUNDED) > 0, "alpr-edge run sounded nothing", [run], START_S_MAX)
        began_ns, began_s = boottime_ns(), time.monotonic()
        busy.feed.rename(busy.folder / "lists" / busy.feed.name)
        with process(["uplink", "--settings", str(busy.settings)]) as uplink:
            import_s, upload_s = _wait_for_both(busy, run, uplink)
            left_s = WATCH_S_MIN - (time.monotonic() - began_s)
            sounded = run.count(SOUNDED)
            time.sleep(max(0.0, left_s))
            wait_for(partial(_has_more, run, sounded), "no further tone sounded", [run], START_S_MAX)
        return BusyTimes(began_ns, boottime_ns(), import_s, upload_s)


def _has_more(run: Process, sounded: int) -> bool:
    return run.count(SOUNDED) > sounded


def _wait_for_both(busy: BusyUnit, run: Process, uplink: Process) -> tuple[float, float]:
    """Seconds until the list was imported, and until as many items were delivered as waited at the start."""
    began_s, runtime = time.monotonic(), busy.folder / "runtime"
    seconds: dict[str, float] = {}

    def note() -> bool:
        delivered = int(health(runtime, "uplink").get("figures", {}).get("delivered", 0))
        over = {"import": run.count(IMPORTED) > 0, "upload": delivered >= busy.items}
        for name in (name for name, is_over in over.items() if is_over and name not in seconds):
            seconds[name] = time.monotonic() - began_s
            _say(f"the {name} took {seconds[name]:.1f} s")
        return all(over.values())

    wait_for(note, "import and upload were not over", [run, uplink], BUSY_S_MAX)
    return seconds["import"], seconds["upload"]


def _print(busy: BusyUnit, times: BusyTimes, work: Work) -> None:
    latencies = [each.latency_ms for each in sounded_alerts(busy.settings, times.began_ns, times.ended_ns)]
    if not latencies:
        raise ModelError("no tone sounded while the unit was busy")
    figure(
        "path.busy_tone_p99_ms",
        float(np.percentile(latencies, 99)),
        "ms",
        of=len(latencies),
        median=round(float(np.median(latencies)), 4),
        longest=round(max(latencies), 4),
        entries=work.entries,
        reads=work.reads,
        items=busy.items,
        import_s=round(times.import_s, 1),
        upload_s=round(times.upload_s, 1),
    )


def _say(line: str) -> None:
    sys.stderr.write(f"scripts/bench: {line}\n")
