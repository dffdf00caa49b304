"""An administrator's way from the lists to a feed that is published, in Debian's Chromium, by day and by night."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.list_requests import ListRequest
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.department_settings.exchange import SettingsStatement
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers, begin_session
from tests.department.page.page_office import HOST
from tests.department.page.test_hits_in_browser import RULES
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FEED = "Plate Number,Description,State/Province\n" + "".join(
    f"7AMB{number:03},AMBER Alert,CA\n" for number in range(60)
)
TOO_LONG = "7BADPLATE0123456789,AMBER Alert,CA\n"


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    enrol_unit(inquirers.directory, "car-8", inquirers.directory.parent / "tls-8")
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


def open_lists(browser: Browser, inquirers: Inquirers, address: str) -> BrowserContext:
    """A window of an administrator who is signed in, at the lists."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS_MAX)
    with open_office(inquirers.directory) as office:
        token = begin_session(office, inquirers.ids["alpr-administrator"], COMPONENT, HOST)
    context.add_cookies([{"name": COOKIE, "value": token, "url": address, "secure": True, "httpOnly": True}])
    context.new_page().goto(f"{address}/lists")
    return context


def look(page: Page, path: Path) -> None:
    """Check a page by the rules of WCAG by day and by night, and keep its pictures."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page, options=RULES)
        page.screenshot(path=path.with_name(f"{path.name}-{theme}.png"), full_page=True)
        assert found.violations_count == 0, found.generate_report()


def test_an_administrator_publishes_a_feed_and_sees_which_unit_has_it(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    feed, address = tmp_path / "amber.csv", f"https://{DOMAIN}:{server.port}"
    feed.write_text(FEED + TOO_LONG, encoding="utf-8")
    with closing(open_lists(browser, inquirers, address)) as context:
        page = context.pages[0]
        faults = faults_of(page)
        look(page, tmp_path / "1-lists")
        page.get_by_role("link", name="amber").click()
        page.get_by_role("link", name="Upload a feed").click()
        look(page, tmp_path / "2-upload")
        page.get_by_label("The feed: text, gzip or zip").set_input_files(feed)
        page.get_by_label("It may be much larger").check()
        page.get_by_role("button", name="Check it").click()
        expect(page.get_by_role("heading", name="Publish this feed of amber?")).to_be_visible()
        expect(page.get_by_role("row", name="Lines rejected 1 line 62")).to_be_visible()
        look(page, tmp_path / "3-check")
        page.get_by_role("button", name="Publish it").click()
        expect(page.get_by_text("60 entries:")).to_be_visible()
        name_serial(inquirers.directory)
        page.reload()
        expect(page.get_by_role("row", name="car-8 has it")).to_be_visible()
        look(page, tmp_path / "4-list")
        page.get_by_role("link", name="For which units").click()
        look(page, tmp_path / "5-audience")
        page.get_by_role("link", name="Roster").click()
        expect(page.get_by_role("row", name="car-8 never said what it has")).to_be_visible()
        look(page, tmp_path / "6-roster")
        assert faults == []


def test_an_administrator_publishes_settings_once_what_changes_was_shown(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    address = f"https://{DOMAIN}:{server.port}"
    with closing(open_lists(browser, inquirers, address)) as context:
        page = context.pages[0]
        faults = faults_of(page)
        page.get_by_role("link", name="Units").click()
        page.get_by_role("link", name="Settings of units").click()
        look(page, tmp_path / "1-none")
        page.get_by_role("link", name="Publish settings").click()
        page.get_by_label("Settings").fill("[decision]\ntimeout_ms = 800\n")
        page.get_by_label("Why").fill("slower cameras")
        look(page, tmp_path / "2-form")
        page.get_by_role("button", name="See what changes").click()
        expect(page.get_by_role("row", name="decision.timeout_ms each car's own 800")).to_be_visible()
        look(page, tmp_path / "3-changes")
        page.get_by_role("button", name="Publish them").click()
        expect(page.get_by_role("link", name="1", exact=True)).to_be_visible()
        with closing(Storage(inquirers.directory, create=False)) as storage:
            storage.held_settings.note("car-8", SettingsStatement(1, 0))
        page.reload()
        expect(page.get_by_role("row", name="car-8 in force from the next start 1 1 since")).to_be_visible()
        look(page, tmp_path / "4-published")
        page.get_by_role("link", name="1", exact=True).click()
        look(page, tmp_path / "5-one")
        page.get_by_label("Type 1 to confirm it").fill("1")
        page.get_by_role("button", name="Withdraw it").click()
        expect(page.get_by_role("row", name="2 withdraws 1")).to_be_visible()
        assert faults == []


def name_serial(directory: Path) -> None:
    """Note that a unit asks beyond the newest of the list, as it does once it has it."""
    with closing(Storage(directory, create=False)) as storage:
        serial = storage.lists.steps_of("amber")[-1].serial
        storage.list_requests.note(ListRequest("car-8", "amber", serial))
        storage.held_versions.note_list("car-8", "amber", serial)
