"""The officer's way at the page in Debian's Chromium: by day and by night, live while hits come in."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.roster_update import install_roster
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.domain.sessions.session import SessionEnd, token_digest
from alpr_edge.store.access.accounts import open_accounts
from tests.chromium import HIDE, WAIT_MS_MAX, chromium, faults_of
from tests.console.officers import open_page
from tests.console.page_rig import PageRig
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY
from tests.staff import BEGUN, ROSTER_KEY, staff_person

PASSWORD = "correct horse battery"
OFFICER = staff_person("ana", Role.OFFICER, name="Ana Ruiz")
SIZES = ((1024, 600), (1280, 800), (1920, 1080))

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("browser"), (OFFICER,))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


def open_context(browser: Browser, scheme: Literal["light", "dark"]) -> BrowserContext:
    context = browser.new_context(color_scheme=scheme, viewport=ViewportSize(width=1280, height=800))
    context.set_default_timeout(WAIT_MS_MAX)
    return context


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with closing(open_context(browser, "light")) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, rig: PageRig) -> Iterator[Page]:
    """A page at which the officer is signed in."""
    yield open_page(context, rig, "ana")
    rig.close_half_verified()


def new_number() -> int:
    """The number of a hit that there is not yet."""
    return int(datetime.now(UTC).timestamp() * 1000)


def give_password(rig: PageRig, serial: int) -> str:
    """A roster with the officer's password and a new secret; returns the secret."""
    secret = pyotp.random_base32()
    credentials = Credentials(Argon2Passwords().hash(PASSWORD), secret, password_set=BEGUN)
    header = RosterHeader(DEPARTMENT, serial, BEGUN, BEGUN + timedelta(days=1))
    content = sign_roster(Roster(header, (Member(OFFICER, credentials),)), SIGNING_KEY)
    unit = rig.staff.unit
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        install_roster(accounts, content, ROSTER_KEY, rig.staff.clock.now())
        with accounts.writing() as rows:
            rows.use_step("ana", -1)  # the secret is new
    return secret


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sign_in_look_answer_and_end_the_shift(
    browser: Browser, rig: PageRig, scheme: Literal["light", "dark"]
) -> None:
    with closing(open_context(browser, scheme)) as context:
        work_a_shift(context, rig)
    rig.close_half_verified()


