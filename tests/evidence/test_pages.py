"""The pages of a package as a prosecutor opens them: from a folder that is read-only, without a network, on paper."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from alpr_edge.department.pki.authority import Authority
from alpr_edge.evidence.package import write_package
from tests.chromium import QUIET, faults_of
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import HOSTILE, CaseLog, package_content, package_read, vouched_signer

READS = 203
PAGES = ("data/pages/reads-00001-00200.html", "data/pages/reads-00201-00400.html")
CANVASS = "data/canvasses/1"
CANVASS_PAGE = f"{CANVASS}/reads-00201-00400.html"


def jpeg(width: int, height: int, text: str) -> bytes:
    picture = Image.new("RGB", (width, height), (90, 110, 130))
    ImageDraw.Draw(picture).text((width // 4, height // 2), text, fill=(250, 250, 250))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    folder, log = tmp_path_factory.mktemp("court") / "case", CaseLog()
    log.append(3)
    crop, scene = jpeg(180, 60, "7ABC001"), jpeg(960, 540, "a street")
    reads = (package_read(number, crop, scene, with_hit=number in {1, 202}) for number in range(1, READS + 1))
    content = package_content(reads, READS, log.part((1, 2), 3, authority))
    write_package(content, FolderTarget(folder), vouched_signer(authority), lambda _done, _total: None)
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


class _Links(HTMLParser):
    """What a page leads to, and which scripts and events are in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.active += [name for name, _ in attrs if name.startswith("on")]
        self.active += [tag] if tag in {"script", "iframe", "object", "embed", "form", "link"} else []


def test_every_link_leads_to_a_file_of_the_package_and_nothing_is_active(case: Path) -> None:
    pages = [case / "index.html", *sorted((case / "data/pages").iterdir())]
    assert [page.name for page in pages] == ["index.html", "access-001.html", *(Path(page).name for page in PAGES)]
    canvass_pages = sorted((case / CANVASS).glob("*.html"))
    assert [page.name for page in canvass_pages] == ["canvass.html", *(Path(page).name for page in PAGES)]
    for page in (*pages, *canvass_pages):
        parser = _Links()
        parser.feed(page.read_text(encoding="utf-8"))
        assert not parser.active
        for link in parser.links:
            parts = urlsplit(link)
            assert (parts.scheme, parts.netloc) == ("", "")
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_file()
            assert target.is_relative_to(case)
            assert not parts.fragment or f'id="{parts.fragment}"' in target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(require_tool: Callable[[str], str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=require_tool("chromium"), args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", PAGES[1], "data/pages/access-001.html", CANVASS_PAGE])
def test_pages_open_offline_with_their_pictures_and_print(name: str, case: Path, page: Page) -> None:
    faults, asked, dialogs = faults_of(page), list[str](), list[str]()
    failed = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto((case / name).as_uri())
    assert page.title()
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        assert box is not None
        assert box["width"] > 100
        assert box["height"] > 30
    assert (faults, failed, dialogs) == ([], [], [])
    assert all(url.startswith(case.as_uri()) for url in asked)
    pictures = [url for url in asked if url.endswith(".jpg")]
    shown = {PAGES[1]: {"crop.jpg": 3, "scene.jpg": 3}, CANVASS_PAGE: {"crop.jpg": 3}}
    assert Counter(url.rpartition("/")[2] for url in pictures) == shown.get(name, {})
    assert page.pdf(format="Letter", print_background=True).startswith(b"%PDF-")


@pytest.mark.browser
def test_a_hit_is_told_with_what_differs_and_with_texts_of_others_as_text(case: Path, page: Page) -> None:
    page.goto(f"{(case / PAGES[1]).as_uri()}#read-00202")
    article = page.locator("#read-00202")
    assert article.locator("td.differs").all_inner_texts() == ["B", "8"]
    text = article.inner_text()
    assert "the texts differ" in text
    assert HOSTILE in text
    assert "37.64" in text
    assert "120.98" in text
    assert "2026-05-04 12:30:00.123 UTC" in text
    assert "by the unit's clock, which a receiver or time server had set; off by 12 ms at most" in text
    assert "stored as sent" in text


@pytest.mark.browser
def test_the_start_page_leads_everywhere_and_tells_how_to_verify(case: Path, page: Page, authority: Authority) -> None:
    page.goto((case / "index.html").as_uri())
    text = page.locator("body").inner_text()
    for words in ("minisign -V -p keys/signing.pub -m tagmanifest-sha256.txt", "sha256sum -c", authority.fingerprint):
        assert words in text
    assert page.locator("svg polygon.area").count() == 1
    assert page.locator("svg circle.point").count() > 50
    page.get_by_role("link", name="reads 201 to 203").click()
    page.get_by_role("link", name="earlier reads").first.click()
    page.get_by_role("link", name="start page").first.click()
    page.get_by_role("link", name="accesses 1 to 2").click()
    assert "Ana Ruiz, Modesto PD" in page.locator("body").inner_text()


@pytest.mark.browser
def test_a_canvass_is_told_with_map_table_and_candidates(case: Path, page: Page) -> None:
    page.goto((case / "index.html").as_uri())
    page.get_by_role("link", name="canvass 1").click()
    text = page.locator("body").inner_text()
    for words in ("Canvass of incident 26-1042", f"by {HOSTILE}", "500 m around 37.64450, -120.98550", "7AB*"):
        assert words in text
    assert page.locator("svg.canvass-map .canvass-area").count() == 1
    assert page.locator("svg.canvass-map .canvass-way").count() == 1
    assert page.locator("svg.canvass-map .canvass-candidate").count() > 0
    assert page.get_by_text("7AB* as read (97 %)").count() == 21, "every tenth of 203"
    page.get_by_role("link", name="reads 201 to 203").click()
    page.get_by_role("link", name="earlier reads").first.click()
    row = page.locator("tbody tr").nth(10)
    assert row.locator("td").all_inner_texts()[2:4] == [HOSTILE, "7ABC011"]
    row.get_by_role("link").click()
    assert page.url == f"{(case / PAGES[0]).as_uri()}#read-00011"
