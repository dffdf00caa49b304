"""The map of units in Debian's Chromium: by day, by night, on a narrow screen, by keyboard and without a script."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.pki.authority import TlsFiles
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.inquirers import Inquirers
from tests.department.inquiries.units.fleet import (
    FAULTY,
    HEARD,
    RETIRED,
    SILENT,
    STATION,
    deliver_fleet,
    heartbeat_at,
    store_heartbeat,
)
from tests.department.page.test_lists_in_browser import look
from tests.department.page.test_maps_in_browser import await_map, open_page
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser(
    inquirers: Inquirers, tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], str]
) -> Iterator[Browser]:
    deliver_fleet(inquirers.directory, tmp_path_factory.mktemp("fleet"))
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


def open_map(page: Page) -> None:
    page.goto(f"{page.url.rstrip('/').removesuffix('/units')}/units/map")
    expect(page.get_by_role("heading", name="Map of units")).to_be_visible()


def test_each_unit_stands_on_the_map_in_the_colour_of_its_state(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    with closing(browser.new_context(viewport=WIDE)) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        page = open_page(context, inquirers, server, "technician")
        faults = faults_of(page)
        open_map(page)
        await_map(page)
        for mark, unit_id in (("heard", HEARD), ("faults", FAULTY), ("silent", SILENT), ("ended", RETIRED)):
            expect(page.locator(f"path.place.{mark}")).not_to_have_count(0)
            expect(page.locator(".leaflet-tooltip", has_text=unit_id)).to_be_visible()
        look(page, tmp_path / "1-wide")
        page.get_by_role("link", name=FAULTY, exact=True).focus()
        expect(page.locator("path.place.meant")).to_have_class(re.compile("place faults .*meant"))
        page.screenshot(path=tmp_path / "2-meant.png", full_page=True)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Units", exact=True)).to_be_visible()
        assert page.url.endswith(f"/units#unit-{FAULTY}")
        expect(page.locator("tr:target")).to_contain_text("camera left")
        look(page, tmp_path / "3-board")
        page.go_back()
        await_map(page)
        page.locator("path.place.ended").click(force=True)
        expect(page.locator("tr:target")).to_contain_text("retired")
        assert faults == []


def test_units_at_one_place_are_offered_one_by_one(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    store_heartbeat(inquirers.directory, FAULTY, heartbeat_at(STATION))
    with closing(browser.new_context(viewport=WIDE)) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        page = open_page(context, inquirers, server, "technician")
        open_map(page)
        await_map(page)
        page.locator(".leaflet-tooltip", has_text="2 units here").wait_for()
        page.locator("path.place.heard").click(force=True)
        page.locator(".leaflet-popup").get_by_role("link", name=HEARD).click()
        expect(page.locator("tr:target")).to_contain_text(HEARD)


def test_a_narrow_screen_holds_map_and_list_and_without_a_script_the_list_says_it(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    with closing(browser.new_context(viewport=NARROW)) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        page = open_page(context, inquirers, server, "technician")
        open_map(page)
        await_map(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        look(page, tmp_path / "4-narrow")
    with closing(browser.new_context(viewport=WIDE, java_script_enabled=False)) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        page = open_page(context, inquirers, server, "technician")
        open_map(page)
        expect(page.locator(".ground-map")).to_be_hidden()
        expect(page.locator("svg.map")).to_be_visible()
        for unit_id in (HEARD, FAULTY, SILENT, RETIRED):
            expect(page.get_by_role("link", name=unit_id, exact=True)).to_be_visible()
        page.screenshot(path=tmp_path / "5-no-script.png", full_page=True)