def work_a_shift(context: BrowserContext, rig: PageRig) -> None:
    number = int(datetime.now(UTC).timestamp())
    secret = give_password(rig, number)
    rig.add_hit(number, Reason.FELONY_VEHICLE, level=Level.URGENT)
    page = context.new_page()
    faults = faults_of(page)
    page.goto(rig.origin)
    page.get_by_label("Badge").fill(OFFICER.badge)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Authenticator code").fill(pyotp.TOTP(secret).now())
    page.get_by_label("I acknowledge").check()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("NOT CONFIRMED - VERIFY THROUGH CLETS")).to_be_visible()
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(page.get_by_role("group", name="Plate", exact=True)).to_contain_text("correct, Ana Ruiz")
    inquiry = page.get_by_role("region", name="Next step").get_by_role("group", name="CLETS inquiry")
    inquiry.locator("summary").click()
    inquiry.get_by_label("Why").fill("the terminal was down")
    inquiry.get_by_role("button", name="Could not query").click()
    expect(page.get_by_role("heading", name="could not query")).to_be_visible()
    page.get_by_role("group", name="Plate", exact=True).get_by_role("button", name="Undo").click()
    expect(page.get_by_role("group", name="Plate", exact=True)).not_to_contain_text("Ana Ruiz")
    page.evaluate("localStorage.setItem('kept', '1')")
    page.get_by_role("button", name="End of shift").click()
    page.get_by_role("button", name="End shift and sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert page.evaluate("localStorage.length") == 0, "what scripts kept is gone with the session"
    assert context.cookies() == []
    assert faults == []
    assert "7ABC123" not in page.title()


def test_a_hit_comes_up_by_itself_and_is_dealt_with_by_one_touch(page: Page, rig: PageRig) -> None:
    number = new_number()
    faults = faults_of(page)
    made = rig.add_hit(number, Reason.AMBER_ALERT, level=Level.URGENT, plate="7A8C123", kind=MatchKind.CONFUSABLE)
    expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
    assert [cell.inner_text() for cell in page.locator("td.differs").all()] == ["8", "B"]
    expect(page.get_by_text("similar: compare each character")).to_be_visible()
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(page.get_by_role("group", name="Plate", exact=True)).to_contain_text("correct, Ana Ruiz")
    assert faults == []


def test_a_form_that_is_being_filled_in_stays_and_the_row_beside_it_tells_of_the_hit(page: Page, rig: PageRig) -> None:
    page.get_by_role("group", name="Outcome").locator("summary").click()
    page.get_by_label("Why").last.fill("followed to")
    count = page.locator(".reel li").count()
    made = rig.add_hit(new_number(), level=Level.URGENT)
    expect(page.locator(".reel li")).to_have_count(count + 1)
    expect(page.get_by_label("Why").last).to_have_value("followed to")
    page.get_by_role("link", name="NEW HIT").click()
    expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()


def test_beside_a_form_that_is_being_filled_in_the_card_tells_what_becomes_of_the_hit(page: Page, rig: PageRig) -> None:
    faults = faults_of(page)
    made = rig.add_hit(new_number(), Reason.AMBER_ALERT, level=Level.URGENT)
    expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
    page.get_by_role("group", name="Outcome").locator("summary").click()
    page.get_by_label("Why").last.fill("followed to")
    with rig.client("ana") as client:
        client.post(f"/hits/{made.hit_id}/answers", data={"part": "inquiry", "answer": "still_on_file"})
    inquiry = page.get_by_role("group", name="CLETS inquiry")
    expect(inquiry.last).to_contain_text("CLETS inquiry: still on file, Ana Ruiz")
    expect(page.get_by_role("heading", name="awaiting agency")).to_be_visible()
    expect(page.get_by_role("list", name="Activity")).to_contain_text("inquiry: still on file")
    rig.withdraw(made)
    expect(page.get_by_role("heading", name="ALERT WITHDRAWN")).to_be_visible()
    expect(page.get_by_label("Why").last).to_have_value("followed to")
    assert faults == []


def test_whoever_verifies_a_hit_is_not_taken_from_it_by_a_lesser_one(page: Page, rig: PageRig) -> None:
    dismiss_all(page, rig)
    grave = rig.add_hit(new_number(), level=Level.URGENT)
    shown = page.locator(f'[data-hit="{grave.hit_id}"]')
    expect(shown).to_be_visible()
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(page.get_by_role("group", name="Plate", exact=True)).to_contain_text("correct, Ana Ruiz")
    for number, level in enumerate((Level.HIGH, Level.URGENT), new_number()):
        lesser = rig.add_hit(number, level=level)
        expect(page.locator(f'.reel [data-glance="{lesser.hit_id}"]')).to_be_visible()
        expect(page.get_by_role("link", name="NEW HIT")).to_have_count(0)
        expect(shown).to_be_visible()


def test_a_half_verified_hit_stays_a_graver_one_is_a_banner_and_the_row_says_who_is_awaited(
    page: Page, rig: PageRig
) -> None:
    dismiss_all(page, rig)
    made = rig.add_hit(new_number(), level=Level.HIGH)
    shown = page.locator(f'.card[data-hit="{made.hit_id}"]')
    expect(shown).to_be_visible()
    bar = page.get_by_role("region", name="Next step")
    bar.get_by_role("button", name="Correct", exact=True).click()
    bar.get_by_role("button", name="Still on file").click()
    expect(page.locator(".reel a[aria-current]")).to_contain_text("awaiting agency")
    graver = rig.add_hit(new_number(), level=Level.URGENT)
    link = page.get_by_role("link", name="NEW HIT")
    expect(link).to_be_visible()
    expect(shown).to_be_visible()
    link.click()
    expect(page.locator(f'.card[data-hit="{graver.hit_id}"]')).to_be_visible()


def test_a_press_keeps_the_place_and_the_focus(page: Page, rig: PageRig) -> None:
    page.goto(f"{rig.origin}/hits/{rig.add_hit(new_number()).hit_id}")
    expect(page.locator("main[inert]")).to_have_count(0)
    page.evaluate("window.kept = true")
    page.evaluate("scrollTo(0, 150)")
    place = page.evaluate("scrollY")
    assert place > 0
    page.get_by_role("button", name="Correct", exact=True).press("Enter")
    expect(page.get_by_role("group", name="Plate", exact=True)).to_contain_text("correct, Ana Ruiz")
    assert page.evaluate("[scrollY, window.kept]") == [place, True]
    expect(page.get_by_role("region", name="Next step")).to_be_focused()


def dismiss_all(page: Page, rig: PageRig) -> None:
    """Deal with all hits that wait; each row names the newest of its hits."""
    waiting = re.compile(r'<li class="glance(?![^"]* over)[^"]*"[^>]*>\s*<a href="(/hits/[^"]+)"')
    with rig.client("ana") as client:
        while paths := waiting.findall(client.get("/").text):
            for path in paths:
                assert client.post(f"{path}/answers", data={"part": "read", "answer": "dismissed"}).status_code == 303
    expect(page.locator(".reel li:not(.over)")).to_have_count(0)


def test_what_takes_a_hit_back_stands_above_its_plates(page: Page, rig: PageRig) -> None:
    made = rig.add_hit(new_number())
    rig.withdraw(made)
    page.goto(f"{rig.origin}/hits/{made.hit_id}")
    withdrawn, plates = page.get_by_role("heading", name="ALERT WITHDRAWN"), page.locator(".plates")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        bottom = withdrawn.evaluate("it => it.getBoundingClientRect().bottom")
        assert bottom <= plates.evaluate("it => it.getBoundingClientRect().top"), (width, height)


def test_after_an_answer_the_next_hit_comes_up_by_itself(page: Page, rig: PageRig) -> None:
    faults = faults_of(page)
    for _ in range(2):
        made = rig.add_hit(new_number(), level=Level.URGENT)
        expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_role("group", name="Plate", exact=True)).to_contain_text("dismissed, Ana Ruiz")
        assert page.url.endswith(made.hit_id)
    assert faults == []


