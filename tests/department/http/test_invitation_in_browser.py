"""The page of invitations in Debian's Chromium, with a security key made of software."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import People
from alpr_edge.department.pki.authority import TlsFiles
from tests.chromium import chromium, faults_of
from tests.department.people.office import DOMAIN, OFFICER, PASSWORD, make_department

SECURITY_KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_department(tmp_path_factory.mktemp("browser") / "department")


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(directory, people_port=0) as running:
        yield running


@pytest.fixture(scope="module")
def people(directory: Path) -> Iterator[People]:
    with closing(DepartmentDatabase(directory)) as database:
        yield People(directory, database)


@pytest.fixture(scope="module")
def browser(directory: Path, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    """Chromium that finds the domain on this computer and takes the key of its server for known."""
    with chromium(require_tool("chromium"), TlsFiles(directory).certificate, DOMAIN) as browser:
        yield browser


@pytest.fixture(params=["light", "dark"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    with closing(browser.new_context(color_scheme=request.param)) as some:
        some.set_default_timeout(60_000)
        yield some


def begin(page: Page, people: People, server: DepartmentServer, badge: str) -> str:
    """Invite somebody new and open their address; returns their id."""
    author = Author("login:chief", datetime.now(UTC))
    person_id = people.add(author, OFFICER | {"badge": badge, "email": ""}).person.person_id
    token = people.invite(author, person_id).token
    page.goto(f"https://{DOMAIN}:{server.people_port}/invitation#{token}")
    expect(page.get_by_label("Invitation")).to_have_value(token)
    assert page.url.endswith("/invitation")
    page.get_by_role("button", name="Begin").click()
    return person_id


def set_password_and_code(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("QR code")).to_be_visible()
    page.get_by_text("No camera?").click()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Go on").click()


def test_the_whole_invitation(
    context: BrowserContext, people: People, server: DepartmentServer, request: pytest.FixtureRequest
) -> None:
    page = context.new_page()
    faults = faults_of(page)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": SECURITY_KEY})["authenticatorId"]
    person_id = begin(page, people, server, f"3{request.node.callspec.params['context']}")
    set_password_and_code(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("1 added")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("this key has one already")).to_be_visible()
    (stored,) = devtools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
    assert (stored["rpId"], stored["isResidentCredential"]) == (DOMAIN, True)
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Your account is ready")).to_be_visible()
    overview = next(it for it in people.overviews() if it.entry.person.person_id == person_id)
    assert (overview.has_password, overview.passkeys) == (True, 1)
    assert faults == []


def test_a_key_that_verifies_nobody_is_no_passkey(
    context: BrowserContext, people: People, server: DepartmentServer
) -> None:
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = SECURITY_KEY | {"isUserVerified": False}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    begin(page, people, server, f"4{len(people.overviews())}")
    set_password_and_code(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("neither a PIN nor a finger")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Your account is ready")).to_be_visible()
