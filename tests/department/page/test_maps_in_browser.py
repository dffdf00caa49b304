"""Maps in Debian's Chromium: an area that is drawn finds its reads, and nothing is asked of another computer."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.domain.ground.areas import GroundPolygon
from alpr_edge.domain.protocol.canvass import canvass_item_id, canvass_payload
from alpr_edge.domain.protocol.items import ItemKind, digest, encode
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.inquirers import Inquirers, begin_session
from tests.department.page.page_office import HOST, TRAFFIC
from tests.department.people.office import DOMAIN
from tests.department.search.traffic import BEGIN, DAYS, UNITS, matching_ids
from tests.domain.canvass.builders import canvass

pytestmark = pytest.mark.browser
Theme = Literal["light", "dark"]
WATER = {"light": [128, 222, 234], "dark": [49, 53, 63]}
"""What the streets' file has everywhere, in the colours of protomaps-leaflet 5.1.0."""
PIXEL = "tile => [...tile.getContext('2d').getImageData(100, 100, 1, 1).data].slice(0, 3)"


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Theme:
    chosen: Theme = request.param
    return chosen


@pytest.fixture
def context(browser: Browser, theme: Theme) -> Iterator[BrowserContext]:
    view: ViewportSize = {"width": 1280, "height": 900}
    with closing(browser.new_context(color_scheme=theme, viewport=view)) as some:
        some.set_default_timeout(WAIT_MS_MAX)
        yield some


def open_page(context: BrowserContext, inquirers: Inquirers, server: DepartmentPageServer, role: str) -> Page:
    """A page at which somebody of a role is signed in."""
    with open_office(inquirers.directory) as office:
        token = begin_session(office, inquirers.ids[role], COMPONENT, HOST)
    origin = f"https://{DOMAIN}:{server.port}"
    context.add_cookies([{"name": COOKIE, "value": token, "url": origin, "secure": True, "sameSite": "Strict"}])
    page = context.new_page()
    page.goto(origin)
    return page


def meets_wcag(page: Page) -> None:
    found = Axe().run(page, options={"rules": {"meta-refresh": {"enabled": False}}})  # leads away from an idle session
    assert found.violations_count == 0, found.generate_report()


def await_map(page: Page) -> None:
    expect(page.locator(".ground-map")).to_have_attribute("data-state", "drawn")


def deliver_canvass(inquirers: Inquirers) -> None:
    """Store a canvass of a case as its car sends it."""
    payload = canvass_payload(canvass(), "unit-1")
    body = encode(payload)
    part = Part(canvass_item_id(payload.canvass_id), ItemKind.ACCESS.value, body, digest(body))
    with closing(Storage(inquirers.directory, create=False)) as storage:
        assert [each.status for each in storage.store("unit-1", [part])] == [200]


def choose_time(page: Page) -> SearchPeriod:
    """Any time at which the cars read something."""
    page.get_by_label("Time").select_option("between")
    page.get_by_role("textbox", name="From").fill("2026-05-03T00:00")
    page.get_by_role("textbox", name="To").fill("2026-05-09T00:00")
    return SearchPeriod(BEGIN, BEGIN.replace(day=BEGIN.day + DAYS + 1))


def choose_canvass(page: Page) -> None:
    page.get_by_label("canvass around a crime scene", exact=False).check()
    page.get_by_role("combobox", name="Offense").select_option("homicide")
    page.get_by_role("textbox", name="Case number").fill(canvass().incident)


def draw_rectangle(page: Page) -> str:
    """Draw an area by two touches of the map; what stands in the form then."""
    page.get_by_label("Around latitude").fill("37.639,-120.997")
    page.get_by_label("Within").select_option("1000")
    page.locator(".ground").evaluate("box => box.scrollIntoView({block: 'center'})")
    for _ in range(3):
        page.get_by_role("button", name="Nearer").click()
        page.wait_for_timeout(400)
    page.get_by_role("button", name="Rectangle").click()
    for share in (0.4, 0.6):
        box = page.locator(".ground").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + share * box["width"], box["y"] + share * box["height"])
    expect(page.get_by_role("status")).to_have_text("The area has 4 corners.")
    assert page.get_by_label("Around latitude").input_value() == ""
    return page.get_by_label("Or the corners of an area").input_value()


