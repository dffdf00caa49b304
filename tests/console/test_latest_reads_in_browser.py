"""The strip of the latest reads in Debian's Chromium: it follows by itself, with a picture of each camera."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from alpr_edge.domain.people.person import Role
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.officers import Hand, open_page
from tests.console.page_rig import PageRig
from tests.console.test_latest_reads import filming
from tests.staff import staff_person

OFFICER = staff_person("ana", Role.OFFICER, name="Ana Ruiz")
SIZES = [(1024, 600), (1280, 800)]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("latest-browser"), (OFFICER,))
    with rig.serving(), filming(rig.staff.unit.unit.runtime_directory):
        yield rig


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_strip_follows_by_itself_beside_the_cameras(
    browser: Browser, rig: PageRig, width: int, height: int
) -> None:
    first = width
    for number in range(first, first + 8):
        rig.add_hit(number)
    with closing(browser.new_context(viewport=ViewportSize(width=width, height=height))) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        page = open_page(context, rig, "ana")
        faults, hand = faults_of(page), Hand(page)
        is_narrow = page.get_by_role("button", name="Menu").is_visible()
        if is_narrow:
            hand.touch(page.get_by_role("button", name="Menu"))
        hand.touch(page.get_by_role("link", name="Reads"))
        hand.touch(page.locator("label", has_text="stolen vehicle or plate"))
        hand.touch(page.get_by_role("button", name="Show the latest reads"))
        hand.check("follow_the_reads_by_menu" if is_narrow else "follow_the_reads")
        newest = page.locator(".latest li").first
        expect(newest.locator(".plate")).to_have_text("7ABC123")
        camera = page.locator(".cameras img")
        expect(camera).to_have_js_property("naturalWidth", 640)
        expect(camera).not_to_have_attribute("src", camera.get_attribute("src") or "")
        rig.add_hit(first + 10, plate="4XYZ999")
        expect(newest.locator(".plate")).to_have_text("4XYZ999")
        expect(newest.locator("img")).to_have_js_property("naturalWidth", 160)
        assert [page.evaluate("document.querySelector('.latest').scrollWidth") <= width, faults] == [True, []]
        page.get_by_role("button", name="Lock").click()
        expect(page.get_by_text("4XYZ999")).to_have_count(0)
