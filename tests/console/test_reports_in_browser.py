"""A report at the page in Debian's Chromium: readable for everybody, and printed without what is around it."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.domain.statistics.periods import period_of_month
from alpr_edge.domain.statistics.precision import PrecisionTally
from alpr_edge.services.reports.report_page import report_page
from alpr_edge.services.reports.sheets import precision_sheet
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.page_rig import PageRig
from tests.console.test_lookups import ConfirmedClock
from tests.domain.statistics.simulated_answers import FIRST, ReaderFaults, answers

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("report-browser"))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 5):
            rig.add_hit(number)
        with rig.client("officer") as officer:
            for number in range(1, 5):
                answer = "misread" if number == 1 else "correct"
                officer.post(f"/hits/unit-1:hit-{number}/answers", data={"part": "read", "answer": answer})
        yield rig


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


@pytest.fixture
def context(browser: Browser, rig: PageRig) -> Iterator[BrowserContext]:
    with closing(browser.new_context(viewport=ViewportSize(width=1280, height=800))) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        cookie = {"name": COOKIE, "value": rig.token("auditor"), "url": rig.origin, "secure": True}
        context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Strict"}])  # type: ignore[typeddict-item] # of playwright's dictionary
        yield context


def test_an_auditor_gets_a_report_and_prints_it(context: BrowserContext, rig: PageRig, tmp_path: Path) -> None:
    page: Page = context.new_page()
    faults = faults_of(page)
    page.goto(rig.origin)
    page.get_by_role("link", name="Reports").click()
    page.get_by_label("First day").fill("2026-05-01")
    page.get_by_label("Last day").fill("2026-05-31")
    page.get_by_label("Last day").press("Enter")
    expect(page.get_by_role("heading", name="Precision, 2026-05-01 to 2026-05-31")).to_be_visible()
    expect(page.get_by_role("row", name="front").first).to_contain_text("75.0 %")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Lock")).to_be_hidden()
    expect(page.get_by_role("heading", name="By camera")).to_be_visible()
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert faults == []
    assert "7ABC123" not in page.content()


def test_the_page_of_a_file_opens_off_line_and_shows_its_plots(context: BrowserContext, tmp_path: Path) -> None:
    tally = PrecisionTally()
    for read in answers(random.Random(1), ReaderFaults(), FIRST, 7, 20):
        tally.add(read)
    sheet = precision_sheet(tally.report(), period_of_month("2026-11", UTC), "unit-1")
    file = tmp_path / "report.html"
    file.write_text(report_page(sheet), encoding="utf-8")
    page = context.new_page()
    faults = faults_of(page)
    context.set_offline(True)
    page.goto(file.as_uri())
    plots = page.locator("figure svg")
    expect(plots).to_have_count(7)
    boxes = [plots.nth(place).bounding_box() for place in range(7)]
    assert all(box is not None and box["width"] > 300 and box["height"] > 40 for box in boxes)
    expect(page.get_by_text("left (", exact=False).first).to_be_visible()
    assert faults == []
