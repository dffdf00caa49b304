"""That a complete list of which far more lines are left out for their reason than before is told."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.cli.hotlist.feed_words import unknown_words_lines
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.publishing.feed_check import FeedToPublish
from alpr_edge.department.publishing.list_publisher import ListPublisher
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, ListStore, import_feed
from alpr_edge.hotlist.ingest.report import Refusals, dismiss_refusal, read_report
from tests.hotlist.feed_texts import NOW, csv_text

TOLD = "12 of 100 lines left out for their reason, of the list before 2.0%; look at whether their reasons are meant"


def text_with(withheld: int, lines: int = 100, rejected: int = 0) -> bytes:
    words = ["immigration violator"] * withheld + ["stolen"] * (lines - withheld)
    bad = ["7BADPLATE0123456789,stolen,CA"] * rejected
    return csv_text(*(f"ABC{number:03},{reason},CA" for number, reason in enumerate(words)), *bad)


@pytest.fixture
def bolo(tmp_path: Path) -> ImportRequest:
    return ImportRequest(tmp_path / "list.csv", "bolo", FormatName.GENERIC_CSV)


def import_text(lists: ListStore, request: ImportRequest, text: bytes) -> ImportReport:
    request.path.write_bytes(text)
    return import_feed(request, lists, NOW)


def test_a_rise_is_told_by_the_import_the_report_and_health(lists: ListStore, bolo: ImportRequest) -> None:
    refusals = Refusals(lists.directory)
    assert import_text(lists, bolo, text_with(2)).notices == ()
    assert refusals.left_out() == {}
    report = import_text(lists, bolo, text_with(12))
    assert report.notices == (TOLD,)
    kept = read_report(lists.directory, "bolo")
    assert unknown_words_lines(kept) == [TOLD]
    assert refusals.left_out() == {"bolo": "12 of 100 lines left out for their reason"}
    assert import_text(lists, bolo, text_with(12)).notices == ()
    assert refusals.left_out() == {}


@pytest.mark.parametrize("withheld", [0, 2, 4])
def test_a_share_near_the_one_before_is_not_told(lists: ListStore, bolo: ImportRequest, withheld: int) -> None:
    import_text(lists, bolo, text_with(2))
    assert import_text(lists, bolo, text_with(withheld)).notices == ()


def test_a_refused_feed_and_a_change_between_are_passed_over(lists: ListStore, bolo: ImportRequest) -> None:
    import_text(lists, bolo, text_with(2))
    change = replace(bolo, change=ListChange.ADDITIONS)
    assert import_text(lists, change, text_with(withheld=5, lines=10)).notices == ()
    with pytest.raises(FeedError, match="lines were rejected"):
        import_text(lists, bolo, text_with(0, rejected=10))
    dismiss_refusal(lists.directory, "bolo")
    assert import_text(lists, bolo, text_with(12)).notices == (TOLD,)


def test_a_dry_run_tells_it_and_leaves_the_share_before(lists: ListStore, bolo: ImportRequest) -> None:
    import_text(lists, bolo, text_with(2))
    for _ in range(2):
        assert import_text(lists, replace(bolo, dry_run=True), text_with(12)).notices == (TOLD,)


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[ListPublisher]:
    directory = tmp_path / "department"
    directory.mkdir(mode=0o700)
    (directory / "department.toml").write_text('[[feed]]\nname = "bolo"\nformat = "generic-csv"\n')
    with closing(Storage(directory)) as storage:
        yield ListPublisher(storage.directory, storage.database)


def test_the_department_tells_it_before_it_publishes(publisher: ListPublisher, tmp_path: Path) -> None:
    feed = FeedToPublish(tmp_path / "feed.csv", "bolo")
    for withheld, notices in ((2, ()), (12, (TOLD,)), (12, ())):
        feed.path.write_bytes(text_with(withheld))
        check = publisher.check(feed)
        assert check is not None
        assert check.notices == notices
        publisher.publish(feed, "login:chief", check)
