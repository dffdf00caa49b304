"""The way of an investigator through the department's page, in Debian's Chromium, by day and by night."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.inquirers import SECRET, Inquirers, begin_session
from tests.department.page.page_office import HOST, PICTURED, newest
from tests.department.people.office import DOMAIN, PASSWORD

pytestmark = pytest.mark.browser

PEOPLE = {"light": "commander", "dark": "supervisor"}
"""Each code is good once, so each theme has somebody of its own."""


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


@pytest.fixture(params=["light", "dark"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    with closing(browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})) as some:
        some.set_default_timeout(WAIT_MS_MAX)
        yield some


def sign_in(page: Page, server: DepartmentPageServer, role: str) -> None:
    page.goto(f"https://{DOMAIN}:{server.port}/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Badge or e-mail address").fill(f"{role}@modesto.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Authenticator code").fill(pyotp.TOTP(SECRET).now())
    page.get_by_label("I acknowledge").check()


def test_an_investigator_signs_in_searches_looks_and_signs_out(
    context: BrowserContext,
    inquirers: Inquirers,
    server: DepartmentPageServer,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    theme, page = request.node.callspec.params["context"], context.new_page()
    faults = faults_of(page)
    sign_in(page, server, PEOPLE[theme])
    page.screenshot(path=tmp_path / f"{theme}-1-sign-in.png", full_page=True)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Search the reads of all units")).to_be_visible()
    page.get_by_label("Stolen vehicle", exact=False).first.check()
    page.get_by_label("Plates (? one, * any number)").fill("7?IC4*")
    page.screenshot(path=tmp_path / f"{theme}-2-search.png", full_page=True)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("link", name=PICTURED)).to_be_visible()
    expect(page.get_by_role("heading", name="Limits of this search")).to_be_visible()
    page.screenshot(path=tmp_path / f"{theme}-3-results.png", full_page=True)
    page.get_by_role("link", name=PICTURED).click()
    for name in ("License plate as read", "The scene"):
        picture = page.get_by_role("img", name=name)
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
    page.screenshot(path=tmp_path / f"{theme}-4-read.png", full_page=True)
    assert re.search(r"\b7[A-Z]?IC4", page.url) is None
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.screenshot(path=tmp_path / f"{theme}-5-locked.png", full_page=True)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    page.evaluate("localStorage.setItem('kept', '1')")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0, "what scripts kept is gone with the session"
    assert context.cookies() == []
    assert faults == []
    assert {each.person_id for each in newest(inquirers, 4)} == {inquirers.ids[PEOPLE[theme]]}


@pytest.mark.parametrize(("button", "heading"), [("Lock", "Locked"), ("Sign out", "Sign in")])
def test_results_leave_every_page_once_the_session_is_locked_or_ends(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, button: str, heading: str
) -> None:
    address = f"https://{DOMAIN}:{server.port}"
    with open_office(inquirers.directory) as office:
        token = begin_session(office, inquirers.ids["officer"], COMPONENT, HOST)
    with closing(browser.new_context()) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        context.add_cookies([{"name": COOKIE, "value": token, "url": address, "secure": True, "httpOnly": True}])
        page, second = context.new_page(), context.new_page()
        faults = [faults_of(each) for each in (page, second)]
        page.goto(f"{address}/search")
        page.get_by_label("Stolen vehicle", exact=False).first.check()
        page.get_by_label("Plates (? one, * any number)").fill(PICTURED)
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_role("link", name=PICTURED)).to_be_visible()
        page.wait_for_load_state()
        second.goto(f"{address}/search")
        second.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page.get_by_text(PICTURED)).to_have_count(0)
        assert faults == [[], []]
