"""The site in Debian's Chromium, from a folder: by day and by night, wide and as narrow as a phone, by axe's rules."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, sync_playwright

from alpr_edge.department.website.site_folder import write_site
from tests.chromium import QUIET, faults_of
from tests.department.retention.office import Office
from tests.department.website.publisher_office import add_settings, fill, publisher_of, site_of

pytestmark = [pytest.mark.browser, pytest.mark.lengthy]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGES = ("index.html", "policy.html", "checking.html", "2026-10/index.html", "2026-10/version-1/index.html")
NARROW: ViewportSize = {"width": 320, "height": 640}
"""In CSS pixels: what WCAG 1.4.10 asks pages to fit into."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    directory = tmp_path_factory.mktemp("website") / "department"
    directory.mkdir(mode=0o700)
    add_settings(directory, folder)
    office = Office(directory)
    fill(office, datetime(2026, 10, 15, 12, tzinfo=UTC))
    office.storage.close()
    for reason in ("", "a car delivered late"):
        with publisher_of(directory, NOW) as (publisher, _):
            publisher.publish("2026-10", reason, NOW, lambda _: None)
    write_site(folder, site_of(directory, NOW))
    return folder


def test_pages_meet_wcag_and_fit_a_phone(site: Path, require_tool: Callable[[str], str], tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_tool("chromium"), args=list(QUIET))
        for theme in ("light", "dark"):
            page = browser.new_context(color_scheme=theme, viewport=NARROW).new_page()
            faults = faults_of(page)
            for path in PAGES:
                page.goto(f"file://{site}/{path}")
                page.screenshot(path=tmp_path / f"{theme}-{path.replace('/', '-')}.png", full_page=True)
                root = "document.documentElement"
                assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path
            assert faults == []
            looked_at = browser.new_context(color_scheme=theme, bypass_csp=True).new_page()
            for path in PAGES:
                looked_at.goto(f"file://{site}/{path}")
                assert Axe().run(looked_at).response["violations"] == [], path
        browser.close()
