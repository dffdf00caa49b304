"""A request, an audit and an incident, each its whole way in Debian's Chromium by two people, by day and by night."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.inquirers import Inquirers, begin_session
from tests.department.page.page_office import HOST, PICTURED, seen_times
from tests.department.page.test_hits_in_browser import RULES
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser
_REFUSED = HTTPStatus(422)
"""Python has called it by two names."""
FORM_FAULT = f"Failed to load resource: the server responded with a status of 422 ({_REFUSED.phrase})"
"""What the browser's console says of a form that came back with a fault."""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser(clerks: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(clerks.directory).certificate, DOMAIN) as browser:
        yield browser


class Desk:
    """Somebody of a role at the page."""

    def __init__(self, browser: Browser, clerks: Inquirers, port: int, role: str, folder: Path) -> None:
        self._address, self._folder = f"https://{DOMAIN}:{port}", folder
        self._context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        self._context.set_default_timeout(WAIT_MS_MAX)
        with open_office(clerks.directory) as office:
            token = begin_session(office, clerks.ids[role], COMPONENT, HOST)
        cookie = {"name": COOKIE, "value": token, "url": self._address, "secure": True, "httpOnly": True}
        self._context.add_cookies([cookie])  # type: ignore[list-item]
        self.page: Page = self._context.new_page()
        self.faults = faults_of(self.page)

    def go(self, path: str) -> Page:
        self.page.goto(f"{self._address}{path}")
        return self.page

    def look(self, name: str) -> None:
        """Keep the page as it looks by day and by night, once it breaks no rule."""
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme)
            found = Axe().run(self.page, options=RULES)
            assert found.violations_count == 0, found.generate_report()
            self.page.screenshot(path=self._folder / f"{name}-{theme}.png", full_page=True)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def sit(
    browser: Browser, clerks: Inquirers, register_server: DepartmentPageServer, tmp_path: Path
) -> Callable[[str], Desk]:
    return lambda role: Desk(browser, clerks, register_server.port, role, tmp_path)


def enter_request(clerk: Desk, letter: Path) -> None:
    """Enter a request, at first with a fault in it."""
    page, (begin, end) = clerk.go("/releases/new"), seen_times()
    page.get_by_label("Agency", exact=True).fill("County Sheriff")
    page.get_by_label("Person who asks").fill("Lt. A. Ruiz")
    page.get_by_label("It is").select_option("law_enforcement")
    page.get_by_label("Whose").select_option("in_state")
    page.get_by_label("Purpose").select_option("criminal_investigation")
    page.get_by_label("In the agency's words").fill("a series of burglaries")
    page.get_by_label("Plates, with commas").fill("?")
    page.get_by_label("From").fill(begin)
    page.get_by_label("To", exact=True).fill(end)
    page.get_by_label("Pictures").select_option("plates")
    page.get_by_label("The written request").set_input_files(letter)
    page.get_by_text("What becomes of a request").click()
    clerk.look("1-new")
    clerk.press("Put it on file")
    expect(page.get_by_role("alert")).to_contain_text("A request names the plates")
    expect(page.get_by_label("Person who asks")).to_have_value("Lt. A. Ruiz")
    clerk.look("2-fault")
    page.get_by_label("Plates, with commas").fill(f"{PICTURED}, 8ABC123")
    page.get_by_label("The written request").set_input_files(letter)
    clerk.press("Put it on file")
    expect(page.get_by_role("heading", name="County Sheriff: waiting")).to_be_visible()
    clerk.look("3-waiting")


