"""Lists issued in the hour that comes twice as summer time ends, which say their local time alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.formats.base import Rules
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, ListStore, import_feed
from alpr_edge.store.hotlists.generations import live
from tests.hotlist.feed_texts import clew_line, clew_text, csv_text

NOW = datetime(2026, 11, 1, 9, 11, tzinfo=UTC)
"""01:11 Pacific standard time, behind the hour that comes twice for the first time."""
IN_USE = datetime(2026, 11, 1, 8, 50, tzinfo=UTC)
SECOND = datetime(2026, 11, 1, 9, 10, tzinfo=UTC)
FOLD = timedelta(hours=1)


@pytest.fixture
def request_of(tmp_path: Path, lists: ListStore) -> ImportRequest:
    """The import of a feed whose list in use was issued at 01:50 summer time."""
    request = ImportRequest(tmp_path / "list.csv", "bolo", FormatName.GENERIC_CSV)
    assert take(request, "11/01/2026 01:50", lists, NOW - timedelta(minutes=20)).issued == IN_USE
    return request


def take(request: ImportRequest, date: str, lists: ListStore, now: datetime | None, *plates: str) -> ImportReport:
    rows = (f"{plate},Stolen,CA" for plate in ("ABC123", *plates))
    request.path.write_bytes(f"DATE{date}\r\n".encode() + csv_text(*rows))
    return import_feed(request, lists, now)


def issue_date(lists: ListStore) -> datetime | None:
    (row,) = live(lists.database)
    return row.generation.issued_at


@pytest.mark.parametrize("now", [NOW, SECOND, NOW + timedelta(days=30), None])
def test_a_list_of_the_second_hour_is_taken_as_of_that(
    lists: ListStore, request_of: ImportRequest, now: datetime | None
) -> None:
    assert take(request_of, "11/01/2026 01:10", lists, now).issued == SECOND
    assert issue_date(lists) == SECOND
    assert take(request_of, "11/01/2026 01:10", lists, now).issued == SECOND, "the same once more is not older"
    assert take(request_of, "11/01/2026 01:20", lists, NOW + FOLD).issued == SECOND + timedelta(minutes=10)


def test_additions_of_the_second_hour_are_not_lost(
    lists: ListStore, request_of: ImportRequest, loader: HotlistLoader
) -> None:
    take(replace(request_of, change=ListChange.ADDITIONS), "11/01/2026 01:10", lists, NOW, "NEW999")
    assert (len(loader.load()), issue_date(lists)) == (2, SECOND)


def test_a_table_of_the_second_hour_is_taken_as_of_that(lists: ListStore, tmp_path: Path) -> None:
    request = ImportRequest(tmp_path / "svs.tbl", "clew-svs", FormatName.CLEW)
    for date, moment in (("11/01/2026 01:50", IN_USE), ("11/01/2026 01:10", SECOND)):
        request.path.write_bytes(clew_text(clew_line("ABC1234"), date=date))
        assert import_feed(request, lists, NOW).issued == moment


def test_its_entries_expire_from_the_second_hour_on(
    lists: ListStore, request_of: ImportRequest, loader: HotlistLoader
) -> None:
    take(replace(request_of, rules=Rules(entries_expire=FOLD)), "11/01/2026 01:10", lists, NOW)
    ((entry, _),) = loader.load().exact("ABC123")
    assert entry.expires == SECOND + FOLD


@pytest.mark.parametrize(
    ("date", "now"),
    [
        ("11/01/2026 01:40", NOW),  # its second hour is ahead of the clock
        ("11/01/2026 01:10", SECOND - timedelta(seconds=1)),
        ("11/01/2026 00:40", NOW + FOLD),  # comes once
        ("10/31/2026 01:55", NOW),
        ("2026-11-01T01:10-07:00", NOW),  # says which it is
    ],
)
def test_what_is_older_is_refused(lists: ListStore, request_of: ImportRequest, date: str, now: datetime) -> None:
    with pytest.raises(FeedError, match="older than the one in use"):
        take(request_of, date, lists, now)
    assert issue_date(lists) == IN_USE


def test_what_is_older_by_both_hours_is_refused_by_the_first(lists: ListStore, request_of: ImportRequest) -> None:
    take(request_of, "11/01/2026 02:00", lists, NOW + FOLD)
    with pytest.raises(FeedError, match="the list is of 2026-11-01T08:10:00"):
        take(request_of, "11/01/2026 01:10", lists, NOW + FOLD)


def test_a_list_that_is_not_older_by_the_first_hour_is_of_that(lists: ListStore, request_of: ImportRequest) -> None:
    assert take(request_of, "11/01/2026 01:55", lists, NOW + FOLD).issued == IN_USE + timedelta(minutes=5)
