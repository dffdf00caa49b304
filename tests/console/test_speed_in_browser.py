"""The page in Chromium while the car starts, drives and stops; day and night from the first paint on."""

from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alpr_edge.domain.alerting import Level
from alpr_edge.domain.motion.vehicle_state import VehicleState
from alpr_edge.domain.people.person import Role
from alpr_edge.position.vehicle_state_file import write_vehicle_state
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.web.visitor import COOKIE
from tests.app.stages.test_store_counts import until
from tests.chromium import chromium, faults_of
from tests.console.car import driving
from tests.console.page_rig import PageRig
from tests.console.test_page_in_browser import open_context
from tests.staff import staff_person

OFFICER = staff_person("ana", Role.OFFICER, name="Ana Ruiz")
CITY_MPS = 11.1
NARROW, TOUCH_PX = (1024, 600), 56
DARK_MAX, LIGHT_MIN = 60, 200
"""Means of a dark and of a light page, of 255."""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("speed"), (OFFICER,), console='theme = "sun"')
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


def page_of_officer(context: BrowserContext, rig: PageRig) -> Page:
    """The page with a session of the officer."""
    cookie = {"name": COOKIE, "value": rig.token("ana"), "url": rig.origin, "secure": True, "sameSite": "Strict"}
    context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item] # of playwright's dictionary
    page = context.new_page()
    page.goto(rig.origin)
    expect(page.locator("#live")).to_have_text("live")
    return page


@pytest.fixture
def page(browser: Browser, rig: PageRig) -> Iterator[Page]:
    with closing(open_context(browser, "light")) as context:
        yield page_of_officer(context, rig)


def test_the_page_changes_as_the_car_starts_and_stops_and_a_passenger_gets_all_of_it(page: Page, rig: PageRig) -> None:
    faults, whole = faults_of(page), page.get_by_role("group", name="CLETS inquiry")
    with driving(rig.staff.unit, 0.0) as car:
        expect(whole).to_be_visible()
        page.get_by_role("group", name="Outcome").locator("summary").click()
        page.get_by_label("Why").last.fill("followed to")
        car.speed_mps = CITY_MPS
        expect(page.locator("article.at-speed")).to_be_visible()
        expect(whole).to_have_count(0)
        page.get_by_role("button", name="I am not driving").click()
        expect(page.get_by_text("Not driving until")).to_be_visible()
        expect(whole).to_be_visible()
        page.get_by_role("button", name="Lock").click()
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        assert faults == []


def test_at_speed_a_graver_hit_comes_up_a_lesser_one_waits_and_two_touches_deal_with_both(
    page: Page, rig: PageRig
) -> None:
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    gravest = rig.add_hit(20, level=Level.URGENT, plate="7A8C123")
    expect(page.locator(f'[data-hit="{gravest.hit_id}"]')).to_be_visible()
    least = rig.add_hit(21, level=Level.NOTICE)
    expect(page.get_by_text("2 more waiting")).to_be_visible()
    expect(page.locator(f'[data-hit="{gravest.hit_id}"]')).to_be_visible()
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert (size[0] <= NARROW[0], size[1] <= NARROW[1]) == (True, True), "nothing to scroll"
    buttons = page.locator("main button")
    heights = [button.evaluate("it => it.getBoundingClientRect().height") for button in buttons.all()]
    assert len(heights) == 2
    assert min(heights) >= TOUCH_PX
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(page.locator(f'[data-hit="{gravest.hit_id}"]')).to_have_count(0)
    expect(page.get_by_text("2 more waiting")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(f'[data-hit="{least.hit_id}"]')).to_be_visible()


def shade(page: Page) -> float:
    """The mean of what is painted."""
    return float(np.asarray(Image.open(BytesIO(page.screenshot())).convert("L")).mean())


def test_the_first_thing_painted_is_dark_at_night_whatever_the_browser_prefers(browser: Browser, rig: PageRig) -> None:
    directory = rig.staff.unit.unit.runtime_directory
    for is_day in (False, True):
        write_vehicle_state(directory, VehicleState(SystemClock().now(), is_day=is_day))
        with closing(open_context(browser, "light" if not is_day else "dark")) as context:
            page = context.new_page()
            page.goto(f"{rig.origin}/sign-in", wait_until="domcontentloaded")
            first = shade(page)
            assert first > LIGHT_MIN if is_day else first < DARK_MAX
    Path(directory / "vehicle.json").unlink()


def test_the_button_holds_until_the_sun_changes(page: Page, rig: PageRig) -> None:
    directory, clock = rig.staff.unit.unit.runtime_directory, SystemClock()

    def expect_theme(theme: str) -> None:
        expect(page.locator(f'html[data-theme="{theme}"]')).to_have_count(1)

    write_vehicle_state(directory, VehicleState(clock.now(), is_day=True))
    expect_theme("day")
    page.get_by_role("button", name="Day/night").click()
    expect_theme("night")
    page.reload()
    expect_theme("night")
    write_vehicle_state(directory, VehicleState(clock.now(), is_day=False))
    until(lambda: page.evaluate("localStorage.getItem('alpr-theme')") is None)
    expect_theme("night")
    write_vehicle_state(directory, VehicleState(clock.now(), is_day=True))
    expect_theme("day")
    (directory / "vehicle.json").unlink()