def test_a_request_is_entered_by_one_approved_by_another_and_handed_over(
    sit: Callable[[str], Desk], tmp_path: Path
) -> None:
    letter = tmp_path / "request.pdf"
    letter.write_bytes(b"%PDF-1.7 Dear Commander")
    with closing(sit("records")) as clerk, closing(sit("commander")) as other:
        page = clerk.page
        enter_request(clerk, letter)
        decision = other.go("/releases")
        other.look("4-list")
        decision.locator(".row-link").first.click()
        decision.get_by_label("Only these plates").fill(PICTURED)
        other.look("5-review")
        other.press("Approve")
        expect(decision.get_by_role("heading", name="County Sheriff: approved")).to_be_visible()
        page.reload()
        clerk.press("Make it")
        expect(page.get_by_role("heading", name="The package is made")).to_be_visible()
        clerk.look("6-package")
        clerk.press("Show the passphrase")
        expect(page.locator(".passphrase")).not_to_be_empty()
        clerk.look("7-passphrase")
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the package").click()
        assert saved.value.suggested_filename.endswith("-1.zip")
        page.get_by_role("link", name="The request").click()
        page.get_by_label("It is the file that waits here").check()
        page.get_by_label("How, and to whom").fill("by courier to Lt. Ruiz")
        clerk.look("8-packaged")
        clerk.press("Note it")
        for button, state in (("It has the package", "confirmed"), ("What it used it for", "reported")):
            page.get_by_label("Its words, or where its letter is kept").fill("letter of Monday, file 12")
            clerk.press(button)
            expect(page.get_by_role("heading", name=f"County Sheriff: {state}")).to_be_visible()
        clerk.look("9-reported")
        other.go("/releases").get_by_role("button", name="Show the register").click()
        expect(decision.get_by_role("heading", name="Register of requests")).to_be_visible()
        other.look("10-register")
        assert (clerk.faults, other.faults) == ([FORM_FAULT], [])


def test_an_audit_is_reviewed_by_one_and_signed_off_by_another(sit: Callable[[str], Desk]) -> None:
    with closing(sit("auditor")) as first, closing(sit("commander")) as second:
        page = first.go("/audits")
        page.get_by_label("Days:").fill("May")
        first.press("Draw it")
        expect(page.get_by_role("alert")).to_contain_text("May: no days")
        page.get_by_label("Days:").fill("")
        first.look("11-plan")
        first.press("Draw it")
        expect(page.get_by_role("heading", name="Audit 1")).to_be_visible()
        page.get_by_label("explained").check()
        page.get_by_label("Why; needed unless").fill("one case, 26-001234")
        first.look("12-sample")
        first.press("Note it")
        expect(page.get_by_text("explained, Auditor: one case").first).to_be_visible()
        other = second.go("/audits/1")
        other.get_by_label("What comes of it").fill("nothing to object to")
        second.look("13-sign-off")
        second.press("Sign off")
        expect(other.get_by_role("heading", name="signed off")).to_be_visible()
        second.press("Report, for the file")
        expect(other.get_by_role("heading", name="Report on audit 1")).to_be_visible()
        second.look("14-report")
        assert (first.faults, second.faults) == ([FORM_FAULT], [])


def test_an_incident_is_entered_by_one_and_closed_by_another(sit: Callable[[str], Desk]) -> None:
    known = f"{(datetime.now(UTC) - timedelta(hours=1)).astimezone():%Y-%m-%dT%H:%M}"
    with closing(sit("supervisor")) as first, closing(sit("commander")) as second:
        page = first.go("/incidents/new")
        page.get_by_label("Kind").select_option("breach")
        page.get_by_label("What happened").fill("A stick with a package was lost on the way.")
        page.get_by_label("When it was known").fill(known)
        page.get_by_label("Who told").fill("Lt. A. Ruiz")
        first.look("15-incident")
        first.press("Put it on file")
        expect(page.get_by_role("heading", name="Incident 1: breach, open")).to_be_visible()
        other = second.go("/incidents/1")
        other.get_by_label("How it ended").fill("The stick was found.")
        second.press("Close it")
        expect(other.get_by_role("alert")).to_contain_text("A breach is closed once its notices are on file")
        second.look("16-open")
        other.get_by_label("Notices, a line each").fill("to A. B., today, by letter")
        second.press("Close it")
        expect(other.get_by_role("heading", name="Incident 1: breach, closed")).to_be_visible()
        second.look("17-closed")
        second.go("/incidents")
        second.look("18-incidents")
        assert (first.faults, second.faults) == ([], [FORM_FAULT])
