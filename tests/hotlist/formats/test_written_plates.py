"""A plate as a feed writes it is that plate or a rejected line, never another car's."""

import pytest

from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.base import Rules
from alpr_edge.hotlist.formats.generic_fixed import GenericFixed
from tests.hotlist import layouts
from tests.hotlist.feed_texts import csv_records, csv_text, only_entry, only_rejected, open_feed, records_of
from tests.hotlist.layouts import SAMPLES

FOREIGN = "a letter or digit beside A to Z and 0 to 9"
NUMBER = "a point or plus between digits, as a spreadsheet writes numbers"


@pytest.mark.parametrize(
    ("cell", "plate"),
    [
        ("5S\u00d8W350", "5S0W350"),
        ("5s\u00f8w350", "5S0W350"),
        ("7ABC\uff11\uff12\uff13", "7ABC123"),
        ("\uff17abc\uff0d123", "7ABC123"),
        ("4XY\uff1f1\uff0a", "4XY?1*"),
        ("AB\u2010123", "AB123"),
        ("AB.123", "AB123"),
        ("12-3.A", "123A"),
        ("1E-11", "1E11"),
    ],
)
def test_forms_of_a_plates_characters_stay_in_it(cell: str, plate: str) -> None:
    entry = only_entry(csv_records(csv_text(f"{cell},Stolen,CA")))
    assert (entry.plate, entry.plate_raw) == (plate, cell)


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("\u0410\u0412\u04211234", FOREIGN),
        ("\u00d6BB12", FOREIGN),
        ("O\u0308BB12", FOREIGN),
        ("AB\u00b212", FOREIGN),
        ("AB\u24b612", FOREIGN),
        ("A\u0660B12", FOREIGN),
        ("\u0410\u0412\u0421", FOREIGN),
        ("4XY?\u00c9*", FOREIGN),
        ("1.23E+11", NUMBER),
        ("1E+11", NUMBER),
        ("1234567.0", NUMBER),
    ],
)
def test_a_plate_that_would_be_another_cars_without_a_character_is_rejected(cell: str, fault: str) -> None:
    rejection = only_rejected(csv_records(csv_text(f"{cell},Stolen,CA")))
    assert (rejection.column, rejection.reason) == ("Plate Number", fault)


@pytest.mark.parametrize("cell", ["0.0", "0.00", "-", "N/A", "\u2014"])
def test_what_stands_for_no_plate_is_still_none(cell: str) -> None:
    assert only_entry(csv_records(csv_text(f"{cell},Stolen,CA"))).plate.strip("0") in {"", "NA"}


@pytest.mark.parametrize("name", ["clew", "ncic", "colorado", "new-york", "florida", "texas-ncic", "texas-tcic"])
def test_every_format_reads_a_slashed_zero_and_rejects_a_foreign_letter(name: str) -> None:
    sample = SAMPLES[name]
    line_of = getattr(layouts, name.replace("-", "_"))
    text = sample.file(line_of(plate="5S\u00d8W35"), line_of(plate="\u00d6BB12"))
    records = records_of(sample.format, text, name="svs.tbl")
    assert only_entry(records[:1]).plate == "5S0W35"
    assert only_rejected(records[1:]).reason == FOREIGN


def test_latin_1_has_the_slashed_zero_too() -> None:
    assert only_entry(csv_records("Plate\n5S\u00d8W350\n".encode("latin-1"), Reason.STOLEN_VEHICLE)).plate == "5S0W350"


def test_plates_of_one_character_are_counted() -> None:
    rules = Rules(columns={"plate": "1-8"}, header=False, reason=Reason.STOLEN_VEHICLE)
    feed = open_feed(GenericFixed(), b"I\nA-\nAB\n0\n00\n", rules=rules)
    assert [record[0] for record in feed.records if isinstance(record, tuple)] == ["I", "A", "AB", "0", "00"]
    notice = "2 with a plate of one character: entries that cannot be matched, as no read is so short"
    assert feed.unknown_words.notices == (notice,)
