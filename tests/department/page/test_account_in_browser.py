"""Somebody at their own account in Debian's Chromium with a security key of software, by day and by night."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, expect

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.pki.authority import TlsFiles
from tests.chromium import chromium
from tests.department.http.test_invitation_in_browser import SECURITY_KEY
from tests.department.inquiries.inquirers import SECRET, Inquirers
from tests.department.page.test_registers_in_browser import FORM_FAULT, Desk
from tests.department.people.office import DOMAIN, PASSWORD

pytestmark = pytest.mark.browser

NEW = "another river under elms"


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


@pytest.fixture
def sit(browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path) -> Callable[[str], Desk]:
    return lambda role: Desk(browser, inquirers, server.port, role, tmp_path)


def test_a_password_is_changed_after_a_fault(sit: Callable[[str], Desk]) -> None:
    with closing(sit("supervisor")) as mine:
        page = mine.go("/search")
        page.get_by_role("link", name="Account").click()
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        mine.look("1-account")
        page.get_by_role("link", name="Change the password").click()
        for again in ("something else", NEW):
            page.get_by_label("Present password").fill(PASSWORD)
            page.get_by_label("New password").fill(NEW)
            page.get_by_label("The new one again").fill(again)
            page.get_by_label("Authenticator code").fill(pyotp.TOTP(SECRET).now())
            mine.press("Change it")
            if again != NEW:
                expect(page.get_by_role("alert")).to_contain_text("The two new passwords differ")
                mine.look("2-fault")
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        assert mine.faults == [FORM_FAULT]


def test_a_passkey_is_added_confirms_and_is_removed_and_the_code_is_set_up_anew(sit: Callable[[str], Desk]) -> None:
    with closing(sit("commander")) as mine:
        page = mine.go("/account/confirm")
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": SECURITY_KEY})
        mine.look("3-confirm")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Authenticator code").fill(pyotp.TOTP(SECRET).now())
        mine.press("Confirm")
        expect(page.get_by_text("You have no passkey.")).to_be_visible()
        mine.press("Add a passkey")
        expect(page.get_by_role("button", name="Remove passkey 1")).to_be_visible()
        mine.press("Add a passkey")
        expect(page.get_by_text("this key has one already")).to_be_visible()
        mine.look("4-passkeys")
        mine.go("/account/confirm")
        mine.press("Confirm with a passkey")
        expect(page.get_by_role("heading", name="Passkeys and code")).to_be_visible()
        mine.press("Remove passkey 1")
        expect(page.get_by_text("You have no passkey.")).to_be_visible()
        page.get_by_role("link", name="Set up the code anew").click()
        page.get_by_text("No camera?").click()
        secret = page.locator("[data-secret]").inner_text().replace(" ", "")
        page.get_by_label("The six digits").fill("000000")
        mine.press("Set it up")
        expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
        mine.look("5-code")
        page.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
        mine.press("Set it up")
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        mine.look("6-account")
        assert mine.faults == [FORM_FAULT]
