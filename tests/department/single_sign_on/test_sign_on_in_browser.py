"""The way to the provider and back in Debian's Chromium: no cookie is lost between the two sites, no rule is broken."""

import re
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import Page, expect

from alpr_edge.department.pki.authority import TlsFiles
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.department.inquiries.inquirers import SECRET
from tests.department.people.office import DOMAIN
from tests.department.single_sign_on.rig import SignOnRig

pytestmark = [pytest.mark.browser, pytest.mark.lengthy]


@pytest.fixture
def page(rig: SignOnRig, require_tool: Callable[[str], str]) -> Iterator[Page]:
    certificate = TlsFiles(rig.inquirers.directory).certificate
    with chromium(require_tool("chromium"), certificate, DOMAIN) as browser:
        context = browser.new_context(ignore_https_errors=True)  # the provider's authority is of this test
        context.set_default_timeout(WAIT_MS_MAX)
        yield context.new_page()


def test_to_the_provider_and_back_with_a_code_of_ones_own(page: Page, rig: SignOnRig) -> None:
    rig.provider.subject, rig.provider.claims = "officer", {"acr": "low"}
    faults = faults_of(page)
    page.goto(f"https://{DOMAIN}:{rig.server.port}/")
    page.get_by_label("I have read the notice above").check()
    page.get_by_role("button", name="Single sign-on").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_label("Authenticator code").fill(pyotp.TOTP(SECRET).now())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Search the reads of all units")).to_be_visible()
    rig.provider.claims = {}
    page.get_by_role("button", name="Lock").click()
    page.get_by_role("link", name="Sign in anew, also by single sign-on").click()
    page.get_by_label("I have read the notice above").check()
    page.get_by_role("button", name="Single sign-on").click()
    expect(page.get_by_role("heading", name="Search the reads of all units")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"^{rig.provider.issuer}/end\?"))
    assert faults == []
