"""Where the processor's time goes while the whole path runs: by function of the product, over all of its threads.

Every few milliseconds the time that each thread has had since is added to the function of the product that it is in.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Self

from rich.console import Console
from rich.table import Table

import alpr_edge
from alpr_edge.domain.instants import NS_PER_S
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.contenders import open_unit, whole_path, with_workers
from scripts.benchmarks.path.rates import best_threads

SAMPLE_S = 0.003
PARTS_TOLD = 12
LARGEST = 3
PACKAGE = Path(alpr_edge.__file__).parent
OUTSIDE = "outside Python's threads"
OTHER = "the benchmark itself"


class Sampler:
    """Adds up processor time by function, from a thread of its own, for as long as it is entered."""

    def __init__(self) -> None:
        self.ns: Counter[str] = Counter()
        """Nanoseconds on a processor, by function."""
        self.seconds = 0.0
        """How long it was entered."""
        self._before: dict[int, int] = {}
        """What each thread had had at the last sample, by its id."""
        self._own_ns = 0
        """What sampling itself took, which counts nowhere."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._began_s, self._began_processor_s = 0.0, 0.0

    def __enter__(self) -> Self:
        running = [thread.native_id for thread in threading.enumerate() if thread.native_id is not None]
        self._before = {native_id: _thread_ns(native_id) for native_id in running}
        self._began_s, self._began_processor_s = time.perf_counter(), time.process_time()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._began_s
        processor_ns = round((time.process_time() - self._began_processor_s) * NS_PER_S)
        self._stop.set()
        self._thread.join()
        self.ns[OUTSIDE] = max(0, processor_ns - self._own_ns - self.ns.total())

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            self._sample()
        self._sample()
        self._own_ns = time.thread_time_ns()

    def _sample(self) -> None:
        frames = sys._current_frames()  # noqa: SLF001 - the interpreter's own way to see all stacks
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            if frame is None or thread.native_id is None or thread is threading.current_thread():
                continue
            now_ns = _thread_ns(thread.native_id)
            before_ns = self._before.get(thread.native_id, 0)  # a thread that is new began with nothing
            self._before[thread.native_id] = now_ns
            if now_ns > before_ns:
                self.ns[_function(frame)] += now_ns - before_ns


def print_profile(vision: VisionSettings, frames: Sequence[Frame], *, table: bool) -> None:
    """The share of each function in the processor's time of the whole path at full pace."""
    workers, _ = best_threads(whole_path("path", vision, frames), len(frames))
    sampler = Sampler()
    open_unit(with_workers(vision, workers), frames)(len(frames), sampler)
    total, seconds = sampler.ns.total(), sampler.seconds
    rows = [(name, ns / total, ns / NS_PER_S / seconds) for name, ns in sampler.ns.most_common(PARTS_TOLD)]
    largest = sum(share for _, share, _ in rows[:LARGEST])
    parts = [{"function": name, "share": round(share, 4), "cores": round(cores, 4)} for name, share, cores in rows]
    figure("path.profile.largest_three", largest, "share", seconds=round(seconds, 2), threads=workers, parts=parts)
    if table:
        _print_table(rows)


def _function(frame: FrameType) -> str:
    """The innermost function of the product that a thread is in."""
    current: FrameType | None = frame
    while current is not None:
        path = Path(current.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            return f"{path.relative_to(PACKAGE)}:{current.f_code.co_qualname}"
        current = current.f_back
    return OTHER


def _thread_ns(native_id: int) -> int:
    """Nanoseconds that a thread has had on a processor (Documentation/scheduler/sched-stats.rst); 0 once it is gone."""
    try:
        return int(Path(f"/proc/self/task/{native_id}/schedstat").read_text(encoding="ascii").split()[0])
    except (OSError, IndexError):
        return 0


def _print_table(rows: Sequence[tuple[str, float, float]]) -> None:
    table = Table("function", "share of the processor's time", "cores", box=None)
    for name, share, cores in rows:
        table.add_row(name, f"{share:.1%}", f"{cores:.3f}")
    Console(stderr=True, width=140).print(table)
