"""The page in Debian's Chromium: when each hit's card was painted, and how long a first load takes.

The browser's clock does not go by the date. It is set against CLOCK_BOOTTIME, by which the unit dates tones, by asking
the page for its time again and again: of the answer that came back soonest, the middle of the time that it took.
"""

import shutil
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from alpr_edge.domain.errors import SettingsError
from alpr_edge.domain.instants import NS_PER_MS
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.web.visitor import COOKIE
from scripts.benchmarks.page.unit import PageUnit

PROGRAM = "chromium"
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WAIT_MS_MAX = 60_000
CLOCK_TRIES = 30
NOTE_PAINTS = """
const seen = new Set();
window.benchPainted = [];
window.benchPictured = [];
new MutationObserver(() => {
  for (const card of document.querySelectorAll("[data-hit]")) {
    const hit = card.dataset.hit;
    if (!seen.has(hit)) {
      seen.add(hit);
      requestAnimationFrame(() => requestAnimationFrame(() => window.benchPainted.push([hit, performance.now()])));
    }
  }
}).observe(document, {childList: true, subtree: true});
document.addEventListener("load", (event) => {
  const card = event.target instanceof Image && event.target.closest("[data-hit]");
  if (card && [...card.querySelectorAll("img")].every((image) => image.complete)) {
    window.benchPictured.push([card.dataset.hit, performance.now()]);
  }
}, true);
"""
"""Notes each card once: the second frame after it stands in the page begins when the first was painted. And when the
last of its pictures came."""
FIRST_PAINT = """new Promise((tell) => new PerformanceObserver((list) => {
  for (const entry of list.getEntriesByName("first-contentful-paint")) {
    tell(entry.startTime);
  }
}).observe({type: "paint", buffered: true}))"""


@dataclass(frozen=True, slots=True)
class PageClock:
    """How the page's clock stands to that of the unit."""

    offset_ns: int
    """What is added to the page's time for CLOCK_BOOTTIME."""
    uncertainty_ms: float

    def boottime_ns(self, page_ms: float) -> int:
        """A time of the page, by the unit's clock."""
        return self.offset_ns + round(page_ms * NS_PER_MS)


class WatchedPage:
    """The page, open at an officer's.

    Args:
        page: in the browser, signed in.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    def clock(self) -> PageClock:
        """Set the page's clock against the unit's."""
        tries = []
        for _ in range(CLOCK_TRIES):
            asked_ns = boottime_ns()
            page_ms = float(self._page.evaluate("performance.now()"))
            took_ns = boottime_ns() - asked_ns
            tries.append((took_ns, asked_ns + took_ns // 2 - round(page_ms * NS_PER_MS)))
        took_ns, offset_ns = min(tries)
        return PageClock(offset_ns, took_ns / 2 / NS_PER_MS)

    def painted_ns(self) -> dict[str, int]:
        """When the card of each hit was painted first, by the unit's clock."""
        return self._times("benchPainted")

    def pictured_ns(self) -> dict[str, int]:
        """When the last picture of each hit's card had come."""
        return self._times("benchPictured")

    def is_live(self) -> bool:
        """Whether the page says that it is live."""
        return self._page.locator("#live").inner_text() == "live"

    def _times(self, name: str) -> dict[str, int]:
        clock, times = self.clock(), dict[str, int]()
        for hit_id, page_ms in self._page.evaluate(f"window.{name}"):
            times.setdefault(hit_id, clock.boottime_ns(page_ms))
        return times


@contextmanager
def chromium(unit: PageUnit) -> Iterator[Browser]:
    """A browser without a window that takes the unit's certificate for good.

    Raises:
        SettingsError: the program is not there.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise SettingsError([f"{PROGRAM}: no such program; scripts/debian-packages.txt lists its package"])
    certificate = x509.load_pem_x509_certificate(unit.certificate.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    known = f"--ignore-certificate-errors-spki-list={b64encode(sha256(key).digest()).decode()}"
    with sync_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS_MAX)
        browser = playwright.chromium.launch(executable_path=program, args=[*OPTIONS, known])
        with closing(browser):
            yield browser


@contextmanager
def open_page(browser: Browser, unit: PageUnit, token: str) -> Iterator[WatchedPage]:
    """The page, live."""
    with closing(_signed_in(browser, unit, token)) as context:
        context.add_init_script(NOTE_PAINTS)
        page = context.new_page()
        page.goto(unit.origin)
        expect(page.locator("#live")).to_have_text("live")
        yield WatchedPage(page)


def first_paint_ms(browser: Browser, unit: PageUnit, token: str) -> float:
    """Milliseconds from the start of a load to its first content, nothing kept of earlier ones; waits until live."""
    with closing(_signed_in(browser, unit, token)) as context:
        page = context.new_page()
        page.goto(unit.origin)
        painted_ms = float(page.evaluate(FIRST_PAINT))
        expect(page.locator("#live")).to_have_text("live")
        return painted_ms


def bare_paint_ms(browser: Browser, address: str) -> float:
    """The same of a page of one line."""
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(address)
        return float(page.evaluate(FIRST_PAINT))


@contextmanager
def bare_page() -> Iterator[str]:
    """A page of one line, over plain HTTP; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _BarePage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


class _BarePage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with one line."""
        content = b"<!doctype html><link rel=icon href=data:,><p>One line"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _signed_in(browser: Browser, unit: PageUnit, token: str) -> BrowserContext:
    context = browser.new_context()
    context.set_default_timeout(WAIT_MS_MAX)
    cookie = {"name": COOKIE, "value": token, "url": unit.origin, "secure": True, "sameSite": "Strict"}
    context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item] # of playwright's dictionary
    return context
