"""No first line is lost or changes its meaning: by a byte order mark, as a record at fault, as no head."""

from datetime import datetime

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.hotlist.formats.base import FeedContext, Rejected, Rules
from alpr_edge.hotlist.formats.generic_fixed import HEAD_KEPT, HEAD_PASSED_OVER, GenericFixed
from alpr_edge.hotlist.formats.registry import FORMATS
from tests.hotlist import layouts
from tests.hotlist.feed_texts import csv_text, open_feed, records_of
from tests.hotlist.layouts import SAMPLES, Sample

MARK = b"\xef\xbb\xbf"
EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
FIXED = Rules(columns={"plate": "1-8", "state": "9-10"}, reason=Reason.STOLEN_VEHICLE)


def fixed_feed(*lines: str, rules: Rules = FIXED) -> tuple[list[str], str, datetime | None]:
    """The plates of a feed in columns of the settings, what became of its first line, and its date."""
    feed = open_feed(GenericFixed(), "".join(f"{line}\n" for line in lines).encode(), rules=rules)
    plates = [record[0] for record in feed.records if isinstance(record, tuple)]
    return plates, feed.unknown_words.head, feed.issued_at


@EVERY
def test_a_byte_order_mark_changes_nothing(sample: Sample) -> None:
    text = sample.file(sample.line)
    assert records_of(sample.format, MARK + text, name="svs.tbl") == records_of(sample.format, text, name="svs.tbl")
    marked, plain = (open_feed(sample.format, begin + text) for begin in (MARK, b""))
    assert marked.issued_at == plain.issued_at


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "clew"])
def test_a_byte_order_mark_before_the_first_record_changes_nothing(name: str) -> None:
    text = f"{SAMPLES[name].line}\n".encode()
    (marked,), (plain,) = records_of(SAMPLES[name].format, MARK + text), records_of(SAMPLES[name].format, text)
    assert isinstance(marked, HotlistEntry)
    assert marked == plain


def test_a_byte_order_mark_moves_no_column_of_the_settings() -> None:
    text = MARK + b"ABC1234 CA\n"
    (entry,) = records_of(GenericFixed(), text, Rules(header=False, columns=FIXED.columns))
    assert isinstance(entry, HotlistEntry)
    assert (entry.plate, entry.state) == ("ABC1234", "CA")


@pytest.mark.parametrize("name", list(FORMATS))
def test_utf_16_is_refused_by_name_in_every_format(name: FormatName) -> None:
    with pytest.raises(FeedError, match="UTF-16"):
        open_feed(FORMATS[name], csv_text("ABC123,Stolen,CA").decode().encode("utf-16"), rules=FIXED)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ncic", " " + layouts.ncic()),
        ("ncic", "1" + layouts.ncic()),
        ("ncic", layouts.ncic()[1:]),
        ("colorado", " " + layouts.colorado("SOONER", "Stolen Plate").replace("2002 ", "")),
        ("colorado", layouts.colorado()[1:]),
        ("new-york", " " + layouts.new_york()),
        ("new-york", layouts.new_york()[1:]),
        ("florida", "1" + layouts.florida()),
        ("florida", layouts.florida() + ";"),
        ("florida", layouts.florida(state="FLA").replace("05/09/2019", "20261123")),
        ("texas-tcic", "\x01" + layouts.texas_tcic()),
    ],
)
def test_a_first_line_at_fault_is_rejected_and_dates_no_list(name: str, line: str) -> None:
    sample = SAMPLES[name]
    feed = open_feed(sample.format, f"{line}\n{sample.line}\n".encode())
    first, second = feed.records
    assert isinstance(first, Rejected)
    assert isinstance(second, tuple)
    assert feed.issued_at is None


@pytest.mark.parametrize("begin", ["1", "7", "X"])
def test_a_record_number_of_texas_that_is_none_has_no_code(begin: str) -> None:
    (record,) = records_of(SAMPLES["texas-tcic"].format, f"{begin}{layouts.texas_tcic(code='P')}\n".encode())
    assert record == Rejected(1, "1", "no record number with a code letter")


