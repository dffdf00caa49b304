"""The strip of links, and a wide table, in Debian's Chromium: nothing is beyond the right edge at any width."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.pki.authority import TlsFiles
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.test_lists_in_browser import look
from tests.department.page.test_maps_in_browser import open_page
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser
WIDTHS = (1024, 1146, 1280, 390)
CUT = "document.querySelector('.strip > span').scrollWidth > document.querySelector('.strip > span').clientWidth"
PAGES = {"supervisor": ("/hits", "/search", "/releases/new"), "alpr-administrator": ("/units", "/unit-settings/new")}


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


def fits(page: Page, width: int) -> None:
    """The whole page is within the window, and nothing of the strip is cut off."""
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
    assert not page.evaluate(CUT), (page.url, width)
    end = page.get_by_role("button", name="Sign out", exact=True).bounding_box()
    assert end is not None
    assert end["x"] + end["width"] <= width


@pytest.mark.parametrize("role", PAGES)
def test_whoever_may_open_many_pages_finds_the_way_out_at_every_width(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path, role: str
) -> None:
    with closing(browser.new_context()) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        page = open_page(context, inquirers, server, role)
        faults, origin = faults_of(page), f"https://{DOMAIN}:{server.port}"
        for path in PAGES[role]:
            page.goto(f"{origin}{path}")
            if path == "/releases/new":
                page.get_by_text("What becomes of a request").first.click()
                expect(page.get_by_role("table")).to_be_visible()
            for width in WIDTHS:
                fits(page, width)
            look(page, tmp_path / path.strip("/").replace("/", "-"))
        assert faults == []
