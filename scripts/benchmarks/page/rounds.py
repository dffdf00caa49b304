"""Rounds in which the unit reads with the page and without: what was read, and how soon tones and cards came."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import NS_PER_MS
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.runtime.health import read_health
from scripts.benchmarks.page.browser import WatchedPage, bare_page, bare_paint_ms, chromium, first_paint_ms, open_page
from scripts.benchmarks.page.memory import share_watched
from scripts.benchmarks.page.repeated_hits import repeat_hits
from scripts.benchmarks.page.streams import listening
from scripts.benchmarks.page.unit import BADGES, PageUnit
from scripts.benchmarks.path.listed_traffic import SoundedAlert, sounded_alerts
from scripts.benchmarks.path.processes import START_S_MAX, Process, wait_for

STREAMS = (3, 2)
"""Further pages that listen, by officer; with the one in the browser the first has as many as a session may."""
LOADS = 20
LOAD_SETTLE_S = 0.2
"""After the page is live, until its pictures have come."""
SETTLE_S = 5.0
"""After the page has come or gone, before anything counts."""
PAINT_S_MAX = 10.0
"""How long cards are waited for whose tone sounded."""


@dataclass(frozen=True, slots=True)
class FrameCount:
    """How many frames a unit has read at a moment."""

    boottime_s: float
    frames: int
    processor_s: float


@dataclass(frozen=True, slots=True)
class ReadingTime:
    """Some time in which a unit read."""

    frames_per_s: float
    processor_ms_a_frame: float
    alerts: Sequence[SoundedAlert]


@dataclass(frozen=True, slots=True)
class PageTime:
    """Some time in which a page was open beside it."""

    reading: ReadingTime
    painted_ms: Sequence[float]
    """From each tone to its painted card; of a card that never was, until it was waited for no longer."""
    pictured_ms: Sequence[float]
    """From each tone until the pictures of its card had come."""
    not_painted: int
    uncertainty_ms: float
    """Of the time between the two clocks."""
    memory_mib: float
    """Resident memory of the console at its peak."""
    pss_mib: float
    """Its proportional set size: what is its own, and its share of what others use as well; the higher of that at a
    sign-in and that at the end."""


@dataclass(frozen=True, slots=True)
class PageLoads:
    """First loads of the page, each in turns with one of a bare page."""

    page_ms: Sequence[float]
    bare_ms: Sequence[float]
    cpu_ms: Sequence[float]
    """Processor time of the console for each load of the page, with its scripts, pictures and stream."""


class PageRounds:
    """The unit, and the officer's session at its page.

    Args:
        unit: the unit, whose capture daemon runs.
        run: that daemon.
        watch_s: how long each time lasts.
    """

    def __init__(self, unit: PageUnit, run: Process, watch_s: float) -> None:
        self._unit = unit
        self._run = run
        self._watch_s = watch_s
        self._tokens: list[str] = []
        self._sign_in_mib = 0.0

    def read_without(self) -> ReadingTime:
        """Let the unit read with nothing beside it."""
        time.sleep(SETTLE_S)
        return self._read()

    def read_with(self) -> PageTime:
        """Let the unit read with the page open in a browser and further pages that listen."""
        return self._with_page(self._read)

    def repeat_with(self) -> PageTime:
        """Have hits written again in the same way once the unit's recognition has ended."""
        return self._with_page(lambda: ReadingTime(0.0, 0.0, repeat_hits(self._unit, self._watch_s)))

    def _with_page(self, read: Callable[[], ReadingTime]) -> PageTime:
        with ExitStack() as stack:
            console = stack.enter_context(self._unit.serving())
            tokens = self._sessions(console)
            browser = stack.enter_context(chromium(self._unit))
            page = stack.enter_context(open_page(browser, self._unit, tokens[0]))
            listeners = [token for token, count in zip(tokens, STREAMS, strict=True) for _ in range(count)]
            stack.enter_context(listening(self._unit.origin, self._unit.trust, listeners))
            time.sleep(SETTLE_S)
            reading = read()
            return self._page_time(page, console, reading)

    def load(self) -> PageLoads:
        """Load the page and a bare one for the first time, in turns, while the unit reads."""
        with self._unit.serving() as console, chromium(self._unit) as browser, bare_page() as bare:
            token = self._sessions(console)[0]
            first_paint_ms(browser, self._unit, token)  # what the process does once only
            page_ms, bare_ms, cpu_ms = list[float](), list[float](), list[float]()
            for _ in range(LOADS):
                bare_ms.append(bare_paint_ms(browser, bare))
                before_s = console.processor_s()
                page_ms.append(first_paint_ms(browser, self._unit, token))
                time.sleep(LOAD_SETTLE_S)
                cpu_ms.append(1000 * (console.processor_s() - before_s))
            return PageLoads(page_ms, bare_ms, cpu_ms)

    def _sessions(self, console: Process) -> list[str]:
        """The officers' sessions; begun once, as each code is good for one sign-in."""
        if not self._tokens:
            with share_watched(console) as peak:
                self._tokens = [self._unit.sign_in(badge) for badge in BADGES]
            self._sign_in_mib = peak.mib
        return self._tokens

    def _read(self) -> ReadingTime:
        before = self._frames_after(boottime_ns())
        time.sleep(self._watch_s)
        after = self._frames_after(boottime_ns())
        frames, spent_s = after.frames - before.frames, after.processor_s - before.processor_s
        alerts = sounded_alerts(self._unit.settings, round(before.boottime_s * 1e9), round(after.boottime_s * 1e9))
        rate = frames / (after.boottime_s - before.boottime_s)
        _say(f"{rate:.2f} frames/s, {len(alerts)} tones")
        return ReadingTime(rate, 1000 * spent_s / max(1, frames), alerts)

    def _page_time(self, page: WatchedPage, console: Process, reading: ReadingTime) -> PageTime:
        """When the tones' cards were painted; those that never were count as late as they were waited for."""
        wanted, deadline_s = {each.hit_id for each in reading.alerts}, time.monotonic() + PAINT_S_MAX
        while not wanted <= page.painted_ns().keys() and time.monotonic() < deadline_s:
            time.sleep(0.5)
        if not page.is_live():
            raise StoreError("the page says that it is not live")
        painted_ns, pictured_ns, now_ns = page.painted_ns(), page.pictured_ns(), boottime_ns()
        return PageTime(
            reading,
            [(painted_ns.get(each.hit_id, now_ns) - each.sounded_ns) / NS_PER_MS for each in reading.alerts],
            [(pictured_ns.get(each.hit_id, now_ns) - each.sounded_ns) / NS_PER_MS for each in reading.alerts],
            len(wanted - painted_ns.keys()),
            page.clock().uncertainty_ms,
            console.memory_mib(),
            max(self._sign_in_mib, console.memory_share_mib()),
        )

    def _frames_after(self, moment_ns: int) -> FrameCount:
        """What the unit's health file tells once it was written after a moment."""
        found: list[FrameCount] = []

        def look() -> bool:
            count = frame_count(self._unit.runtime, self._run)
            if count is not None and count.boottime_s * 1e9 >= moment_ns:
                found.append(count)
            return bool(found)

        wait_for(look, "alpr-edge run wrote no health", [self._run], START_S_MAX)
        return found[0]


def frame_count(runtime: Path, run: Process) -> FrameCount | None:
    """Frames by the health of a unit; None where it tells of none."""
    health = read_health(runtime, "run")
    if health is None or health.stamp is None or "frames" not in health.figures:
        return None
    return FrameCount(health.stamp.boottime_s, int(health.figures["frames"]), run.processor_s())


def _say(line: str) -> None:
    sys.stderr.write(f"scripts/bench: {line}\n")
