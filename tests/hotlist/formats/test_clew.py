from datetime import UTC, datetime

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.hotlist.formats.base import Rejected, zone
from alpr_edge.hotlist.formats.clew import Clew
from tests.hotlist.feed_texts import clew_line, clew_records, clew_text, only_entry, only_rejected, open_feed

EXAMPLE = "ABC1234 CA1220190515"


def test_the_example_line_is_read_by_its_columns() -> None:
    entry = only_entry(clew_records(clew_text(EXAMPLE)))
    assert entry == HotlistEntry(
        source="list",
        plate="ABC1234",
        plate_raw="ABC1234",
        state="CA",
        reason=Reason.STOLEN_VEHICLE,
        remarks="county 12, lost 2019-05-15",
    )


@pytest.mark.parametrize(
    ("header", "issued_at"),
    [
        ("07/02/2018 09:00", datetime(2018, 7, 2, 16, tzinfo=UTC)),
        ("01/02/2018 09:00", datetime(2018, 1, 2, 17, tzinfo=UTC)),
        # 01:30 comes twice on this day; the earlier one makes the list look older, never younger.
        ("11/04/2018 01:30", datetime(2018, 11, 4, 8, 30, tzinfo=UTC)),
    ],
)
def test_the_header_is_pacific_time(header: str, issued_at: datetime) -> None:
    assert open_feed(Clew(), clew_text(EXAMPLE, date=header)).issued_at == issued_at


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("svs.tbl", Reason.STOLEN_VEHICLE),
        ("SFR.TBL", Reason.FELONY_VEHICLE),
        ("2026-11-23_slr.tbl", Reason.STOLEN_PLATE),
    ],
)
def test_the_file_name_says_which_table_it_is(name: str, reason: Reason) -> None:
    assert only_entry(clew_records(clew_text(EXAMPLE), name)).reason is reason


def test_the_reason_said_goes_before_the_file_name() -> None:
    assert only_entry(clew_records(clew_text(EXAMPLE), "x.txt", Reason.STOLEN_PLATE)).reason is Reason.STOLEN_PLATE


def test_a_table_of_unknown_kind_is_refused() -> None:
    with pytest.raises(FeedError, match="--reason"):
        open_feed(Clew(), clew_text(EXAMPLE), "msvs1.txt")


@pytest.mark.parametrize("head", [b"", b"\r\n", b"DATE13/02/2018 09:00\r\n", b"ABC1234 CA1220190515\r\n", b"DATE\r\n"])
def test_a_header_that_is_no_date_is_refused(head: bytes) -> None:
    with pytest.raises(FeedError, match="header"):
        open_feed(Clew(), head + b"TOTAL RECORD 0000000\r\n")


def test_a_table_cut_short_is_refused() -> None:
    whole = clew_text(EXAMPLE, EXAMPLE)
    for length in range(len("DATE11/23/2026 09:00\r\n"), len(whole) - len("0000002\r\n") + 1):
        with pytest.raises(FeedError, match="trailer"):
            clew_records(whole[:length])


@pytest.mark.parametrize("total", [0, 1, 3, 72])
def test_a_trailer_that_counts_otherwise_is_refused(total: int) -> None:
    with pytest.raises(FeedError, match=f"counts {total} records, the table holds 2"):
        clew_records(clew_text(EXAMPLE, EXAMPLE, total=total))


def test_lines_behind_the_trailer_are_refused() -> None:
    with pytest.raises(FeedError, match="follow the trailer"):
        clew_records(clew_text(EXAMPLE) + b"ABC1235 CA1220190515\r\n")


def test_blank_lines_and_an_end_of_file_mark_are_passed_over() -> None:
    assert len(clew_records(clew_text(EXAMPLE, "", total=1) + b"\r\n\x1a")) == 1


def test_rejected_lines_count_for_the_trailer() -> None:
    records = clew_records(clew_text(EXAMPLE, "garbage", total=2))
    assert [type(record) for record in records] == [HotlistEntry, Rejected]


@pytest.mark.parametrize(
    ("line", "side"),
    [("ABC1234CA1220190515", "left"), ("ABC123 CA1220190515", "left"), ("ABC1234  CA1220190515", "right")],
)
def test_a_line_one_column_off_is_named_and_not_guessed(line: str, side: str) -> None:
    rejection = only_rejected(clew_records(clew_text(line)))
    assert (rejection.line, rejection.column) == (2, "1-20")
    assert f"one column to the {side}" in rejection.reason


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (clew_line("ABC1234", state="1A"), "9-10"),
        (clew_line("ABC1234", county="X2"), "11-12"),
        (clew_line("ABC1234", loss_date="20191315"), "13-20"),
        (clew_line("ABC1234", loss_date="2019  15"), "13-20"),
        (clew_line("ABC1234") + "X", "21-"),
        (clew_line("AB?1234"), "1-8"),
    ],
)
def test_a_rejected_line_is_named_by_its_column_and_never_by_its_plate(line: str, column: str) -> None:
    rejection = only_rejected(clew_records(clew_text(line)))
    assert rejection.column == column
    assert "1234" not in rejection.reason


def test_county_and_date_may_be_blank() -> None:
    assert only_entry(clew_records(clew_text("ABC1234 NV"))).remarks == ""


@pytest.mark.parametrize(("cell", "state"), [("0H", "OH"), ("NB", "NE"), ("PQ", "QC"), ("XX", None)])
def test_states_are_brought_to_the_letters_a_read_carries(cell: str, state: str | None) -> None:
    assert only_entry(clew_records(clew_text(clew_line("ABC1234", state=cell)))).state == state


def test_zero_and_letter_are_one_and_the_raw_text_stays() -> None:
    entry = only_entry(clew_records(clew_text(clew_line("B0O-012"))))
    assert (entry.plate, entry.plate_raw) == ("B00012", "B0O-012")


def test_a_system_without_time_zones_is_told_what_it_lacks() -> None:
    with pytest.raises(FeedError, match="install the package tzdata"):
        zone("America/Nowhere")
