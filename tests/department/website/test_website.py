"""A month is counted, published once, corrected with a word, and checked by anybody; on each engine."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import jsonschema_rs
import pytest

from alpr_edge.department.website.publications import FILE_NAME
from alpr_edge.department.website.site_check import check_roots, check_site
from alpr_edge.department.website.site_folder import write_site
from alpr_edge.domain.errors import AuditError, DepartmentError, ReportError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.publication.published_month import PublishedMonth
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import Office
from tests.department.website.publisher_office import add_settings, fill, publisher_of, site_of

SEPTEMBER, OCTOBER = datetime(2026, 9, 15, 12, tzinfo=UTC), datetime(2026, 10, 15, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Path:
    """A department that published September and October, and corrected October."""
    directory = engine.use(tmp_path_factory.mktemp("website") / "department")
    directory.mkdir(mode=0o700, exist_ok=True)
    add_settings(directory, directory.parent / "site")
    office = Office(directory)
    for middle in (SEPTEMBER, OCTOBER):
        fill(office, middle)
    office.storage.close()
    for month, reason in (("2026-09", ""), ("2026-10", ""), ("2026-10", "a car delivered late")):
        publish(directory, month, reason)
    return directory


def publish(directory: Path, month: str, reason: str = "", now: datetime = NOW) -> PublishedMonth:
    with publisher_of(directory, now) as (publisher, _):
        return publisher.publish(month, reason, now, lambda _: None)


def rows_of(month: PublishedMonth, name: str) -> tuple[dict[str, int], int | None, int | None]:
    table = month.table(name)
    return {row.labels[0]: row.count for row in table.rows}, table.others, table.total


@pytest.fixture(scope="module")
def site(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, site_of(directory, NOW))
    return folder


def test_a_month_is_counted_from_reads_hits_and_both_kinds_of_logs(directory: Path) -> None:
    with publisher_of(directory, NOW) as (publisher, _):
        first, second, corrected = publisher.months().months
    figures = {figure.name: figure.count for figure in second.figures}
    assert (figures["reads"], figures["reviews"], figures["refused_searches"]) == (7, 1, 0)
    assert rows_of(second, "hits_by_verification") == ({"not confirmed": 6}, 0, 6)
    assert rows_of(second, "searches_by_place") == ({"in cars": 6, "at the department": 7}, 0, 13)
    assert rows_of(second, "searches_by_purpose") == ({}, 13, 13)  # one audit: told with the others
    assert rows_of(second, "requests") == ({}, None, None)
    assert rows_of(second, "releases") == ({}, 0, 0)
    assert (corrected.version, corrected.correction, first.version) == (2, "a car delivered late", 1)
    assert second.log is not None
    assert (second.log.earlier_size, len(second.log.proof) > 0) == (7, True)


@pytest.mark.parametrize(
    ("month", "reason", "now", "says"),
    [
        ("2026-11", "", NOW, "not over yet"),
        ("2026-10", "", NOW, "published already"),
        ("2026-08", "wrong", NOW, "nothing to correct"),
        ("2026-09", "wrong", NOW.replace(year=2027), "would be too low"),
        ("2026-09", "a\nb", NOW, "printable"),
    ],
)
def test_a_month_is_published_once_and_whole(
    directory: Path, month: str, reason: str, now: datetime, says: str
) -> None:
    before = (directory / FILE_NAME).read_bytes()
    with pytest.raises(ReportError, match=says):
        publish(directory, month, reason, now)
    assert (directory / FILE_NAME).read_bytes() == before


def test_a_copy_is_checked_on_any_computer_and_every_change_is_found(site: Path, directory: Path) -> None:
    key = NoteKey.parse((site / "log-key.txt").read_text(encoding="utf-8"))
    result = check_site(site, key)
    assert (result.findings, result.months, result.log_records) == ((), 3, 14)
    found = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    for path, content in found.items():
        path.write_bytes(content.replace(b"2", b"3", 1) if b"2" in content else content + b"x")
        changed = check_with_any(site, key)
        path.write_bytes(content)
        assert changed, path.relative_to(site)
    (site / "more.html").write_bytes(b"")
    assert check_site(site, key).findings == ("more.html: is no part of the site",)
    (site / "more.html").unlink()
    with pytest.raises(DepartmentError, match="something else"):
        write_site(directory, {})


def check_with_any(site: Path, key: NoteKey) -> bool:
    try:
        return bool(check_site(site, key).findings)
    except AuditError:
        return True


def test_whoever_serves_the_site_may_enter_and_read_all_of_it(directory: Path, tmp_path: Path) -> None:
    """The department's commands make files for their user alone."""
    folder = tmp_path / "www" / "alpr"
    umask = os.umask(0o077)
    try:
        files = site_of(directory, NOW)
        write_site(folder, files)
        for each in (folder, folder / "2026-10"):
            each.chmod(0o700)  # as a site of an earlier release has them
        write_site(folder, files)
    finally:
        os.umask(umask)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (folder.parent, *folder.parent.rglob("*"))}
    assert modes == {(True, 0o755), (False, 0o644)}


