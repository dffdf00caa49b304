"""What officers need besides seeing a hit: a passkey, a second officer, few touches, pages that everybody can use."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.access.passkeys import verify_registration
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.relying_party import RelyingParty, new_challenge
from alpr_edge.access.roster_update import install_roster
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.store.access.accounts import open_accounts
from tests.access.authenticator import Authenticator
from tests.chromium import WAIT_MS_MAX, chromium
from tests.console.officers import Hand, open_page
from tests.console.page_rig import DOMAIN, NAME, PageRig
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY
from tests.staff import BEGUN, ROSTER_KEY, staff_person

ANA, BEN = (staff_person(name.split()[0].lower(), Role.OFFICER, name=name) for name in ("Ana Ruiz", "Ben Ito"))
PASSWORD, SECRET = "correct horse battery", pyotp.random_base32()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
CONTRAST_OF_7 = {"runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]}}
SECURITY_KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("officers"), (ANA, BEN))
    with rig.serving():
        rig.add_hit(1, Reason.FELONY_VEHICLE, level=Level.URGENT, plate="7A8C123", kind=MatchKind.CONFUSABLE)
        rig.add_hit(2)
        yield rig


@pytest.fixture(scope="module")
def security_key(rig: PageRig) -> Authenticator:
    """Ana's password, secret and a security key that she registered at the department, in a new roster."""
    key, challenge = Authenticator(DOMAIN, f"https://{DOMAIN}"), new_challenge()
    credentials = Credentials(Argon2Passwords().hash(PASSWORD), SECRET, password_set=BEGUN)
    site = RelyingParty(DOMAIN, DOMAIN, (key.origin,))
    passkey = verify_registration(key.register(challenge), challenge, site, credentials)
    members = (Member(ANA, replace(credentials, passkeys=(passkey,))), Member(BEN))
    roster = Roster(RosterHeader(DEPARTMENT, 50, BEGUN, BEGUN + timedelta(days=1)), members)
    unit = rig.staff.unit
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        install_roster(accounts, sign_roster(roster, SIGNING_KEY), ROSTER_KEY, rig.staff.clock.now())
    return key


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, NAME) as browser:
        yield browser


def new_context(browser: Browser, scheme: Literal["light", "dark"] = "light") -> BrowserContext:
    context = browser.new_context(color_scheme=scheme, viewport=ViewportSize(width=1280, height=800))
    context.set_default_timeout(WAIT_MS_MAX)
    return context