def test_an_area_is_drawn_and_its_reads_are_found(
    context: BrowserContext, inquirers: Inquirers, server: DepartmentPageServer, theme: Theme, tmp_path: Path
) -> None:
    deliver_canvass(inquirers)
    page = open_page(context, inquirers, server, "supervisor")
    faults, hosts = faults_of(page), set[str]()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.reload()
    await_map(page)
    choose_canvass(page)
    period = choose_time(page)
    expect(page.get_by_role("region", name="Map on which an area is drawn")).to_be_visible()
    tile = page.locator("canvas.leaflet-tile-loaded").first
    expect(tile).to_be_attached()
    assert tile.evaluate(PIXEL) == WATER[theme]
    corners = draw_rectangle(page)
    page.screenshot(path=tmp_path / f"{theme}-1-area.png", full_page=True)
    page.get_by_role("button", name="Search", exact=True).click()
    await_map(page)
    expected = matching_ids(TRAFFIC, DepartmentSearch(period=period, area=GroundPolygon.parse(corners)), by_plate=False)
    assert 3 <= len(expected) <= 50
    expect(page.locator("table.results tbody tr")).to_have_count(len(expected))
    expect(page.locator("path.area")).to_have_count(2)
    expect(page.locator("path.area.canvass")).to_have_count(1)
    expect(page.get_by_text("Canvass of unit-1, begun")).to_be_visible()
    assert 1 <= page.locator("path.place").count() <= len(expected)
    page.screenshot(path=tmp_path / f"{theme}-2-results.png", full_page=True)
    page.locator("path.place").first.click(force=True)
    expect(page.get_by_role("heading", name="Read", exact=True)).to_be_visible()
    await_map(page)
    expect(page.locator("path.place")).to_have_count(1)
    page.screenshot(path=tmp_path / f"{theme}-3-read.png", full_page=True)
    assert faults == []
    assert hosts == {f"{DOMAIN}:{server.port}"}


def test_corners_are_set_by_keyboard_and_cleared(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    page = open_page(browser.new_context(), inquirers, server, "commander")
    await_map(page)
    page.get_by_role("button", name="Corners").press("Enter")
    ground = page.get_by_role("region", name="Map on which an area is drawn")
    ground.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        ground.press("Enter")
        ground.press(key)
        page.wait_for_timeout(400)
    page.get_by_role("button", name="Corners").press("Enter")
    field = page.get_by_label("Or the corners of an area")
    assert len(GroundPolygon.parse(field.input_value()).corners) == 3
    expect(page.get_by_role("heading", name="Search the reads of all units")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(field).to_have_value("")
    expect(page.locator("path.area")).to_have_count(0)
    page.context.close()


def test_pages_with_maps_meet_wcag(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, theme: Theme, tmp_path: Path
) -> None:
    with closing(Storage(inquirers.directory, create=False)) as storage:
        for unit_id in UNITS:
            storage.units.invite(unit_id, timedelta(hours=1))
    with closing(browser.new_context(color_scheme=theme, bypass_csp=True)) as context:
        page = open_page(context, inquirers, server, "alpr-administrator")
        expect(page.get_by_role("heading", name="Units")).to_be_visible()
        page.get_by_role("link", name="Map of units").click()
        expect(page.get_by_role("heading", name="Map of units")).to_be_visible()
        await_map(page)
        expect(page.locator("svg.map")).to_have_count(0)
        page.screenshot(path=tmp_path / f"{theme}-4-units.png", full_page=True)
        meets_wcag(page)
        page = open_page(context, inquirers, server, "officer")
        await_map(page)
        meets_wcag(page)
        for _ in range(3):
            page.get_by_role("button", name="Farther").click()
            page.wait_for_timeout(400)
        borders = page.locator("path.outline.county")
        assert borders.evaluate("path => path.getBBox().width") > 300
        page.screenshot(path=tmp_path / f"{theme}-5-borders.png", full_page=True)
        page.get_by_label("Stolen vehicle", exact=False).first.check()
        choose_time(page)
        page.get_by_label("Around latitude").fill("37.639,-120.997")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_role("heading", name=re.compile("^Reads"))).to_be_visible()
        await_map(page)
        meets_wcag(page)