def test_openssl_alone_checks_the_root_and_sha256sum_the_files(site: Path, require_tool: Callable[[str], str]) -> None:
    words = [require_tool("openssl"), "pkeyutl", "-verify", "-pubin", "-inkey", "log-key.pem", "-rawin"]
    root = ["-in", "2026-10/log-root.message", "-sigfile", "2026-10/log-root.sig"]
    subprocess.run([*words, *root], cwd=site, check=True, capture_output=True)
    other = subprocess.run(
        [*words, "-in", "2026-09/log-root.message", *root[2:]], cwd=site, check=False, capture_output=True
    )
    assert other.returncode != 0
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "manifest.txt"], cwd=site, check=True)


def test_counts_follow_the_schema_that_lies_with_them(site: Path) -> None:
    schema = json.loads((site / "counts.schema.json").read_bytes())
    for path in ("2026-09", "2026-10", "2026-10/version-1"):
        jsonschema_rs.validate(schema, json.loads((site / path / "counts.json").read_bytes()))
    months = json.loads((site / "counts.json").read_bytes())["months"]
    assert [(month["month"], month["version"]) for month in months] == [("2026-10", 2), ("2026-09", 1)]
    lines = (site / "counts.csv").read_text(encoding="utf-8").splitlines()
    assert "2026-10,2,requests,total,,hidden" in lines


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_every_page_has_what_wcag_asks_for_and_needs_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 6
    for page in pages:
        outline = Outline(page.read_text(encoding="utf-8"))
        assert outline.all("html")[0]["lang"] == "en"
        assert len(outline.all("title", "main", "h1")) == 3
        levels = [int(tag[1]) for tag, _ in outline.tags if tag in {"h1", "h2", "h3"}]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert all(head["scope"] in {"col", "row"} for head in outline.all("th"))
        ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        for table, region in zip(outline.all("table"), outline.all("div"), strict=True):
            assert region["tabindex"] == "0"
            assert region["aria-labelledby"] in ids
            assert "aria-labelledby" in table or outline.all("caption")
        assert not outline.all("script", "form", "iframe", "img", "object")
        for link in outline.all("a", "link"):
            target = str(link["href"])
            assert target.startswith("#") or (page.parent / target).resolve().is_file(), (page, target)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_have_contrast_by_day_and_by_night(site: Path) -> None:
    lines = [line for line in (site / "style.css").read_text(encoding="utf-8").splitlines() if "--page:" in line]
    assert len(lines) == 2
    for line in lines:
        colours = {name: luminance(value) for name, value in re.findall(r"(--[a-z]+): (#[0-9a-f]{6});", line)}
        for text, ground, least in (
            ("--text", "--page", 7.0),
            ("--quiet", "--page", 4.5),
            ("--link", "--page", 4.5),
            ("--text", "--notice", 4.5),
            ("--link", "--notice", 4.5),
            ("--line", "--page", 3.0),
        ):
            light, dark = sorted((colours[text], colours[ground]), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (text, ground)


def test_what_was_published_is_not_changed_in_the_folder(directory: Path) -> None:
    path = directory / FILE_NAME
    before = path.read_bytes()
    content = json.loads(before)
    for records in (content["records"][:-1], content["records"][::-1]):
        path.write_text(json.dumps(content | {"records": records}), encoding="utf-8")
        with pytest.raises(AuditError, match="not those that were signed"):
            publish(directory, "2026-10", "again")
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(DepartmentError, match="restore it from the backup"):
        publish(directory, "2026-10", "again")
    path.write_bytes(before)


def test_a_log_that_was_made_anew_does_not_continue_what_was_published(site: Path, directory: Path) -> None:
    """The proof of October is put in front of a September whose root was another."""
    with publisher_of(directory, NOW) as (publisher, _):
        september, october, _ = publisher.months().months
        key = publisher.witness.key
    assert check_roots([september, october], key) == 14
    assert october.log is not None
    without = october.model_copy(update={"log": october.log.model_copy(update={"earlier_size": 0, "proof": ()})})
    with pytest.raises(AuditError, match="nothing proves"):
        check_roots([september, without], key)
    with pytest.raises(AuditError, match="never published"):
        check_roots([october], key)
    wrong = october.model_copy(update={"log": october.log.model_copy(update={"proof": october.log.proof[::-1]})})
    with pytest.raises(AuditError, match="does not continue"):
        check_roots([september, wrong], key)
