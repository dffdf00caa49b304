"""Which entries a removal takes off a list, that what removes nothing is told, and how old a list is after a change."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.formats.base import Rules
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, ListStore, import_feed
from alpr_edge.hotlist.ingest.report import Refusals, read_report
from alpr_edge.store.hotlists.generations import live
from tests.hotlist.feed_texts import NOW, clew_line, clew_text, csv_text

LISTED = ["ABC123,Stolen Vehicle,CA", "ABC123,Wanted Person,CA", "ABE125,Stolen Vehicle,", "ABF126,Stolen Vehicle,NV"]
HEADER = "Plate Number,Description,State/Province"
OF_EACH = {"ABC123": 2, "ABE125": 1, "ABF126": 1}


@pytest.fixture
def request_of(tmp_path: Path, lists: ListStore) -> ImportRequest:
    request = ImportRequest(tmp_path / "list.csv", "bolo", FormatName.GENERIC_CSV)
    request.path.write_bytes(csv_text(*LISTED))
    import_feed(request, lists, NOW)
    return request


def remove(lists: ListStore, request: ImportRequest, *rows: str, header: str = HEADER) -> ImportReport:
    request.path.write_bytes(csv_text(*rows, header=header))
    return import_feed(replace(request, change=ListChange.REMOVALS), lists, NOW)


def counts(lists: ListStore) -> dict[str, int]:
    index = HotlistLoader(lists.database, lists.lists_key, lists.directory).load()
    return {plate: len(list(index.exact(plate))) for plate in OF_EACH}


@pytest.mark.parametrize(
    ("header", "row", "removed"),
    [
        ("Plate Number", "ABC123", {"ABC123": 0}),
        (HEADER, "ABC123,,", {"ABC123": 0}),
        (HEADER, "ABC123,Recovered,CA", {"ABC123": 0}),
        (HEADER, "ABC123,Stolen,", {"ABC123": 1}),
        (HEADER, "ABC123,Stolen,Unknown", {"ABC123": 1}),
        (HEADER, "ABE125,Stolen,CA", {"ABE125": 0}),
        (HEADER, "ABF126,Recovered,NV", {"ABF126": 0}),
        ("Plate Number,Record ID", "ABC123,", {"ABC123": 0}),
        ("Plate Number,Category,Remarks", "ABC123,Recovered,deported", {"ABC123": 0}),
    ],
)
def test_a_removal_asks_for_no_more_than_it_says(
    lists: ListStore, request_of: ImportRequest, header: str, row: str, removed: dict[str, int]
) -> None:
    report = remove(lists, request_of, row, header=header)
    assert counts(lists) == OF_EACH | removed
    assert (report.unmatched_removals, report.unknown_reasons) == (0, 0)


@pytest.mark.parametrize("row", ["ABF126,Stolen,CA", "ABF126,Wanted Person,NV", "NEVER1,Stolen,CA"])
def test_removals_of_which_none_removes_anything_are_refused(
    lists: ListStore, request_of: ImportRequest, row: str
) -> None:
    with pytest.raises(FeedError, match=r"none of its removals \(2\) names an entry of the list in use"):
        remove(lists, request_of, row, row)
    assert counts(lists) == OF_EACH
    assert read_report(lists.directory, "bolo").unmatched_removals == 2


def test_a_removal_that_removes_nothing_among_others_is_counted_and_told(
    lists: ListStore, request_of: ImportRequest
) -> None:
    refusals = Refusals(lists.directory)
    assert refusals.left_out() == {}
    report = remove(lists, request_of, "ABC123,Stolen,CA", "NEVER1,Stolen,CA", "ABF126,Stolen,CA", "ABC12,Stolen,CA")
    assert (report.removed, report.unmatched_removals) == (1, 3)
    assert read_report(lists.directory, "bolo").unmatched_removals == 3
    assert refusals.left_out() == {"bolo": "3 of 4 removals removed nothing"}
    remove(lists, request_of, "ABC123,,")
    assert refusals.left_out() == {}


def test_an_entry_of_the_very_state_is_removed_before_one_whose_state_is_not_told(
    lists: ListStore, request_of: ImportRequest, loader: HotlistLoader
) -> None:
    request_of.path.write_bytes(csv_text("ABC123,Stolen,CA", "ABC123,Stolen,", "ABC123,Stolen,NV"))
    import_feed(request_of, lists, NOW)
    remove(lists, request_of, "ABC123,Stolen,CA")
    loader.load()
    assert {entry.state for entry, _ in loader.index.exact("ABC123")} == {None, "NV"}


def test_words_that_the_list_has_as_well_remove_its_entry_alone(
    lists: ListStore, request_of: ImportRequest, loader: HotlistLoader
) -> None:
    request_of.path.write_bytes(csv_text("ABC123,Attempt to locate,CA", "ABC123,Stolen,CA", "A?C9*,Stolen,CA"))
    import_feed(request_of, lists, NOW)
    remove(lists, request_of, "ABC123,ATTEMPT TO LOCATE,CA")
    loader.load()
    assert [entry.reason for entry, _ in loader.index.exact("ABC123")] == [Reason.STOLEN_VEHICLE]
    remove(lists, request_of, "A?C9*,Recovered,CA")
    loader.load()
    assert list(loader.index.partial("ABC987")) == []


def test_a_removal_without_a_reason_is_not_of_the_settings_reason_alone(
    lists: ListStore, request_of: ImportRequest
) -> None:
    remove(lists, replace(request_of, rules=Rules(reason=Reason.GANG)), "ABC123,,CA")
    assert counts(lists)["ABC123"] == 0


def test_a_table_of_one_reason_removes_entries_of_that_one(
    lists: ListStore, request_of: ImportRequest, tmp_path: Path
) -> None:
    table = replace(request_of, path=tmp_path / "svs.tbl", format=FormatName.CLEW, change=ListChange.REMOVALS)
    table.path.write_bytes(clew_text(clew_line("ABC123")))
    import_feed(table, lists, NOW)
    index = HotlistLoader(lists.database, lists.lists_key, lists.directory).load()
    assert [entry.reason for entry, _ in index.exact("ABC123")] == [Reason.WANTED_PERSON]


@pytest.mark.parametrize("change", [ListChange.ADDITIONS, ListChange.REMOVALS])
def test_a_change_makes_a_list_without_a_date_no_younger(
    lists: ListStore, request_of: ImportRequest, change: ListChange
) -> None:
    request_of.path.write_bytes(csv_text(LISTED[0]))
    import_feed(replace(request_of, change=change), lists, NOW + timedelta(days=3))
    (row,) = live(lists.database)
    assert (row.generation.serial, row.generation.age(NOW + timedelta(days=3))) == (2, timedelta(days=3))
    request_of.path.write_bytes(csv_text(*LISTED))
    import_feed(request_of, lists, NOW + timedelta(days=3))
    assert live(lists.database)[0].generation.imported_at == NOW + timedelta(days=3)