def test_what_is_wrong_with_a_form_stays_on_the_page(page: Page, rig: PageRig) -> None:
    path = f"{rig.origin}/hits/{rig.add_hit(new_number()).hit_id}"
    page.goto(path)
    page.get_by_text("Misread", exact=True).click()
    page.get_by_role("textbox", name="Plate").fill("7AB?")
    page.get_by_role("button", name="Save misread").click()
    fault = page.locator("#fault")
    expect(fault).to_contain_text("without")
    with rig.client("ana") as client:
        client.post(f"{path}/answers", data={"part": "outcome", "answer": "none"})
    expect(page.get_by_role("list", name="Activity")).to_contain_text("outcome: none")
    expect(fault).to_be_visible()
    expect(page.get_by_role("textbox", name="Plate")).to_have_value("7AB?")


def test_misread_is_said_without_another_text_too(page: Page, rig: PageRig) -> None:
    page.goto(f"{rig.origin}/hits/{rig.add_hit(new_number()).hit_id}")
    page.get_by_text("Misread", exact=True).click()
    expect(page.get_by_role("textbox", name="Plate")).to_be_focused()
    page.get_by_role("button", name="Save misread").click()
    expect(page.get_by_role("heading", name="MISREAD")).to_be_visible()
    expect(page.get_by_text("is being matched")).to_have_count(0)


