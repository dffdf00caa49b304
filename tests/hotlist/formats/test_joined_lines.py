"""A quote that pairs with a later line's hides no plate in another entry's remark."""

import pytest

from alpr_edge.domain.hits import HotlistEntry
from alpr_edge.hotlist.formats.base import FeedContext, Rejected, Rules
from alpr_edge.hotlist.formats.generic_csv import GenericCsv
from tests.hotlist.feed_texts import csv_records, csv_text, open_feed, records_of

NOTES = "Plate,Reason,Notes"
JOINED = "joined to the line before by a quote, and no row by itself"


def plates_of(text: bytes) -> list[tuple[str, str] | Rejected]:
    """Plate and remark of each entry, and what is rejected."""
    return [
        (record.plate, record.remarks) if isinstance(record, HotlistEntry) else record
        for record in csv_records(text)
        if isinstance(record, HotlistEntry | Rejected)
    ]


def notices_of(text: bytes) -> tuple[str, ...]:
    feed = open_feed(GenericCsv(), text)
    assert list(feed.records)
    return feed.unknown_words.notices


def test_each_line_between_two_quotes_is_a_row_of_its_own() -> None:
    rows = ['ABC1231,stolen,"19 in rims', "ABC1232,felony,armed", 'ABC1233,stolen,rims 19"', "ABC1234,stolen,x"]
    text = csv_text(*rows, header=NOTES)
    assert plates_of(text) == [
        ("ABC1231", "19 in rims"),
        ("ABC1232", "armed"),
        ("ABC1233", "rims 19"),
        ("ABC1234", "x"),
    ]
    assert notices_of(text)[1:] == (
        "2 behind a quote that is not closed on its line: lines read as records of their own",
    )


def test_cells_before_and_behind_the_quotes_stay_with_their_lines() -> None:
    rows = ['ABC1231,"19 in,CA', "ABC1232,stolen,NV", 'ABC1233,rims 19",OR']
    records = csv_records(csv_text(*rows))
    entries = [record for record in records if isinstance(record, HotlistEntry)]
    assert [(entry.plate, entry.state) for entry in entries] == [
        ("ABC1231", "CA"),
        ("ABC1232", "NV"),
        ("ABC1233", "OR"),
    ]


def test_a_quote_around_the_first_cells_hides_no_plate() -> None:
    rows = ['"ABC1231,stolen,x', 'ABC1232,felony,y",']
    assert plates_of(csv_text(*rows, header=NOTES)) == [("ABC1231", "x"), ("ABC1232", "y")]


def test_two_plates_in_one_cell_are_two_entries() -> None:
    assert plates_of(csv_text('"ABC1231', 'ABC1232"', header="Plate")) == [("ABC1231", ""), ("ABC1232", "")]


def test_a_joined_line_that_is_no_entry_is_rejected_and_the_first_entry_kept() -> None:
    rows = ['ABC1231,stolen,"red, armed', "two of them, both, tall", "", 'ABC1233"', "ABC1234,stolen,x"]
    assert plates_of(csv_text(*rows, header=NOTES)) == [
        ("ABC1231", "red, armed"),
        Rejected(3, "-", JOINED),
        Rejected(5, "-", JOINED),
        ("ABC1234", "x"),
    ]


def test_a_remark_with_a_comma_before_the_state_loses_no_plate() -> None:
    (first, second) = csv_records(csv_text('ABC1231,"armed and', 'red, two seats",CA'))
    assert isinstance(first, HotlistEntry)
    assert (first.plate, first.state, first.remarks) == ("ABC1231", "CA", "armed and")
    assert second == Rejected(3, "-", JOINED)


def test_records_over_several_lines_are_counted() -> None:
    text = csv_text('ABC1231,stolen,"armed, two', 'of them"', 'ABC1232,stolen,"a', "b", 'c"', header=NOTES)
    assert plates_of(text) == [("ABC1231", "armed, two of them"), ("ABC1232", "a b c")]
    assert notices_of(text) == (
        "no column for the state: entries match a plate of any state",
        "2 over several lines: records with a line end in a quoted cell",
    )


def test_a_line_joined_to_a_removal_removes_nothing() -> None:
    lines = csv_text('ABC1231,"lost', 'ABC1232,found"', header="Plate,Notes").splitlines(keepends=True)
    first, second = GenericCsv().open(iter(lines), FeedContext("list", "list.csv", removals=True)).records
    assert isinstance(first, tuple)
    assert first[0] == "ABC1231"
    assert second == Rejected(3, "-", JOINED)


@pytest.mark.parametrize("total", [3, 4])
def test_joined_lines_count_in_a_trailer(total: int) -> None:
    rows = ['ABC1231,stolen,"19 in', 'ABC1232,stolen,rims 19"', "ABC1233,stolen,x", f"TOTAL RECORD {total}"]
    feed = open_feed(GenericCsv(), csv_text(*rows, header=NOTES), rules=Rules(trailer_required=True))
    if total == 3:
        assert len(list(feed.records)) == 3
    else:
        with pytest.raises(Exception, match="counts 4 records, the table holds 3"):
            list(feed.records)


def test_lines_are_joined_without_a_header_too() -> None:
    rules = Rules(header=False, columns={"plate": "1", "remarks": "2"})
    records = records_of(GenericCsv(), b'ABC1231,"19 in\nABC1232,rims 19"\n', rules)
    assert [record.plate for record in records if isinstance(record, HotlistEntry)] == ["ABC1231", "ABC1232"]