def connect_key(context: BrowserContext, page: Page, key: Authenticator) -> None:
    """Plug the security key into the browser's computer."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    plugged = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": SECURITY_KEY})["authenticatorId"]
    private = key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": b64encode(key.credential_id).decode(),
        "isResidentCredential": True,
        "rpId": DOMAIN,
        "privateKey": b64encode(private).decode(),
        "userHandle": b64encode(ANA.person_id.encode()).decode(),
        "signCount": 1,
    }
    devtools.send("WebAuthn.addCredential", {"authenticatorId": plugged, "credential": credential})


def test_a_security_key_signs_in_and_opens_what_was_locked(
    browser: Browser, rig: PageRig, security_key: Authenticator
) -> None:
    with closing(new_context(browser)) as context:
        page = context.new_page()
        connect_key(context, page, security_key)
        page.goto(f"https://{NAME}:{rig.port}")
        hand = Hand(page)
        hand.touch(page.get_by_label("I acknowledge"))
        hand.touch(page.get_by_role("button", name="Sign in with a passkey"))
        expect(page.get_by_text("Unit unit-1, Ana Ruiz")).to_be_visible()
        assert (hand.touches, hand.characters) == (2, 0)
        page.get_by_role("button", name="Lock").click()
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        expect(page.locator("td")).to_have_count(0)
        expect(page.locator("#live")).to_have_text("live")
        page.get_by_role("button", name="Unlock with a passkey").click()
        expect(page.get_by_text("Unit unit-1, Ana Ruiz")).to_be_visible()
        page.get_by_role("button", name="End of shift").click()
        page.get_by_role("button", name="End shift and sign out").click()
        page.get_by_label("I acknowledge").check()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("Unit unit-1, Ana Ruiz")).to_be_visible()


def test_each_of_two_officers_sees_what_the_other_verified(browser: Browser, rig: PageRig) -> None:
    """The answer to Green v. San Francisco: the second officer assumed that the first had verified."""
    made = rig.add_hit(20, Reason.AMBER_ALERT, level=Level.URGENT)
    with closing(new_context(browser)) as first, closing(new_context(browser)) as second:
        ana, ben = open_page(first, rig, "ana"), open_page(second, rig, "ben")
        for page in (ana, ben):
            expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
            expect(page.get_by_role("heading", name="NOT CONFIRMED - VERIFY THROUGH CLETS")).to_be_visible()
        ana.get_by_role("button", name="Still on file").click()
        expect(ben.get_by_role("group", name="CLETS inquiry")).to_contain_text("still on file, Ana Ruiz")
        expect(ben.get_by_role("heading", name="awaiting agency")).to_be_visible()
        agency = ben.get_by_role("group", name="Entering agency")
        agency.get_by_label("Confirmed by").fill("Fresno PD, desk")
        agency.get_by_label("Reference no.").fill("77")
        agency.get_by_role("button", name="Confirmed").click()
        expect(ana.get_by_role("heading", name="CONFIRMED by entering agency")).to_be_visible()
        expect(ana.get_by_role("list", name="Activity")).to_contain_text("by Fresno PD, desk, 77 (Ben Ito")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages(browser: Browser, rig: PageRig, scheme: Literal["light", "dark"]) -> None:
    """WCAG 2.2 AA by axe, and a contrast of 7:1 for plates."""
    with closing(new_context(browser, scheme)) as context:
        page = open_page(context, rig, "ana")
        page.goto(f"{rig.origin}/hits/unit-1:hit-1")
        page.get_by_role("group", name="CLETS inquiry").locator("summary").click()
        check(page)
        contrast = Axe().run(page, context=".plates", options=CONTRAST_OF_7)
        assert contrast.violations_count == 0, contrast.generate_report()
        page.goto(f"{rig.origin}/hits/none")
        check(page)
        page.goto(rig.origin)
        page.get_by_role("button", name="Lock").click()
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        check(page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        check(page)


def check(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def sign_in(hand: Hand) -> None:
    page = hand.page
    hand.type(page.get_by_label("Badge"), ANA.badge)
    hand.type(page.get_by_label("Password"), PASSWORD)
    hand.type(page.get_by_label("Authenticator code"), pyotp.TOTP(SECRET).now())
    hand.touch(page.get_by_label("I acknowledge"))
    hand.touch(page.get_by_role("button", name="Sign in", exact=True))
    expect(page.get_by_text("Unit unit-1, Ana Ruiz")).to_be_visible()


def say_what_was_read(hand: Hand) -> None:
    hand.touch(hand.page.get_by_role("button", name="Correct", exact=True))
    expect(hand.page.get_by_role("group", name="Plate", exact=True)).to_contain_text("correct, Ana Ruiz")


def undo(hand: Hand) -> None:
    hand.touch(hand.page.get_by_role("group", name="Plate", exact=True).get_by_role("button", name="Undo"))
    expect(hand.page.get_by_role("group", name="Plate", exact=True)).not_to_contain_text("Ana Ruiz")


def copy_the_inquiry(hand: Hand) -> None:
    hand.touch(hand.page.get_by_role("button", name="Copy inquiry"))


def record_the_inquiry(hand: Hand) -> None:
    hand.touch(hand.page.get_by_role("button", name="Still on file"))
    expect(hand.page.get_by_role("group", name="CLETS inquiry")).to_contain_text("still on file, Ana Ruiz")


def record_the_confirmation(hand: Hand) -> None:
    group = hand.page.get_by_role("group", name="Entering agency")
    hand.type(group.get_by_label("Confirmed by"), "Fresno PD, desk")
    hand.type(group.get_by_label("Reference no."), "77")
    hand.touch(group.get_by_role("button", name="Confirmed"))
    expect(group).to_contain_text("confirmed, Ana Ruiz")


def record_another_outcome(hand: Hand) -> None:
    group = hand.page.get_by_role("group", name="Outcome")
    hand.touch(group.locator("summary"))
    hand.type(group.get_by_label("Why"), "followed")
    hand.touch(group.get_by_role("button", name="Other"))
    expect(group).to_contain_text("other, Ana Ruiz")


def correct_a_misread(hand: Hand) -> None:
    step = hand.page.get_by_role("region", name="Next step")
    hand.touch(step.locator("summary"))
    plate = step.get_by_role("textbox", name="Plate")
    expect(plate).to_have_value("7ABC123")
    plate.press("Backspace")
    hand.type(plate, "8")
    hand.touch(step.get_by_role("button", name="Save misread"))
    corrected = hand.page.get_by_role("group", name="Corrected plate")
    expect(corrected).to_contain_text("7ABC128 CA, Ana Ruiz: is being matched")
    expect(hand.page.get_by_role("heading", name="MISREAD")).to_be_visible()


def look_at_another_hit(hand: Hand) -> None:
    link = hand.page.get_by_role("navigation", name="Hits").locator("a:not([aria-current])").first
    path = link.get_attribute("href")
    hand.touch(link)
    expect(hand.page).to_have_url(re.compile(f"{path}$"))


TASKS = (
    say_what_was_read,
    undo,
    copy_the_inquiry,
    record_the_inquiry,
    record_the_confirmation,
    record_another_outcome,
    correct_a_misread,
    look_at_another_hit,
)


def test_each_task_takes_few_touches(browser: Browser, rig: PageRig, security_key: Authenticator) -> None:
    del security_key
    with closing(new_context(browser)) as context:
        page = context.new_page()
        page.goto(rig.origin)
        work(page, sign_in)
        page.set_viewport_size({"width": 1024, "height": 600})
        for number, tasks in ((30, TASKS[:-2]), (31, TASKS[-2:])):
            made = rig.add_hit(number, Reason.FELONY_VEHICLE, level=Level.URGENT)
            expect(page.locator(f'[data-hit="{made.hit_id}"]')).to_be_visible()
            for task in tasks:
                expect(page.locator("main[inert]")).to_have_count(0)
                if task is copy_the_inquiry:
                    say_what_was_read(Hand(page))  # it was undone
                check_one_screen(page)
                work(page, task)
                assert page.evaluate("scrollY") == 0, task.__name__


def check_one_screen(page: Page) -> None:
    """The plates, the pictures, the reason and the vehicle are above the bar of the next step, which is in sight."""
    page.wait_for_load_state("networkidle")
    bar = page.locator(".next").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= 600
    for place in (".plates", ".pictures .crop", ".pictures .scene"):
        box = page.locator(place).bounding_box()
        assert box is not None
        assert 0 <= box["y"] < box["y"] + box["height"] <= bar["y"] + 1, place


def work(page: Page, task: Callable[[Hand], None]) -> None:
    hand = Hand(page)
    task(hand)
    hand.check(task.__name__)