def test_a_touch_meets_the_hit_that_was_seen(page: Page, rig: PageRig) -> None:
    """Nothing comes up under a finger, and what has come up takes no touch at first."""
    page.evaluate("""new MutationObserver(([change]) => {
      window.wasInert ||= [...change.addedNodes].find((node) => node.tagName === "MAIN")?.inert;
    }).observe(document.body, {childList: true})""")
    shown = page.locator("[data-hit]").get_attribute("data-hit")
    page.mouse.move(640, 400)
    with page.expect_response(f"{rig.origin}/"):
        page.mouse.down()
        made = rig.add_hit(new_number(), Reason.AMBER_ALERT, level=Level.URGENT)
    assert page.locator("[data-hit]").get_attribute("data-hit") == shown
    page.mouse.up()
    expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
    assert page.evaluate("window.wasInert")
    expect(page.locator("main[inert]")).to_have_count(0)


def test_what_does_not_change_stays_as_it_is(page: Page, rig: PageRig) -> None:
    """The focus and the pictures, which are loaded once, whatever is said of the hit meanwhile."""
    page.goto(f"{rig.origin}/hits/{rig.add_hit(new_number()).hit_id}")
    page.wait_for_load_state("networkidle")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if "/pictures/" in request.url else None)
    page.evaluate("window.image = document.querySelector('.scene')")
    expect(page.locator("main[inert]")).to_have_count(0)  # another hit than before takes no touch at first
    page.get_by_role("button", name="Correct", exact=True).focus()
    hit_id = page.locator("[data-hit]").get_attribute("data-hit")
    with rig.client("ana") as client:
        client.post(f"/hits/{hit_id}/answers", data={"part": "inquiry", "answer": "not_on_file"})
    expect(page.get_by_role("group", name="CLETS inquiry")).to_contain_text("not on file, Ana Ruiz")
    expect(page.get_by_role("button", name="Correct", exact=True)).to_be_focused()
    assert page.evaluate("document.querySelector('.scene') === window.image && window.image.naturalWidth > 0")
    assert loaded == []


UNTIL_IT_LISTENS = """async () => {
  const listens = async () => (await navigator.locks.query()).held.some(({ name }) => name === "stream-of-hidden-page");
  while (!(await listens())) await new Promise((resolve) => setTimeout(resolve, 20));
}"""
"""Two pages hidden at once are hidden in the order in which the browser hears of it."""


