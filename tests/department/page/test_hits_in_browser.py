"""The board of hits in Debian's Chromium: what two people are told as it comes, by day and by night."""

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
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.web.visitor import COOKIE
from tests.chromium import HIDE, WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.hits.board_office import HIDDEN, HITS, STOLEN, WANTED, deliver, said_of
from tests.department.inquiries.inquirers import Inquirers, begin_session, changed_person
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.page_office import HOST, client_of
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser
THEMES: dict[str, Literal["light", "dark"]] = {"officer": "light", "supervisor": "dark"}


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


def open_board(browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, role: str) -> BrowserContext:
    """A window of somebody who is signed in, at the board."""
    address = f"https://{DOMAIN}:{server.port}"
    context = browser.new_context(color_scheme=THEMES[role], viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS_MAX)
    with open_office(inquirers.directory) as office:
        token = begin_session(office, inquirers.ids[role], COMPONENT, HOST)
    context.add_cookies([{"name": COOKIE, "value": token, "url": address, "secure": True, "httpOnly": True}])
    context.new_page().goto(f"{address}/hits")
    return context


def test_a_hit_that_is_open_in_two_tabs_keeps_its_pictures_in_both(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with closing(open_board(browser, inquirers, server, "officer")) as context:
        pages = [context.pages[0], context.new_page()]
        faults = [faults_of(page) for page in pages]
        for page in pages:
            page.goto(f"https://{DOMAIN}:{server.port}/hits/{UNIT}/hit-of-{HITS[STOLEN]}")
            expect(page.locator("#live")).to_have_text("live")
            assert widths_of(page) == [160, 160]
        for number, answer in enumerate(("recovered", "citation"), start=20):
            deliver(inquirers.directory, said_of(STOLEN, number, DispositionPart.OUTCOME, answer))
            for page in pages:
                expect(page.get_by_text(f"{answer}, Ana Ruiz")).to_be_visible()
                assert widths_of(page) == [160, 160]
        assert faults == [[], []]


def widths_of(page: Page) -> list[int]:
    """How wide the pictures of a page are; 0: one could not be loaded."""
    widths: list[int] = page.locator(".pictures img").evaluate_all(
        "images => Promise.all(images.map(it => it.decode().then(() => it.naturalWidth, () => 0)))"
    )
    return widths


RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    # That page's time is a session's: whoever walks away leaves no plates behind (WCAG 2.2.1, essential).
    "rules": {"meta-refresh": {"enabled": False}},
}


def check_rules(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_two_people_are_told_what_they_may_know_as_it_comes(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    with open_office(inquirers.directory) as office:
        person_id = inquirers.ids["supervisor"]
        with (
            changed_person(office, person_id, has_covert_clearance=True, sources=["department", "state", "federal"]),
            closing(open_board(browser, inquirers, server, "officer")) as first,
            closing(open_board(browser, inquirers, server, "supervisor")) as second,
        ):
            pages = {role: context.pages[0] for role, context in zip(THEMES, (first, second), strict=True)}
            faults = [faults_of(page) for page in pages.values()]
            for role, page in pages.items():
                expect(page.get_by_role("link", name=STOLEN)).to_be_visible()
                expect(page.locator("#live")).to_have_text("live")
                expect(page.get_by_role("link", name=HIDDEN)).to_have_count(int(role == "supervisor"))
            deliver(inquirers.directory, said_of(WANTED, 1, DispositionPart.OUTCOME, "arrest"))
            for role, page in pages.items():
                expect(page.get_by_text("arrest, Ana Ruiz")).to_be_visible()
                page.screenshot(path=tmp_path / f"board-{THEMES[role]}.png", full_page=True)
                check_rules(page)
                page.get_by_role("link", name=STOLEN).focus()
                page.keyboard.press("Enter")
                picture = page.get_by_role("img", name="The scene")
                expect(picture).to_be_visible()
                assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
                check_rules(page)
                page.screenshot(path=tmp_path / f"hit-{THEMES[role]}.png", full_page=True)
                page.get_by_role("button", name="Lock").click()
                expect(page.get_by_role("heading", name="Locked")).to_be_visible()
            assert faults == [[], []]


def test_a_board_that_was_hidden_while_its_session_was_locked_leaves_when_it_is_seen(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with closing(open_board(browser, inquirers, server, "officer")) as context:
        page, other = context.pages[0], context.new_page()
        other.goto(page.url)
        for each in (page, other):
            expect(each.locator("#live")).to_have_text("live")
            each.evaluate(f"({HIDE})(true)")
        expect(page.locator("#live")).to_have_text("NOT LIVE")  # of hidden ones the last alone listens
        other.close()
        with client_of(inquirers, server) as client:
            client.headers["Cookie"] = f"{COOKIE}={context.cookies()[0]['value']}"
            client.post("/lock")
        expect(page.get_by_role("link", name=STOLEN)).to_be_visible()
        page.evaluate(f"({HIDE})(false)")
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        expect(page.get_by_text(STOLEN)).to_have_count(0)


def test_a_board_that_hears_nothing_for_long_leads_away(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    """It is hidden beside another, whose session is in use."""
    with closing(open_board(browser, inquirers, server, "officer")) as context:
        page, other = context.pages[0], context.new_page()
        other.goto(page.url)
        for each in (page, other):
            expect(each.locator("#live")).to_have_text("live")
            assert each.locator("main").get_attribute("data-leave-s") == "1805"
            each.evaluate(f"({HIDE})(true)")
        for each in (page, other):
            each.evaluate("document.querySelector('main').dataset.leaveS = '4'")
        expect(page.get_by_role("heading", name="Left")).to_be_visible()
        expect(page.get_by_text(STOLEN)).to_have_count(0)
        expect(other.locator("#live")).to_have_text("live")
        expect(other.get_by_role("link", name=STOLEN)).to_be_visible()
        page.get_by_role("link", name="Go on").click()
        expect(page.get_by_role("heading", name="Search the reads of all units")).to_be_visible()
