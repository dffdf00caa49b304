"""A page that is left open: half an hour of hits, the server restarted and hung meanwhile, and memory that stays flat.

``ALPR_EDGE_SOAK_MINUTES`` makes it shorter, with as many hits a minute.
"""

import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import CDPSession, Page, expect

from alpr_edge.domain.people.person import Role
from alpr_edge.web.visitor import COOKIE
from scripts.benchmarks.page.streams import EventListener, listening
from scripts.benchmarks.path.processes import START_S_MAX, Process, wait_for
from tests.chromium import WAIT_MS_MAX, chromium
from tests.console.page_rig import HOST, PageRig
from tests.staff import staff_person

MINUTES = float(os.environ.get("ALPR_EDGE_SOAK_MINUTES", "30"))
HITS_A_MINUTE = 5000 / 30
STREAMS = 5
SAMPLES = 60
DISTURBED_AT = 1 / 6
"""The part of the time after which the server hangs, and is restarted then: what follows is of one process."""
JUDGED_FROM = 1 / 3
GROWTH_MAX = 0.05
"""Of a figure of memory, from the first to the last third of the time that is judged."""
NOT_LIVE_MS_MAX = 3000
WATCH_LIVE = """new MutationObserver(() => {
  if (document.getElementById("live").textContent === "NOT LIVE") {
    window.notLiveAt = performance.now();
  }
}).observe(document.getElementById("live"), {childList: true, characterData: true, subtree: true})"""
"""Has the page note when it says that it is not live."""
SERVING = "event=console.serving"
OFFICER = staff_person("ana", Role.OFFICER)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class MemorySample:
    """What server and browser hold at a moment."""

    minute: float
    server_mib: float
    heap_mib: float
    """Of the page's script, with what is no longer used collected."""
    nodes: float
    documents: float
    renderer_mib: float


class OpenPage:
    """The page in the browser, and what it holds.

    Args:
        page: the page.
        server: the process that serves it.
    """

    def __init__(self, page: Page, server: Callable[[], Process]) -> None:
        self.page = page
        self._server = server
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")
        browser = page.context.browser
        assert browser is not None
        self._browser_session = browser.new_browser_cdp_session()
        self.samples: list[MemorySample] = []

    def sample(self, minute: float) -> None:
        """Note what server and browser hold now."""
        self._session.send("HeapProfiler.collectGarbage")
        metrics = {each["name"]: each["value"] for each in self._session.send("Performance.getMetrics")["metrics"]}
        found = MemorySample(
            minute,
            self._server().memory_mib("VmRSS"),
            metrics["JSHeapUsedSize"] / 2**20,
            metrics["Nodes"],
            metrics["Documents"],
            self._renderer_mib(),
        )
        self.samples.append(found)
        sys.stderr.write(f"{found}\n")

    def _renderer_mib(self) -> float:
        """Resident memory of the largest process of the browser that renders."""
        processes = self._browser_session.send("SystemInfo.getProcessInfo")["processInfo"]
        return max(resident_mib(each["id"]) for each in processes if each["type"] == "renderer")


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


class SoakRun:
    """The unit, its page and what happens there.

    Args:
        rig: the unit.
        stack: ends what was started.
    """

    def __init__(self, rig: PageRig, stack: ExitStack) -> None:
        self.rig = rig
        self.server = self._start()
        stack.callback(self.end)
        self.hits = 0

    def end(self) -> None:
        """End the server."""
        self.server.stop()

    def restart(self) -> None:
        """Start the server again, which was ended."""
        self.server = self._start()

    def add_hit(self) -> str:
        """Store another hit; returns its id."""
        self.hits += 1
        return self.rig.add_hit(self.hits).hit_id

    def _start(self) -> Process:
        server = Process(["console", "--settings", str(self.rig.settings_file)], watched=(SERVING,))
        wait_for(lambda: server.count(SERVING) > 0, "alpr-edge console does not serve", [server], START_S_MAX)
        return server


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PageRig]:
    rig = PageRig(tmp_path, (OFFICER,))
    with socket.create_server((HOST, 0)) as free:
        rig.port = free.getsockname()[1]
    with rig.settings_file.open("a", encoding="utf-8") as settings:
        settings.write(f'[console]\nport = {rig.port}\ncertificate_file = "{rig.certificate}"\n')
    with rig.storing():
        yield rig