@pytest.mark.parametrize(
    "head",
    [
        "VEHICLE EXTRACT 11/23/2026 06:00",
        "HDR20261123",
        "NCIC LPR FILE, 20261123 0600",
        "County Sheriff's Department",
        "2026-11-23",
    ],
)
@pytest.mark.parametrize("name", ["ncic", "colorado", "new-york", "florida"])
def test_the_words_of_a_head_make_one(name: str, head: str) -> None:
    sample = SAMPLES[name]
    feed = open_feed(sample.format, f"{head}\n{sample.line}\n".encode())
    assert [isinstance(record, tuple) for record in feed.records] == [True]
    assert (feed.issued_at is not None) == ("2026" in head)


@pytest.mark.parametrize("plate", ["POLICE", "COUNTY", "LIST", "TYPE"])
@pytest.mark.parametrize("name", ["ncic", "colorado", "new-york"])
def test_a_first_entry_whose_plate_is_a_word_of_heads_is_one(name: str, plate: str) -> None:
    line = getattr(layouts, name.replace("-", "_"))(
        plate=plate, state="CA", code="Stolen Plate" if name == "colorado" else "V"
    )
    (entry,) = records_of(SAMPLES[name].format, f"{line}\n".encode())
    assert isinstance(entry, HotlistEntry)
    assert entry.plate_raw == plate


def test_the_names_of_columns_date_no_list() -> None:
    head = layouts.FLORIDA_HEAD.replace("TYPE", "TYPE 11/23/2026")
    feed = open_feed(SAMPLES["florida"].format, f"{head}\n{layouts.florida()}\n".encode())
    assert len(list(feed.records)) == 1
    assert feed.issued_at is None


@pytest.mark.parametrize("line", ["WANTED1 CA", "SOONER  CA", "SOONER  0H", "1234567", "20261123"])
def test_a_first_entry_where_the_settings_have_a_head_is_kept_and_told(line: str) -> None:
    plates, head, issued_at = fixed_feed(line, "ABC1235 CA")
    assert plates == [line[:8].strip().replace("O", "0"), "ABC1235"]
    assert (head, issued_at) == (HEAD_KEPT, None)


def test_a_first_entry_is_known_by_its_reason_too() -> None:
    rules = Rules(columns={"plate": "1-8", "reason": "9-30"})
    assert fixed_feed("SOONER  Stolen vehicle", rules=rules)[0] == ["S00NER"]
    assert fixed_feed("SMITH'S wanted cars", rules=rules)[:2] == ([], HEAD_PASSED_OVER)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("HOTLIST of 2026-11-23", ""),
        ("PLATE   ST", HEAD_PASSED_OVER),
        ("LICENSE PLATE", HEAD_PASSED_OVER),
        ("list 202", HEAD_PASSED_OVER),
        (" WANTED1 CA", HEAD_PASSED_OVER),
        ("", ""),
    ],
)
def test_a_head_of_the_settings_is_passed_over_and_told_where_it_may_be_none(line: str, told: str) -> None:
    plates, head, issued_at = fixed_feed(line, "ABC1235 CA")
    assert (plates, head) == (["ABC1235"], told)
    assert (issued_at is not None) == ("-23" in line)


def test_a_passed_over_first_line_that_may_be_a_record_dates_no_list() -> None:
    rules = Rules(columns={"plate": "1-8", "state": "9-10", "remarks": "11-30"})
    assert fixed_feed("  ABC123 CA lost 20261123", rules=rules) == ([], HEAD_PASSED_OVER, None)


def test_a_first_removal_where_the_settings_have_a_head_takes_nothing_off() -> None:
    context = FeedContext("list", "list.txt", FIXED, removals=True)
    feed = GenericFixed().open(iter([b"WANTED1 CA\n", b"ABC1235 CA\n"]), context)
    assert [record[0] for record in feed.records if isinstance(record, tuple)] == ["ABC1235"]
    assert feed.unknown_words.notices == (HEAD_PASSED_OVER,)
