"""A canvass at the page in Debian's Chromium: started, drawn, watched, looked at and ended, by few touches."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.people.person import Role
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.officers import Hand, open_page
from tests.console.page_rig import PageRig, jpeg
from tests.console.test_lookups import ConfirmedClock
from tests.staff import staff_person
from tests.store.records import CROP, SCENE, decided, plate_read

OFFICER = staff_person("ana", Role.OFFICER, name="Ana Ruiz")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("canvass-browser"), (OFFICER,))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(12):
            add_read(rig, number, 37.64 + number * 0.0002)
        yield rig


def add_read(rig: PageRig, number: int, lat_deg: float, plate: str = "7ABC123") -> None:
    """A read of now at a place of the way northwards."""
    now = rig.staff.clock.now()
    position = Position(lat_deg, -120.99, 40.0, 0.9, "gnss", 12.0, 0.0)
    read = replace(plate_read(f"unit-1:read-{number}", plate), position=position, first_seen=now, last_seen=now)
    rig.store.reads.commit([decided(read, images=((CROP, jpeg(number)), (SCENE, jpeg(255 - number))))])


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with closing(browser.new_context(viewport=ViewportSize(width=1280, height=800))) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        yield context


@pytest.fixture
def page(context: BrowserContext, rig: PageRig) -> Page:
    return open_page(context, rig, "ana")


def test_a_canvass_is_started_watched_and_ended_by_few_touches(page: Page, rig: PageRig) -> None:
    faults, hand = faults_of(page), Hand(page)
    hand.touch(page.get_by_role("link", name="Canvass"))
    hand.type(page.get_by_label("Incident number"), "26-001234")
    page.get_by_label("Offense").select_option("homicide")
    hand.touches += 2  # a list is opened and an item of it touched
    hand.touch(page.get_by_role("button", name="Start the canvass"))
    expect(page.locator("#canvass")).to_contain_text("Canvass 26-001234 running since")
    hand.check("start_a_canvass")
    add_read(rig, 100, 37.6422, "4XYZ999")
    expect(page.locator("#canvass")).to_contain_text(re.compile(r", 1 read, ends \d\d:\d\d"))
    hand = Hand(page)
    hand.touch(page.get_by_role("link", name="Show its reads"))
    expect(page.locator("th .plate", has_text="4XYZ999")).to_be_visible()
    expect(page.locator("svg.canvass-map circle")).to_have_count(1)
    hand.check("look_at_a_canvass")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert "4XYZ999" not in page.title() + page.url
    page.get_by_role("link", name="Canvasses").click()
    hand = Hand(page)
    hand.touch(page.locator("summary", has_text="End it"))
    hand.touch(page.get_by_role("button", name="Yes, end it"))
    expect(page.get_by_text("26-001234: 1 read, ended")).to_be_visible()
    expect(page.locator("#canvass")).to_have_text("")
    hand.check("end_a_canvass")
    assert faults == []


def test_an_area_is_drawn_on_the_map_by_touches(page: Page, rig: PageRig) -> None:
    page.goto(f"{rig.origin}/canvass")
    page.get_by_label("Incident number").fill("26-004321")
    page.get_by_role("button", name="Draw the area").click()
    drawing = page.locator("input[type=image]")
    expect(drawing).to_have_js_property("offsetWidth", 960)
    for x, y in ((300, 150), (700, 150), (700, 500), (300, 500)):
        drawing.click(position={"x": x, "y": y})
    page.get_by_role("button", name="Use this area (4)").click()
    expect(page.get_by_label("Incident number")).to_have_value("26-004321")
    corners = page.locator("textarea[name=corners]").input_value().split()
    assert len(corners) == 4
    (north, west), (south, east) = (tuple(map(float, corners[n].split(","))) for n in (0, 2))
    assert north > south
    assert east > west
    page.get_by_label("Offense").select_option("homicide")
    page.get_by_role("button", name="Start the canvass").click()
    expect(page.get_by_role("article", name="Canvass 26-004321")).to_be_visible()


def test_what_is_wrong_with_the_form_is_said_and_the_rest_is_kept(page: Page, rig: PageRig) -> None:
    page.goto(f"{rig.origin}/canvass")
    page.get_by_label("Incident number").fill("26-005678")
    page.get_by_label("Offense").select_option("homicide")
    page.get_by_label("Plates or parts").fill("7AB*\n7")
    page.get_by_role("button", name="Start the canvass").click()
    expect(page.get_by_role("alert").first).to_contain_text("A plate or a part of one")
    expect(page.get_by_label("Incident number")).to_have_value("26-005678")
    expect(page.get_by_label("Plates or parts")).to_have_value("7AB*\n7")
