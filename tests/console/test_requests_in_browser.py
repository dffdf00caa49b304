"""A misread corrected and the unit muted in Debian's Chromium, live: from the officer's touch to the new hit."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alpr_edge.domain.hits import Reason
from alpr_edge.domain.people.person import Role
from tests.app.page_request_rig import entry_of
from tests.chromium import chromium, faults_of
from tests.console.officers import Hand, open_page
from tests.console.page_rig import PageRig
from tests.console.test_page_in_browser import open_context
from tests.staff import staff_person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    folder = tmp_path_factory.mktemp("requests")
    rig = PageRig(folder, (staff_person("ana", Role.OFFICER, name="Ana Ruiz"),))
    with rig.serving(), rig.answering(folder, entry_of("7AB0128", Reason.FELONY_VEHICLE)):
        rig.add_hit(1)
        yield rig


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, rig: PageRig) -> Iterator[Page]:
    with closing(open_context(browser, "light")) as context:
        yield open_page(context, rig, "ana")


def test_the_text_is_corrected_by_keyboard_matched_and_the_new_hit_comes_up_by_itself(page: Page) -> None:
    faults = faults_of(page)
    page.get_by_text("Misread", exact=True).focus()
    page.keyboard.press("Enter")
    plate = page.get_by_role("textbox", name="Plate")
    assert plate.input_value() == "7ABC123"
    plate.fill("7abo128")
    plate.press("Enter")
    expect(page.get_by_role("article").get_by_text("felony vehicle")).to_be_visible()
    expect(page.get_by_text("Text corrected by Ana Ruiz")).to_be_visible()
    page.get_by_role("link", name="Earlier reads of it").click()
    expect(page.get_by_text("This unit has no other read of it.")).to_be_visible()
    assert faults == []
    assert "7AB" not in page.url + page.title()


def test_the_unit_is_muted_in_two_touches_and_the_page_says_so_until_it_sounds_again(page: Page) -> None:
    faults, hand = faults_of(page), Hand(page)
    hand.touch(page.get_by_text("Mute", exact=True))
    hand.touch(page.get_by_role("button", name="15 min"))
    hand.check("mute")
    muted = page.locator(".muted")
    expect(muted).to_contain_text("15 min left (Ana Ruiz)")
    expect(page.locator("#live")).to_have_text("live")
    page.get_by_role("button", name="Sound on").click()
    expect(muted).to_have_count(0)
    assert faults == []


def test_another_page_hears_of_a_mute_without_a_touch(
    page: Page, browser: Browser, rig: PageRig, tmp_path: Path
) -> None:
    with rig.client("ana") as other:
        other.post("/mute", data={"minutes": "5"})
        expect(page.locator(".muted")).to_contain_text("5 min left")
        other.post("/mute/end")
        expect(page.locator(".muted")).to_have_count(0)
