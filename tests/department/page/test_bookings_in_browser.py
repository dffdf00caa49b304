"""A case is booked out in Debian's Chromium: the form, what was made, and its file, by day and by night."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.pki.authority import TlsFiles
from tests.chromium import chromium, faults_of
from tests.department.evidence.test_bookings import CASE
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.test_bookings_page import hold_pictured
from tests.department.page.test_cases_in_browser import THEMES, Theme, look, open_page, show_case
from tests.department.people.office import DOMAIN

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(inquirers: Inquirers, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), TlsFiles(inquirers.directory).certificate, DOMAIN) as browser:
        yield browser


@pytest.mark.parametrize("theme", THEMES)
def test_a_case_is_booked_out_and_saved(
    browser: Browser, inquirers: Inquirers, server: DepartmentPageServer, theme: Theme, tmp_path: Path
) -> None:
    hold_pictured(inquirers, tmp_path)
    with closing(open_page(browser, inquirers, server, theme)) as context:
        page = context.pages[0]
        faults = faults_of(page)
        show_case(page, "Evidence", "Show packages")
        page.get_by_role("link", name="Book the case out").click()
        look(page, f"Book case {CASE} out", tmp_path / f"{theme}-form.png")
        page.get_by_label("Media no.").fill(f"M-{theme}")
        page.get_by_label("To whom it goes").fill("District attorney")
        page.get_by_role("button", name="Make the package").click()
        look(page, f"Case {CASE} is booked out", tmp_path / f"{theme}-booked.png")
        with page.expect_download() as download:
            page.get_by_role("link", name="Save the package").click()
        download.value.save_as(tmp_path / "saved.zip")
        assert (tmp_path / "saved.zip").read_bytes()[:2] == b"PK"
        page.get_by_role("link", name="Packages of the case").click()
        expect(page.get_by_text(f"M-{theme}", exact=True)).to_be_visible()
        expect(page.get_by_text("at the department, of all units").first).to_be_visible()
        assert faults == []
