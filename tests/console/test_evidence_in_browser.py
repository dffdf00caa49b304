"""A case is booked out at the page in Debian's Chromium: onto a medium, with its passphrase shown once."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.evidence.verification import verify_package
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds
from tests.chromium import WAIT_MS_MAX, chromium, faults_of
from tests.console.officers import Hand
from tests.console.page_rig import PageRig
from tests.staff import staff_person

CASE = "26-000123"
CLERK = staff_person("cara", Role.RECORDS, name="Cara Lee")
SUPERVISOR = staff_person("sam", Role.SUPERVISOR, Role.OFFICER, name="Sam Ortiz")
OTHER_DISK = next(Path(name) for name in ("/dev/shm", "/var/tmp") if not tempfile.gettempdir().startswith(name))
"""The page offers no folder on the disk of the unit's data: a medium of tests lies on another, of disk and memory."""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def media() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="alpr-edge-media-", dir=OTHER_DISK))
    (folder / "stick").mkdir()
    (folder / "a-file").write_text("no medium")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[PageRig]:
    console = f'at_speed = "never"\n[evidence]\nmedia_directory = "{media}"'
    rig = PageRig(tmp_path_factory.mktemp("evidence-browser"), (CLERK, SUPERVISOR), console=console)
    with rig.serving():
        reads = tuple(rig.add_hit(number).read_id for number in range(1, 4))
        rig._store.reads.close_open_reads()
        with rig.staff.authoriser("sam") as supervisor:
            holds = UnitHolds(rig._store.database, "unit-1", partial(new_id, "unit-1"))
            purpose = Purpose("stolen_vehicle", case=CASE)
            holds.place(supervisor, purpose, HoldRequest(HoldKind.READ, reads, CASE, "evidence"))
        yield rig


@pytest.fixture(scope="module")
def browser(rig: PageRig, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(require_tool("chromium"), rig.certificate, "car.test") as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with closing(browser.new_context(viewport=ViewportSize(width=1280, height=800))) as context:
        context.set_default_timeout(WAIT_MS_MAX)
        yield context


@pytest.fixture
def page(context: BrowserContext, rig: PageRig) -> Page:
    cookie = {"name": "__Host-session", "value": rig.token("cara"), "url": rig.origin, "secure": True}
    context.add_cookies([{**cookie, "sameSite": "Strict", "httpOnly": True}])  # type: ignore[typeddict-item] # of playwright's dictionary
    page = context.new_page()
    page.goto(rig.origin)
    return page


def touch_twice(page: Page, name: str) -> None:
    """Touch a button twice as a hand does in a car that shakes."""
    x, y, width, height = page.get_by_role("button", name=name).evaluate(
        "it => { it.scrollIntoView(); const b = it.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; }"
    )
    page.mouse.dblclick(x + width / 2, y + height / 2, delay=20)


def test_a_case_is_booked_out_in_few_touches_and_its_passphrase_is_shown_once(
    page: Page, rig: PageRig, media: Path
) -> None:
    faults, hand = faults_of(page), Hand(page)
    hand.touch(page.get_by_role("link", name="Evidence"))
    hand.touch(page.locator("label", has_text="stolen vehicle or plate"))
    hand.type(page.get_by_role("textbox", name="Case"), CASE)
    hand.type(page.get_by_label("Media no."), "M-7")
    hand.touch(page.get_by_role("button", name="Write the package"))
    expect(page.get_by_role("heading", name="The package is on the medium")).to_be_visible()
    expect(page.get_by_text("3 reads, 3 hits, 6 pictures")).to_be_visible()
    hand.touch(page.get_by_role("button", name="Show the passphrase, once"))
    passphrase = page.locator(".plate").inner_text()
    hand.check("book_evidence_out")
    (package,) = (media / "stick").iterdir()
    assert verify_package(package, lambda *_: None, passphrase=passphrase).faults == ()
    page.reload()
    expect(page.get_by_role("heading", name="Export evidence")).to_be_visible()
    assert passphrase not in page.content()
    page.go_back()
    expect(page.get_by_text("The passphrase was shown")).to_be_visible()
    assert faults == []
    assert not [screen for screen in hand.screens if CASE in screen or passphrase in screen]
    assert passphrase not in "".join(str(record) for record in rig.staff.records())


def test_a_button_that_is_touched_twice_sends_once_and_the_passphrase_is_on_the_screen(page: Page, media: Path) -> None:
    before, sent = set((media / "stick").iterdir()), list[str]()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("link", name="Evidence").click()
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("textbox", name="Case").fill(CASE)
    touch_twice(page, "Write the package")
    expect(page.get_by_role("heading", name="The package is on the medium")).to_be_visible()
    touch_twice(page, "Show the passphrase, once")
    passphrase = page.locator(".plate").inner_text()
    (package,) = set((media / "stick").iterdir()) - before
    assert verify_package(package, lambda *_: None, passphrase=passphrase).faults == ()
    assert len(sent) == 2
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name=f"Case {CASE}: on the medium, passphrase shown").first).to_be_visible()


def test_what_will_not_do_is_said_beside_the_form_and_no_package_is_written(page: Page, media: Path) -> None:
    before = sorted((media / "stick").iterdir())
    page.goto(page.url.rstrip("/").removesuffix("/health") + "/evidence")
    expect(page.get_by_text("a-file")).to_have_count(0)
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("textbox", name="Case").fill("26-999999")
    page.get_by_role("button", name="Write the package").click()
    expect(page.get_by_role("heading", name="No package was written")).to_be_visible()
    expect(page.get_by_text("No read is held under case 26-999999")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("textbox", name="Case").fill("what case")
    page.get_by_role("button", name="Write the package").click()
    expect(page.get_by_role("alert")).to_contain_text("A case number looks like")
    assert sorted((media / "stick").iterdir()) == before


def test_another_session_sees_nothing_of_an_export(page: Page, rig: PageRig, media: Path) -> None:
    page.goto(f"{rig.origin}/evidence")
    page.locator("label", has_text="stolen vehicle or plate").click()
    page.get_by_role("textbox", name="Case").fill(CASE)
    page.locator("label", has_text="plates alone").click()
    page.get_by_role("button", name="Write the package").click()
    expect(page.get_by_role("heading", name="The package is on the medium")).to_be_visible()
    address = page.url.removeprefix(rig.origin)
    with rig.client("sam") as other:
        assert other.get(address).status_code == 404
        assert other.post(f"{address}/passphrase").status_code == 404
    with rig.client("cara") as again:
        assert again.get(address).status_code == 404, "of the same person, at another sign-in"