@contextmanager
def open_page(rig: PageRig, program: str, run: SoakRun) -> Iterator[OpenPage]:
    with chromium(program, rig.certificate, "car.test") as browser:
        context = browser.new_context()
        context.set_default_timeout(WAIT_MS_MAX)
        cookie = {"name": COOKIE, "value": rig.token("ana"), "url": rig.origin, "secure": True, "sameSite": "Strict"}
        context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item] # of playwright's dictionary
        page = context.new_page()
        page.goto(rig.origin)
        expect(page.locator("#live")).to_have_text("live")
        page.evaluate("window.isStillThisPage = true")
        yield OpenPage(page, lambda: run.server)


def test_a_page_left_open_stays_live_and_takes_no_more_memory(rig: PageRig, require_tool: Callable[[str], str]) -> None:
    trust = ssl.create_default_context(cafile=str(rig.certificate))
    with ExitStack() as stack:
        run = SoakRun(rig, stack)
        shown = stack.enter_context(open_page(rig, require_tool("chromium"), run))
        tokens = [rig.token("ana") for _ in range(STREAMS)]
        listeners = stack.enter_context(listening(rig.origin, trust, tokens))
        soak(run, shown, listeners)
    report(shown.samples, run, listeners)
    for name in ("server_mib", "heap_mib", "nodes", "documents"):
        assert growth(shown.samples, name) <= GROWTH_MAX, name


def soak(run: SoakRun, shown: OpenPage, listeners: list[EventListener]) -> None:
    """Let hits come for all the time, and disturb the page once."""
    began_s, is_disturbed = time.monotonic(), False
    while (minute := (time.monotonic() - began_s) / 60) < MINUTES:
        if not is_disturbed and minute >= MINUTES * DISTURBED_AT:
            shown.sample(minute)
            hang_and_restart(run, shown.page)
            is_disturbed = True
        if minute >= len(shown.samples) * MINUTES / SAMPLES:
            shown.sample(minute)
        if run.hits < minute * HITS_A_MINUTE:
            run.add_hit()
        else:
            shown.page.wait_for_timeout(50)  # lets playwright take in what the browser tells
    shown.sample(MINUTES)
    expect(shown.page.locator("#live")).to_have_text("live")
    newest = run.add_hit()
    expect(shown.page.locator(f'[data-hit="{newest}"]')).to_be_visible()
    assert shown.page.evaluate("window.isStillThisPage") is True, "it was never loaded again"
    for listener in listeners:
        heard = listener.beats_heard
        wait_for(lambda: listener.beats_heard > heard, "a stream hears nothing", [run.server], START_S_MAX)  # noqa: B023 - called at once


def hang_and_restart(run: SoakRun, page: Page) -> None:
    """The page says within three seconds that it is not live, and comes back by itself."""
    page.evaluate(WATCH_LIVE)
    for disturb, mend in (
        (partial(run.server.send, signal.SIGSTOP), partial(run.server.send, signal.SIGCONT)),
        (run.end, run.restart),
    ):
        began_ms = page.evaluate("performance.now()")
        disturb()
        try:
            expect(page.locator("#live")).to_have_text("NOT LIVE")
        finally:
            mend()
        said_ms = page.evaluate("window.notLiveAt") - began_ms
        sys.stderr.write(f"it said NOT LIVE after {said_ms:.0f} ms\n")
        assert said_ms <= NOT_LIVE_MS_MAX
        expect(page.locator("#live")).to_have_text("live")


def growth(samples: list[MemorySample], name: str) -> float:
    """What a figure grows by over the time that is judged, in parts of what it was: its median in the last third of it.

    Medians, as now and then a document is counted that the browser is about to forget.
    """
    judged = [getattr(sample, name) for sample in samples if sample.minute >= MINUTES * JUDGED_FROM]
    third = len(judged) // 3
    return float(np.median(judged[-third:]) / np.median(judged[:third])) - 1


def report(samples: list[MemorySample], run: SoakRun, listeners: list[EventListener]) -> None:
    """Print the figures; pytest shows them with ``-s``."""
    sys.stderr.write(f"{run.hits} hits; streams were told {[each.hits_heard for each in listeners]} times\n")
    for part in (1 / 6, 1 / 2, 1):
        sys.stderr.write(f"{min(samples, key=lambda each: abs(each.minute - part * MINUTES))}\n")
    for name in ("server_mib", "heap_mib", "nodes", "documents", "renderer_mib"):
        sys.stderr.write(f"{name} grew by {growth(samples, name):.4f} over the last two thirds\n")
