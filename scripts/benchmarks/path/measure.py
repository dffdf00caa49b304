"""Measures the path, part by part, and prints a JSON line a figure; runs unattended, on a Raspberry Pi too."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path import busy, copies, cpu_shares, durable, live, memory, rates, spared_work
from scripts.benchmarks.path.frames import BenchFrames, bench_frames
from scripts.benchmarks.path.int8 import Int8Choice, int8_choice
from scripts.benchmarks.path.machine import Machine, usable_cores
from scripts.benchmarks.tables import lines_kept, print_table

FRAMES, ROUNDS, SECONDS, READS = 200, 5, 30, 1_500
"""Frames of the recording, rounds of contenders, seconds of a unit whose memory is measured, and reads written."""
PARTS = ("rates", "empty", "tone", "three_cameras", "skipping", "memory", "copies", "durable", "upload", "busy")
"""What is measured unless it is chosen by name, in this order: the machine is warm for what is judged by its time."""
CHOICES = (*PARTS, "profile")
TARGETS = {
    "path.vs_fast_alpr": (">= 1.3", ">= 1.7"),
    "path.int8_vs_fast_alpr": (">= 2.1", ">= 3"),
    "path.vs_limit": (">= 0.88", ">= 0.95"),
    "path.empty_vs_detector": (">= 0.92", ">= 0.97"),
    "path.three_cameras_dropped": ("0", "0"),
    "path.three_cameras_tone_p99_ms": ("<= 120", "<= 70"),
    "path.three_cameras_result_p99_ms": ("<= 120", "<= 70"),
    "path.busy_tone_p99_ms": ("<= 120", "<= 80"),
    "path.memory_mb": ("<= 300", "<= 240"),
    "path.three_cameras_memory_mb": ("<= 450", "<= 350"),
    "path.reads_to_durable": (">= 500", ">= 1000"),
    "path.upload_vs_httpx": (">= 0.85", ">= 0.95"),
}
"""What each figure is to be, at least and at best."""


@dataclass(frozen=True, slots=True)
class PathRequest:
    """What to measure.

    Args:
        data: folder of real data with the recording; None: a simulated drive is rendered in its place.
        vision: the models.
        parts: some of :data:`CHOICES`.
        frames: how many of the recording's frames, at most.
        rounds: how often contenders take turns.
        watch_s: how long a unit reads whose memory is measured.
        entries: the size of the list that is imported while tones are timed.
        reads: the number of reads written and uploaded; None: as many as each part has by itself.
        table: whether to print the figures against their targets on stderr as well.
    """

    data: Path | None
    vision: VisionSettings
    parts: tuple[str, ...] = PARTS
    frames: int = FRAMES
    rounds: int = ROUNDS
    watch_s: float = SECONDS
    entries: int = busy.ENTRIES
    reads: int | None = None
    table: bool = False


def run(request: PathRequest) -> None:
    """Print every figure that was asked for."""
    recording = bench_frames(request.data, request.frames)
    with lines_kept() as lines, int8_choice(request.vision) as choice:
        machine, before_c = Machine(), Machine().temperature_c()
        facts: dict[str, Any] = machine.facts() | {
            "temperature_c": before_c,
            "frames": len(recording.frames),
            "of": recording.origin,
        }
        figure("path.machine", usable_cores(), "cores", **facts)
        work = _work(request, recording, choice)
        for part in CHOICES:
            if part in request.parts:
                sys.stderr.write(f"scripts/bench: {part}\n")
                work[part]()
        figure("path.temperature", machine.temperature_c(), "C", before=before_c)
    if request.table:
        print_table(lines, TARGETS)


def _work(request: PathRequest, recording: BenchFrames, choice: Int8Choice) -> Mapping[str, Callable[[], None]]:
    """What each part does."""
    vision, frames = request.vision, recording.frames
    whole = spared_work.every_look(vision)
    return {
        "rates": lambda: rates.print_rates(vision, frames, request.rounds, choice),
        "empty": lambda: rates.print_empty(vision, frames, request.rounds),
        "tone": lambda: live.print_tone(whole, frames, choice),
        "three_cameras": lambda: live.print_three(whole, frames, choice),
        "skipping": lambda: spared_work.print_skipping(vision, frames, choice),
        "memory": lambda: memory.print_memory(vision, frames, request.watch_s, choice),
        "copies": lambda: copies.print_copies(vision, frames),
        "durable": lambda: durable.print_durable(frames, request.reads or READS),
        "upload": lambda: durable.print_upload(frames, request.reads or READS),
        "busy": lambda: busy.print_busy(whole, frames, busy.Work(request.entries, request.reads or busy.READS), choice),
        "profile": lambda: cpu_shares.print_profile(vision, frames, table=request.table),
    }
