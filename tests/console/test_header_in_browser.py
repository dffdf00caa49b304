"""The header of every page in Debian's Chromium: whole at every size, for every role; and what leads back to a page."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.app.fault_advice import FAULT_ADVICE
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.diagnostics.unit_parts import UnitPart
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person, Role
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.officers import TOUCH_PX_MIN, open_page
from tests.console.page_rig import PageRig
from tests.console.test_officers_in_browser import CONTRAST_OF_7, RULES
from tests.console.test_page_in_browser import SIZES
from tests.services.unit_health.car import Car
from tests.services.unit_health.health_reports import CONSOLE, RUN, UPLINK, with_faults, with_figures
from tests.staff import BEGUN, staff_person

UNIT = "modesto-pd-patrol-supervisor-0042"
PERSONS = ("Ana Ruiz", "Maximiliana Featherstonehaugh-Montgomery")
CAMERA = "camera front-left-of-the-light-bar"
LONGEST = max(
    (kind for kind, advice in FAULT_ADVICE.items() if advice.part is UnitPart.CAMERAS),
    key=lambda kind: len(FAULT_ADVICE[kind].words),
)
NO_TROUBLE = (RUN, CONSOLE, UPLINK)
TROUBLES = {
    0: NO_TROUBLE,
    1: (with_faults(Fault(LONGEST, CAMERA, f"{CAMERA}: it is so")), CONSOLE, UPLINK),
    5: (
        with_faults(
            Fault(FaultKind.CAMERA, CAMERA, f"{CAMERA}: no picture for 5 s"),
            Fault(FaultKind.DISK_FILLING, "disk", "disk: nearly full"),
            Fault(FaultKind.LIST_RED, "doj", "list doj is red"),
            health=with_figures(RUN, utc_source="unknown"),
        ),
        CONSOLE,
        UPLINK,
    ),
}
"""What the daemons tell, by how many problems that is; those of cameras and lists have names of the settings."""
PASSWORD = "correct horse battery"
TROUBLE = """() => {
  const found = [], header = document.querySelector(".strip"), wide = innerWidth;
  const parts = [...header.querySelectorAll(":scope > *, .mute > *")].filter(
    (each) => each.checkVisibility() && each.id !== "mute" && each.getBoundingClientRect().width);
  const name = (each) => each.textContent.trim().replace(/\\s+/g, " ");
  const box = (each) => each.getBoundingClientRect();
  if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
  for (const [place, each] of parts.entries()) {
    const own = box(each);
    if (own.left < 0 || own.right > wide + 0.5) found.push(`outside: ${name(each)}`);
    for (const other of parts.slice(place + 1).map(box)) {
      const across = Math.min(own.right, other.right) - Math.max(own.left, other.left);
      const down = Math.min(own.bottom, other.bottom) - Math.max(own.top, other.top);
      if (across > 0.5 && down > 0.5) found.push(`overlaps: ${name(each)}`);
    }
    const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode, range = document.createRange(), around = box(node.parentElement);
      if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) {
        if (line.right > own.right + 0.5 || line.left < own.left - 0.5
            || line.bottom > own.bottom + 3 || line.top < own.top - 3) found.push(`cut: ${node.data}`);
      }
      if (around.width < 24) found.push(`too narrow: ${node.data}`);
    }
  }
  return found;
}"""
"""What is wrong with a page's header."""
LUMINANCE = """(element, name) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = getComputedStyle(element)[name];
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  const linear = (value) => (value <= 10 ? value / 3295 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return alpha && 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}"""
"""The relative luminance of a colour of an element (WCAG 2.2)."""

pytestmark = pytest.mark.browser


