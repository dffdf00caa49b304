"""Measures the page beside a unit that reads ten frames a second, and prints a JSON line a figure.

All of it is real: ``alpr-edge run`` with a camera, a list and a sound card of software, ``alpr-edge console`` over TLS,
Chromium with the page open, and five further streams of events. The unit reads in turns with all of that and without.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alpr_edge.domain.errors import ModelError
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.page.idle import idle_percent
from scripts.benchmarks.page.rounds import STREAMS, PageLoads, PageRounds, PageTime, ReadingTime
from scripts.benchmarks.page.unit import write_page_unit
from scripts.benchmarks.path.frames import bench_frames
from scripts.benchmarks.path.live import FPS
from scripts.benchmarks.tables import lines_kept, print_table

MIB_BYTES, MB_BYTES = 2**20, 10**6
PARTS = ("idle", "rounds", "first_paint")
IDLE_S = 30.0
FRAMES, ROUNDS, SECONDS, CAMERAS = 60, 5, 64, 1
"""Frames that plates are drawn on, rounds, seconds of each half of a round, and cameras: 210 tones beside the page."""
LIMITS = {
    "page.tone_to_card_p99_ms": 150.0,
    "page.frames_ratio": 0.9,
    "page.capture_to_tone_ratio": 1.2,
    "page.memory_mb": 150.0,
    "page.first_paint_vs_bare": 3.5,
    "page.load_cpu_ms": 55.0,
    "page.tone_to_card_vs_idle": 2.0,
    "page.idle_cpu_percent": 0.5,
    "uplink.idle_cpu_percent": 0.5,
}
"""The limits that were set: the ratio of frames is to be as high at least, all others are to be no higher."""
TARGETS = {
    name: ((">= " if name == "page.frames_ratio" else "<= ") + f"{limit:g}", "") for name, limit in LIMITS.items()
}


@dataclass(frozen=True, slots=True)
class PageMeasurement:
    """What to measure.

    Args:
        data: folder of real data with the recording; None: a simulated drive is rendered in its place.
        vision: the models.
        parts: some of :data:`PARTS`.
        frames: how many of the recording's frames plates are drawn on, at most.
        rounds: how often the unit reads with the page and without.
        watch_s: how long each time.
        cameras: cameras of the unit.
        table: whether to print the figures against their limits on stderr as well.
    """

    data: Path | None
    vision: VisionSettings
    parts: tuple[str, ...] = PARTS
    frames: int = FRAMES
    rounds: int = ROUNDS
    watch_s: float = SECONDS
    cameras: int = CAMERAS
    table: bool = False


def run(request: PageMeasurement) -> None:
    """Print every figure that was asked for.

    Raises:
        ModelError: no tone sounded, so none could be timed.
        StoreError: one of the processes ended, or was not ready in time.
    """
    frames = bench_frames(request.data, request.frames).frames
    with lines_kept() as lines, tempfile.TemporaryDirectory(prefix="bench-page-") as folder:
        if "idle" in request.parts:
            _say("at rest")
            for name, percent in idle_percent(Path(folder) / "idle", request.vision, IDLE_S).items():
                _figure(f"{name}.idle_cpu_percent", percent, "%", seconds=IDLE_S)
        unit = write_page_unit(Path(folder) / "unit", request.vision, frames, request.cameras)
        with unit.running() as reading:
            rounds = PageRounds(unit, reading, request.watch_s)
            with_page = _print_rounds(rounds, request) if "rounds" in request.parts else []
            if "first_paint" in request.parts:
                _say("first loads")
                _print_loads(rounds.load())
        if with_page:
            _say("the same hits without recognition")
            _print_idle_cards(with_page, rounds.repeat_with())
    if request.table:
        print_table(lines, TARGETS)


def _print_rounds(rounds: PageRounds, request: PageMeasurement) -> list[PageTime]:
    without, with_page = list[ReadingTime](), list[PageTime]()
    for number in range(request.rounds):
        _say(f"round {number + 1} of {request.rounds}, without the page and with it")
        if number % 2 == 0:
            without.append(rounds.read_without())
        with_page.append(rounds.read_with())
        if number % 2 == 1:
            without.append(rounds.read_without())
    _print_cards(with_page)
    _print_frames(without, [each.reading for each in with_page], request.cameras)
    _print_tones(without, [each.reading for each in with_page])
    _print_memory(with_page)
    return with_page


def _print_cards(with_page: Sequence[PageTime]) -> None:
    times = [ms for each in with_page for ms in each.painted_ms]
    if not times:
        raise ModelError("no tone sounded while the page was open; give it more --seconds")
    _figure(
        "page.tone_to_card_p99_ms",
        _percentile(times, 99),
        "ms",
        of=len(times),
        median=round(_percentile(times, 50), 2),
        longest=round(max(times), 2),
        not_painted=sum(each.not_painted for each in with_page),
        pictures_p99_ms=round(_percentile([ms for each in with_page for ms in each.pictured_ms], 99), 2),
        clock_uncertainty_ms=round(max(each.uncertainty_ms for each in with_page), 2),
    )


def _print_idle_cards(with_page: Sequence[PageTime], idle: PageTime) -> None:
    p99s = [_percentile([ms for each in times for ms in each.painted_ms], 99) for times in (with_page, [idle])]
    counts = [sum(len(each.painted_ms) for each in times) for times in (with_page, [idle])]
    _figure("page.tone_to_card_vs_idle", p99s[0] / p99s[1], "ratio", of=counts, p99_ms=[round(ms, 2) for ms in p99s])


def _print_frames(without: Sequence[ReadingTime], with_page: Sequence[ReadingTime], cameras: int) -> None:
    ratios = [page.frames_per_s / bare.frames_per_s for page, bare in zip(with_page, without, strict=True)]
    _figure(
        "page.frames_ratio",
        _percentile(ratios, 50),
        "ratio",
        of=len(ratios),
        spread=[round(min(ratios), 4), round(max(ratios), 4)],
        frames_per_s=[
            round(float(np.median([each.frames_per_s for each in times])), 3) for times in (with_page, without)
        ],
        processor_ms_a_frame=[
            round(float(np.median([each.processor_ms_a_frame for each in times])), 2) for times in (with_page, without)
        ],
        cameras=cameras,
        fps=FPS,
        streams=sum(STREAMS),
    )


def _print_tones(without: Sequence[ReadingTime], with_page: Sequence[ReadingTime]) -> None:
    p99s, counts = [], []
    for times in (with_page, without):
        latencies = [alert.latency_ms for each in times for alert in each.alerts]
        if not latencies:
            raise ModelError("no tone sounded without the page or with it; give it more --seconds")
        p99s.append(_percentile(latencies, 99))
        counts.append(len(latencies))
    _figure("page.capture_to_tone_ratio", p99s[0] / p99s[1], "ratio", of=counts, p99_ms=[round(ms, 2) for ms in p99s])


def _print_memory(with_page: Sequence[PageTime]) -> None:
    """What the page costs the unit: its own pages and its share of those that other processes have as well."""
    share, resident = max(each.pss_mib for each in with_page), max(each.memory_mib for each in with_page)
    mb = MIB_BYTES / MB_BYTES
    _figure("page.memory_mb", share * mb, "MB", of=len(with_page), resident=round(resident * mb, 2))


def _print_loads(loads: PageLoads) -> None:
    ratios = [page_ms / bare_ms for page_ms, bare_ms in zip(loads.page_ms, loads.bare_ms, strict=True)]
    medians = [round(_percentile(times, 50), 2) for times in (loads.page_ms, loads.bare_ms)]
    _figure("page.first_paint_vs_bare", _percentile(ratios, 50), "ratio", of=len(ratios), median_ms=medians)
    _figure("page.load_cpu_ms", _percentile(loads.cpu_ms, 50), "ms", of=len(loads.cpu_ms), longest=max(loads.cpu_ms))


def _figure(name: str, value: float, unit: str, **more: object) -> None:
    figure(name, value, unit, {"limit": LIMITS[name]}, **more)


def _percentile(values: Sequence[float], percentile: float) -> float:
    return float(np.percentile(values, percentile))


def _say(line: str) -> None:
    sys.stderr.write(f"scripts/bench: {line}\n")
