"""Saved searches, holds and evidence in Debian's Chromium: the way of each, by two people, by day and by night."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.enrolment import enrol_unit
from tests.department.evidence.test_bookings import CASE, PASSPHRASE
from tests.department.inquiries.inquirers import Inquirers, begin_session
from tests.department.page.page_office import HOST, PICTURED
from tests.department.page.test_hits_in_browser import RULES
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser
Theme = Literal["light", "dark"]
THEMES: dict[Theme, str] = {"light": "commander", "dark": "supervisor"}


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


def open_page(browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, theme: Theme) -> BrowserContext:
    """A window of somebody who is signed in, at the search."""
    address = f"https://{DOMAIN}:{server.port}"
    context = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS_MAX)
    with open_office(inquirers.directory) as office:
        token = begin_session(office, inquirers.ids[THEMES[theme]], COMPONENT, HOST)
    context.add_cookies([{"name": COOKIE, "value": token, "url": address, "secure": True, "httpOnly": True}])
    context.new_page().goto(f"{address}/search")
    return context


def look(page: Page, heading: str, picture: Path) -> None:
    """Wait for a page, look at it, and hold it against the rules of accessibility."""
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    page.screenshot(path=picture, full_page=True)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert PICTURED not in page.url


def show_case(page: Page, link: str, button: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=link, exact=True).click()
    page.get_by_label("Stolen vehicle", exact=False).first.check()
    page.get_by_label("Case number").fill(CASE)
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("theme", THEMES)
def test_a_search_is_saved_and_run_and_what_it_finds_is_held(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, theme: Theme, tmp_path: Path
) -> None:
    enrol_unit(inquirers.directory, "car-1", tmp_path / "car-1")
    with closing(open_page(browser, inquirers, server, theme)) as context:
        page = context.pages[0]
        faults = faults_of(page)
        page.get_by_label("Stolen vehicle", exact=False).first.check()
        page.get_by_label("Plates (? one, * any number)").fill(PICTURED)
        page.get_by_role("button", name="Search", exact=True).click()
        look(page, "Reads", tmp_path / f"{theme}-results.png")
        page.get_by_role("link", name="Save", exact=True).click()
        page.get_by_label("Name, without a plate").fill("the one of May")
        look(page, "Save this search", tmp_path / f"{theme}-save.png")
        page.get_by_role("button", name="Save").click()
        look(page, "Your saved searches", tmp_path / f"{theme}-saved.png")
        page.get_by_role("link", name="the one of May").click()
        look(page, "the one of May", tmp_path / f"{theme}-one.png")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("link", name=PICTURED)).to_be_visible()
        page.get_by_role("link", name="Hold", exact=True).click()
        page.get_by_label("Case number").fill(CASE)
        page.get_by_label("Why it is held").fill("subpoena 12")
        page.get_by_label("Hold until").fill("2099-01-01")
        look(page, "Hold this read", tmp_path / f"{theme}-hold-form.png")
        page.get_by_role("button", name="Hold", exact=True).click()
        look(page, f"Held for case {CASE}: 1", tmp_path / f"{theme}-holds.png")
        page.get_by_role("link", name="Extend or release").click()
        look(page, f"Hold for case {CASE}", tmp_path / f"{theme}-hold.png")
        page.get_by_label("Why its reads").fill("case closed")
        page.get_by_role("button", name="Release it").click()
        expect(page.get_by_text("Nothing is held for this case.")).to_be_visible()
        page.get_by_role("navigation").get_by_role("link", name="Saved").click()
        page.get_by_role("link", name="the one of May").click()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("You have saved no search.")).to_be_visible()
        assert faults == []


def test_two_people_open_a_passphrase(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    with (
        closing(open_page(browser, inquirers, server, "light")) as first,
        closing(open_page(browser, inquirers, server, "dark")) as second,
    ):
        one, other = first.pages[0], second.pages[0]
        faults = [faults_of(page) for page in (one, other)]
        show_case(one, "Evidence", "Show packages")
        one.get_by_text("Ask for the passphrase").click()
        one.get_by_label("Why it is needed").fill("the note was lost")
        one.get_by_role("button", name="Ask", exact=True).click()
        show_case(other, "Evidence", "Show packages")
        look(other, f"Packages of case {CASE}: 1", tmp_path / "dark-packages.png")
        other.get_by_role("button", name="Approve that Commander sees it").click()
        expect(other.get_by_text("Supervisor approved it")).to_be_visible()
        one.reload()
        look(one, f"Packages of case {CASE}: 1", tmp_path / "light-packages.png")
        one.get_by_role("button", name="Show the passphrase").click()
        look(one, "The passphrase", tmp_path / "light-passphrase.png")
        expect(one.get_by_text(PASSPHRASE)).to_be_visible()
        assert faults == [[], []]
