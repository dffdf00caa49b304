"""Health at the page in Debian's Chromium: the strip changes by itself, and takes no room that a stop needs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.console.page_parts import counted_title
from alpr_edge.domain.alerting import Level
from alpr_edge.web.visitor import COOKIE
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.page_rig import PageRig
from tests.services.unit_health.car import Car
from tests.services.unit_health.health_reports import CONSOLE, RUN, with_faults, with_figures

REPOSITORY = Path(__file__).parents[2]
TROUBLES = with_faults(
    Fault(FaultKind.CAMERA, "camera front", "camera front: no picture for 5 s"),
    Fault(FaultKind.LIST_RED, "doj", "list doj is red"),
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("health-browser"))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture(scope="module")
def car(rig: PageRig) -> Iterator[Car]:
    with Car(rig.staff.unit.unit.runtime_directory) as car:
        yield car


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


def sign_in(browser: Browser, rig: PageRig, person: str) -> Page:
    context = browser.new_context(viewport=ViewportSize(width=1024, height=600))
    context.set_default_timeout(WAIT_MS_MAX)
    cookie = {"name": COOKIE, "value": rig.token(person), "url": rig.origin, "secure": True, "sameSite": "Strict"}
    context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item] # of playwright's dictionary
    page = context.new_page()
    page.goto(rig.origin)
    expect(page.locator("#live")).to_have_text("live")
    return page


def test_the_strip_changes_by_itself_and_leads_to_what_to_do(browser: Browser, rig: PageRig, car: Car) -> None:
    car.tell(RUN, CONSOLE)
    page = sign_in(browser, rig, "officer")
    faults = faults_of(page)
    strip = page.locator("#health")
    expect(strip).to_contain_text("All OK")
    car.tell(TROUBLES)
    expect(strip).to_contain_text("camera front: no pictures")
    button = page.get_by_role("button", name="Correct", exact=True)
    assert button.evaluate("it => it.getBoundingClientRect().bottom") <= 600, "the first answer stays in sight"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024, "nothing is cut off to the right"
    part = page.locator("#health a").first
    assert part.evaluate("it => it.getBoundingClientRect().height") >= 56
    part.press("Enter")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="camera front"))
    expect(row).to_contain_text("Check its cable")
    car.tell(RUN)
    expect(strip).to_contain_text("All OK")
    expect(row).to_contain_text("pictures a second are read")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Hits").click()
    expect(page.get_by_text("NOT CONFIRMED - VERIFY THROUGH CLETS")).to_be_visible()
    assert faults == []


def test_an_officer_hears_of_a_hit_at_the_page_of_health(browser: Browser, rig: PageRig, car: Car) -> None:
    car.tell(RUN, CONSOLE)
    page = sign_in(browser, rig, "officer")
    faults = faults_of(page)
    page.goto(f"{rig.origin}/health")
    expect(page.locator("#waiting")).to_have_text("1 waiting")
    expect(page).to_have_title("! Health (1)")
    rig.add_hit(2, level=Level.URGENT)
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    expect(page).to_have_title("! Health (2)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024, "nothing is cut off to the right"
    with rig.client("officer") as client:
        for number in (1, 2):
            client.post(f"/hits/unit-1:hit-{number}/answers", data={"part": "read", "answer": "dismissed"})
    expect(page.locator("#waiting")).to_have_text("")
    expect(page).to_have_title("Health")
    assert page.url == f"{rig.origin}/health"
    assert faults == []


def test_what_raises_the_window_knows_the_title_of_every_page() -> None:
    script = (REPOSITORY / "scripts/workstation/raise-page.ps1").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"MainWindowTitle -match '(.*?)'", script)
    names = {
        name
        for template in (REPOSITORY / "alpr_edge/console/templates").glob("*.html")
        for name in re.findall(r"block title %}([A-Z].*?){%", template.read_text(encoding="utf-8"))
    }
    assert {"Search", "Entries", "Evidence", "Earlier reads"} <= names
    for name in names | {"Hits", "Health", "Locked"}:
        assert re.match(pattern, f"{counted_title(name, 2)} - Edge"), name
        assert not re.match(pattern, f"{counted_title(name, 0)} - Edge"), name


def test_a_technician_sees_health_live_and_no_hit(browser: Browser, rig: PageRig, car: Car) -> None:
    page = sign_in(browser, rig, "technician")
    faults = faults_of(page)
    assert page.url == f"{rig.origin}/health"
    car.tell(with_figures(RUN, utc_source="unknown"))
    expect(page.locator("#health")).to_contain_text("clock: not confirmed")
    expect(page.locator("tr", has=page.get_by_role("rowheader", name="clock"))).to_contain_text("Drive under open sky.")
    expect(page).to_have_title("Health")
    assert page.locator("#waiting").count() == 0
    assert page.get_by_text("7ABC123").count() == page.get_by_role("link", name="Hits").count() == 0
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("button", name="Unlock", exact=True)).to_be_visible()
    assert page.get_by_text("doj-svs").count() == 0
    assert faults == []