def roster(name: str) -> tuple[Person, ...]:
    """One user of each role, all with a name."""
    return tuple(staff_person(role.value.replace("_", "-"), role, name=name) for role in Role)


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageRig, PageRig]]:
    """Two units: the second has long names, and is muted."""
    plain = PageRig(tmp_path_factory.mktemp("header"), roster(PERSONS[0]))
    long = PageRig(tmp_path_factory.mktemp("header-long"), roster(PERSONS[1]), plain.certificate)
    settings = long.staff.unit
    long.staff.unit = settings.model_copy(update={"unit": settings.unit.model_copy(update={"id": UNIT})})
    folder = tmp_path_factory.mktemp("answers")
    with ExitStack() as stack:
        for rig in (plain, long):
            stack.enter_context(rig.serving())
            rig.add_hit(1, level=Level.URGENT)
        stack.enter_context(long.answering(folder))
        yield plain, long


@pytest.fixture(scope="module")
def browser(rigs: tuple[PageRig, PageRig], require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rigs[0].certificate, "car.test") as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with closing(browser.new_context(viewport=ViewportSize(width=1024, height=600))) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        yield context


def open_at(context: BrowserContext, rig: PageRig, role: Role = Role.OFFICER) -> Page:
    """Open the page as the user of a role."""
    return open_page(context, rig, role.value.replace("_", "-"))


def see_headers(page: Page, rig: PageRig, car: Car, person: str) -> None:
    """Look at the headers of a user's pages at all sizes, with each number of problems."""
    for count, url in zip(TROUBLES, (page.url, page.url, f"{rig.origin}/search"), strict=True):
        car.tell(*TROUBLES[count])
        answer = page.goto(url)
        if answer is None or answer.status != HTTPStatus.OK:
            page.goto(rig.origin)
        strip = page.locator("#health")
        expect(strip).to_contain_text({0: "All OK", 1: FAULT_ADVICE[LONGEST].words, 5: "5 problems"}[count])
        expect(page.locator("#live")).to_have_text("live")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            header = page.get_by_role("banner")
            assert page.evaluate(TROUBLE) == [], (url, count, width)
            for name in ("Day/night", "Lock", "End of shift"):
                button = header.get_by_role("button", name=name)
                assert button.evaluate("it => it.getBoundingClientRect().height") >= TOUCH_PX_MIN, name
            expect(header.locator("span").first).to_have_text(f"Unit {rig.staff.unit.unit.id}, {person}")


@pytest.mark.parametrize("role", Role)
def test_every_header_is_whole_at_every_size(browser: Browser, rigs: tuple[PageRig, PageRig], role: Role) -> None:
    for rig, person in zip(rigs, PERSONS, strict=True):
        with closing(browser.new_context()) as context, Car(rig.staff.unit.unit.runtime_directory) as car:
            context.set_default_timeout(WAIT_MS_MAX)
            if rig is rigs[1]:
                with rig.client("officer") as client:
                    client.post("/mute", data={"minutes": "30"})
            see_headers(open_at(context, rig, role), rig, car, person)


def test_the_menu_is_reached_by_keyboard_and_everybody_can_use_it(
    context: BrowserContext, rigs: tuple[PageRig, PageRig]
) -> None:
    page = open_at(context, rigs[0], Role.SUPERVISOR)
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(links).to_have_count(0)
    page.get_by_role("button", name="Menu").press("Enter")
    expect(links).to_have_count(7)
    for options in (RULES, CONTRAST_OF_7):
        assert Axe().run(page, options=options).response["violations"] == []
    page.keyboard.press("Escape")
    expect(links).to_have_count(0)
    page.get_by_role("button", name="Menu").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search stored reads")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(links).to_have_count(6)


def test_at_night_no_button_is_as_bright_as_the_plate(browser: Browser, rigs: tuple[PageRig, PageRig]) -> None:
    with closing(browser.new_context(color_scheme="dark")) as context:
        page = open_at(context, rigs[0])
        plate = page.locator(".plates td").first.evaluate(LUMINANCE, "color")
        buttons = page.locator("button:visible, .button:visible, summary:visible").all()
        assert len(buttons) > 10
        for button in buttons:
            assert button.evaluate(LUMINANCE, "color") < plate, button.inner_text()
            assert button.evaluate(LUMINANCE, "backgroundColor") < plate / 4, button.inner_text()
            assert button.evaluate(LUMINANCE, "borderTopColor") < plate / 2, button.inner_text()


