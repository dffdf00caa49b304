"""The way of a search and of an entry at the page in Debian's Chromium, with the touches that each takes."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.domain.alerting import Level
from alpr_edge.domain.people.person import Role
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.officers import Hand, open_page
from tests.console.page_rig import PageRig
from tests.console.test_lookups import ConfirmedClock
from tests.department.page.street_file import write_streets
from tests.staff import staff_person

OFFICER = staff_person("ana", Role.OFFICER, name="Ana Ruiz")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    folder = tmp_path_factory.mktemp("lookup-browser")
    streets = write_streets(folder / "streets.pmtiles")
    rig = PageRig(folder, (OFFICER,), console=f'at_speed = "never"\nstreets_file = "{streets}"')
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 31):
            rig.add_hit(number)
        yield rig


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


def test_a_search_takes_few_touches_and_leads_to_a_read_and_back(page: Page, rig: PageRig) -> None:
    faults, hand = faults_of(page), Hand(page)
    hand.touch(page.get_by_role("link", name="Search"))
    hand.type(page.get_by_label("Plate (? one character"), "7abc?23")
    hand.touch(page.locator("label", has_text="stolen vehicle or plate"))
    hand.touch(page.get_by_role("button", name="Search", exact=True))
    expect(page.get_by_role("link", name="7ABC123")).to_have_count(25)
    hand.touch(page.get_by_role("link", name="7ABC123").first)
    expect(page.get_by_alt_text("License plate as read")).to_be_visible()
    hand.check("search_to_an_open_read")
    page.go_back()
    expect(page.get_by_role("link", name="7ABC123")).to_have_count(25)
    page.get_by_role("link", name="More").click()
    expect(page.get_by_role("link", name="7ABC123")).to_have_count(5)
    expect(page.get_by_text("Limits of this search")).to_be_visible()
    expect(page.locator("#waiting")).to_have_text("30 waiting")
    expect(page).to_have_title("! Search (30)")
    rig.add_hit(40, plate="4XYZ999")
    expect(page.locator("#waiting")).to_have_text("31 waiting")
    expect(page).to_have_title("! Search (31)")
    rig.add_hit(41, plate="4XYZ999", level=Level.ROUTINE)
    expect(page.locator("#waiting")).to_have_text("32 waiting")
    expect(page).to_have_title("! Search (31)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert faults == []
    assert "7ABC123" not in page.title() + "".join(hand.screens) + page.url


def test_an_entry_takes_few_touches_and_is_removed_by_two(page: Page) -> None:
    faults, hand = faults_of(page), Hand(page)
    hand.touch(page.get_by_role("link", name="Entries"))
    hand.touch(page.get_by_role("link", name="Add an entry"))
    hand.type(page.get_by_label("Plate (? one character"), "7abc*")
    hand.touch(page.locator("label", has_text="stolen vehicle or plate"))
    hand.type(page.get_by_label("Case or incident"), "26-000123")
    hand.touch(page.locator("label", has_text="major crime"))
    hand.touch(page.get_by_role("button", name="Add entry"))
    expect(page.get_by_text("Stored reads that match: 30")).to_be_visible()
    hand.check("add_an_entry")
    page.get_by_role("link", name="Entries").first.click()
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("button", name="Show the entries").click()
    hand = Hand(page)
    hand.touch(page.locator("main summary"))
    hand.touch(page.get_by_role("button", name="Yes, remove it"))
    expect(page.get_by_text("No entries.")).to_be_visible()
    hand.check("remove_an_entry")
    assert faults == []


def test_results_leave_the_screen_when_the_session_is_locked(page: Page, context: BrowserContext, rig: PageRig) -> None:
    page.goto(f"{rig.origin}/search")
    page.get_by_label("Plate (? one character").fill("7ABC123")
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("link", name="7ABC123").first).to_be_visible()
    second = context.new_page()
    second.goto(rig.origin)
    second.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    expect(page.get_by_text("7ABC123")).to_have_count(0)


def test_a_search_is_held_and_released_by_few_touches(page: Page) -> None:
    faults = faults_of(page)
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Plate (? one character").fill("7abc?23")
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("link", name="7ABC123")).to_have_count(25)
    hand = Hand(page)
    hand.touch(page.locator("summary", has_text="Hold everything"))
    hand.type(page.get_by_label("Case"), "26-123456")
    hand.touch(page.get_by_role("button", name="Hold", exact=True))
    expect(page.get_by_text("30 reads are held for case 26-123456.")).to_be_visible()
    hand.check("hold_a_search")
    page.get_by_role("link", name="Holds").click()
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("button", name="Show the holds").click()
    expect(page.get_by_role("heading", name="Held: 1")).to_be_visible()
    hand = Hand(page)
    hand.touch(page.locator("summary", has_text="Release"))
    hand.type(page.get_by_label("Why", exact=True), "case closed")
    hand.touch(page.get_by_role("button", name="Yes, release it"))
    expect(page.get_by_text("Nothing is held.")).to_be_visible()
    hand.check("release_a_hold")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert faults == []


def test_a_place_is_chosen_on_the_map_of_streets(page: Page) -> None:
    faults = faults_of(page)
    page.get_by_role("link", name="Search").click()
    expect(page.locator(".ground canvas").first).to_be_visible()
    page.locator(".ground").click(position={"x": 200, "y": 150})
    expect(page.get_by_label("Latitude, longitude")).to_have_value(re.compile(r"-?\d+\.\d{5}, -?\d+\.\d{5}"))
    expect(page.locator("select[name=place]")).to_have_value("at")
    expect(page.locator(".ground path.area")).to_have_count(1)
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("Within 500 m of")).to_be_visible()
    assert faults == []