def test_of_hidden_pages_the_one_hidden_last_listens(page: Page, context: BrowserContext, rig: PageRig) -> None:
    other = open_page(context, rig, "ana")
    page.evaluate(f"({HIDE})(true)")
    page.evaluate(UNTIL_IT_LISTENS)
    other.evaluate(f"({HIDE})(true)")
    expect(page.locator("#live")).to_have_text("NOT LIVE")
    made = rig.add_hit(new_number(), Reason.AMBER_ALERT, level=Level.URGENT)
    expect(other.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
    assert page.locator(f'[data-hit="{made.hit_id}"]').count() == 0
    page.evaluate(f"({HIDE})(false)")
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()


def test_one_touch_copies_the_text_for_the_terminal(page: Page, context: BrowserContext, rig: PageRig) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=rig.origin)
    page.get_by_role("button", name="Copy inquiry").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"QV\.LIC/7A[8B]C123\.LIS/CA", copied)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_first_answer_is_in_sight_and_large_enough_to_touch(page: Page, size: tuple[int, int]) -> None:
    """15 mm at 10 inch and 1280x800 are 56 px (ISO 9241-411 names 22 mm for a moving car, ours is used at a stop)."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_load_state("networkidle")
    button = page.get_by_role("button", name="Correct", exact=True)
    height, bottom = button.evaluate("it => [it.getBoundingClientRect().height, it.getBoundingClientRect().bottom]")
    assert height >= 56
    assert bottom <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing is cut off to the right"


def test_a_page_that_hears_nothing_says_so_and_comes_back_with_the_unit(
    context: BrowserContext, rig: PageRig, tmp_path: Path
) -> None:
    """The unit restarts while the page stays open."""
    own = PageRig(tmp_path, (OFFICER,), rig.certificate)
    with own.serving():
        own.add_hit(1)
        page = open_page(context, own, "ana")
        page.wait_for_load_state("networkidle")  # no connection is being made while the unit stops
    expect(page.locator("#live")).to_have_text("NOT LIVE", timeout=4000)
    with own.serving():
        expect(page.locator("#live")).to_have_text("live")
        made = own.add_hit(2, level=Level.URGENT)
        expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()


def test_a_page_whose_session_ended_while_it_heard_nothing_leaves(
    context: BrowserContext, rig: PageRig, tmp_path: Path
) -> None:
    """The unit restarts, and the stream of a session that is over is refused."""
    own = PageRig(tmp_path, (OFFICER,), rig.certificate)
    with own.serving():
        own.add_hit(1)
        page = open_page(context, own, "ana")
        expect(page.locator("[data-hit]")).to_be_visible()
        page.wait_for_load_state("networkidle")  # no connection is being made while the unit stops
    (cookie,) = context.cookies()
    end_session(own, cookie["value"])
    with own.serving():
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.locator("[data-hit]")).to_have_count(0)
        context.close()  # no connection is under way while the unit stops


def end_session(rig: PageRig, token: str) -> None:
    """End a session without a browser that would hear of it."""
    unit = rig.staff.unit
    with (
        open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts,
        accounts.writing() as rows,
    ):
        session = rows.session(token_digest(token))
        assert session is not None
        rows.save_session(session.finish(SessionEnd.SIGN_OUT))


def test_a_page_that_cannot_be_had_after_a_hit_says_so_and_is_asked_for_again(page: Page, rig: PageRig) -> None:
    """The stream of events lives on all the while."""
    fails = True

    def answer(route: Route) -> None:
        if fails:
            route.fulfill(status=503, body="no")
        else:
            route.continue_()

    page.route(f"{rig.origin}/", answer)
    page.wait_for_timeout(1000)  # what the page asked for before is answered, and does not show the hit
    made = rig.add_hit(new_number(), level=Level.URGENT)
    expect(page.locator("#live")).to_have_text("NOT LIVE")
    expect(page.locator("[data-hit]")).to_be_visible()
    assert page.locator(f'[data-hit="{made.hit_id}"]').count() == 0
    fails = False
    expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
    expect(page.locator("#live")).to_have_text("live")


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    names = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        names.add(page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"))
    assert {"Correct", "Misread", "Dismiss", "Hold as evidence", "Lock", "End of shift"} <= names
    assert any(re.search(r"(urgent|high) [a-z ]+ camera front", name) for name in names), "hits of the row"


def test_day_and_night_by_the_button(page: Page) -> None:
    def paper() -> str:
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return colour

    before = paper()
    page.get_by_role("button", name="Day/night").click()
    after = paper()
    assert after != before
    page.reload()
    assert paper() == after


def test_the_title_says_that_a_grave_hit_waits_and_names_no_plate(page: Page, rig: PageRig) -> None:
    """What raises the window on a workstation sees the title alone."""
    made = rig.add_hit(new_number(), level=Level.URGENT)
    expect(page.locator(f'.reel a[href="/hits/{made.hit_id}"]')).to_be_visible()
    expect(page).to_have_title(re.compile(r"^! Hits \(\d+\)$"))
    dismiss_all(page, rig)
    expect(page).to_have_title("Hits")
    rig.add_hit(new_number(), level=Level.ROUTINE)
    expect(page.locator(".reel li:not(.over)")).to_have_count(1)
    expect(page).to_have_title("Hits")