@pytest.mark.parametrize("path", ["/sign-in", "/"])
def test_signing_in_needs_no_scrolling(context: BrowserContext, rigs: tuple[PageRig, PageRig], path: str) -> None:
    """Also after a try that was refused."""
    page = context.new_page()
    page.goto(f"{rigs[0].origin}{path}")
    for fault_count in (0, 1):
        expect(page.locator(".fault:visible")).to_have_count(fault_count)
        height = page.evaluate("document.documentElement.scrollHeight")
        assert (height, page.evaluate("document.documentElement.scrollWidth")) == (600, 1024)
        page.get_by_label("Badge").fill("nobody")
        page.locator("#password").fill(PASSWORD)
        page.locator("#code").fill("000000")
        page.locator("[name=acknowledged]").check()
        page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_wrong_password_on_the_lock_screen_says_so_and_the_right_one_leads_back(
    context: BrowserContext, rigs: tuple[PageRig, PageRig]
) -> None:
    rig = rigs[0]
    password_hash = Argon2Passwords().hash(PASSWORD)
    credentials = Credentials(password_hash, pyotp.random_base32(), password_set=BEGUN)
    rig.staff.install(*roster(PERSONS[0]), credentials=credentials)
    page = open_at(context, rig)
    faults = faults_of(page)
    page.goto(f"{rig.origin}/hits/unit-1:hit-1")
    page.get_by_role("button", name="Lock").press("Enter")
    for text in ("wrong", PASSWORD):
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        expect(page.locator("#live")).to_have_text("live")
        page.locator("#password").fill(text)
        page.locator("#password").press("Enter")
        if text != PASSWORD:
            said = page.get_by_role("alert").filter(has_text="Wrong password, or the account is locked.")
            expect(said).to_be_in_viewport()
    expect(page).to_have_url(f"{rig.origin}/hits/unit-1:hit-1")
    expect(page.get_by_role("button", name="Lock")).to_be_focused()
    faults = [fault for fault in faults if "403" not in fault]
    assert faults == []


def test_a_mute_leaves_page_place_focus_and_what_is_typed(
    context: BrowserContext, rigs: tuple[PageRig, PageRig]
) -> None:
    """Day and night as well, which no page asks the unit for."""
    rig = rigs[1]
    with rig.client("officer") as client:
        client.post("/mute/end")
    page = open_at(context, rig)
    for path in ("/search", "/"):
        page.goto(f"{rig.origin}{path}")
        page.set_viewport_size({"width": 1024, "height": 300})
        if path == "/search":
            page.get_by_label("Plate (? one character").fill("7ABC")
        page.evaluate("window.isSame = true")
        page.get_by_text("Mute", exact=True).click()
        page.evaluate("scrollTo(0, 40)")
        page.get_by_role("button", name="15 min").press("Enter")
        expect(page.locator(".muted")).to_contain_text("15 min left")
        sound_on = page.get_by_role("button", name="Sound on")
        expect(sound_on).to_be_focused()
        page.get_by_role("button", name="Day/night").press("Enter")
        sound_on.press("Enter")
        expect(page.locator(".muted")).to_have_count(0)
        assert page.evaluate("[scrollY, window.isSame, location.pathname]") == [40, True, path]
        if path == "/search":
            expect(page.get_by_label("Plate (? one character")).to_have_value("7ABC")


def test_the_end_of_a_shift_is_asked_once_and_cancelled_by_one_touch(
    context: BrowserContext, rigs: tuple[PageRig, PageRig]
) -> None:
    rig = rigs[0]
    page = open_at(context, rig)
    page.goto(f"{rig.origin}/hits/unit-1:hit-1")
    end = page.get_by_role("button", name="End of shift")
    end.click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(4)
    assert Axe().run(page, options=RULES).response["violations"] == []
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(f"{rig.origin}/hits/unit-1:hit-1")
    expect(end).to_be_focused()
    end.press("Enter")
    page.get_by_role("button", name="End shift and sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
