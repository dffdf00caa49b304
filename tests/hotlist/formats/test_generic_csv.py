from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.hotlist.formats.base import Rejected, Withheld
from alpr_edge.hotlist.formats.generic_csv import GenericCsv
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles import load_profile
from tests.hotlist.feed_texts import csv_records, csv_text, only_entry, only_rejected, open_feed

PROFILE_TERMS = load_profile(PolicySettings()).barred_terms.terms
AUTOVU = "PlateNumber;PlateState;EffectiveDate;ExpiryDate;VehicleMake;VehicleModel;VehicleColor;VehicleYear;Category"


def test_a_row_of_rekors_layout() -> None:
    assert only_entry(csv_records(csv_text("GGX6728,Stolen Vehicle,OH"))) == HotlistEntry(
        source="list", plate="GGX6728", plate_raw="GGX6728", state="OH", reason=Reason.STOLEN_VEHICLE
    )


def test_a_row_of_autovus_layout() -> None:
    row = "AB-123;CA;2026-11-01;2026-12-01;FORD;FOC;BLK;2002;Stolen plate"
    assert only_entry(csv_records(csv_text(row, header=AUTOVU))) == HotlistEntry(
        source="list",
        plate="AB123",
        plate_raw="AB-123",
        state="CA",
        reason=Reason.STOLEN_PLATE,
        vehicle="2002 FORD FOC BLK",
        effective=datetime(2026, 11, 1, 7, tzinfo=UTC),
        # It holds through the day it expires, Pacific time.
        expires=datetime(2026, 12, 2, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("delimiter", [",", ";", ":", "\t"])
def test_the_delimiter_is_found_by_the_header(delimiter: str) -> None:
    header = delimiter.join(["Plate", "State", "Reason", "Remarks"])
    row = delimiter.join(["ABC123", "CA", "wanted person", '"a, b; c: d\te"'])
    entry = only_entry(csv_records(csv_text(row, header=header)))
    assert (entry.state, entry.reason, entry.remarks) == ("CA", Reason.WANTED_PERSON, "a, b; c: d e")


@pytest.mark.parametrize("header", ["ABC123,Stolen,CA", "State,Description", "Plate|State"])
def test_a_file_without_a_plate_column_is_refused(header: str) -> None:
    with pytest.raises(FeedError, match="header row"):
        open_feed(GenericCsv(), csv_text(header=header))


def test_one_column_is_enough() -> None:
    entry = only_entry(csv_records(csv_text("abc 123", header="Plate"), Reason.MAJOR_CRIME))
    assert (entry.plate, entry.state, entry.reason) == ("ABC123", None, Reason.MAJOR_CRIME)


@pytest.mark.parametrize(
    ("header", "row", "record_id", "remarks"),
    [
        ("Plate,NCIC Number,Case Number,Remarks", "ABC123,V1,26-7,armed", "V1", "case 26-7; armed"),
        ("Plate,NCIC Number,OCA", "ABC123,V1,26-7", "V1", "case 26-7"),
        ("Plate,NCIC Number,OCA,Remarks", "ABC123,V1,,armed", "V1", "armed"),
        ("Plate,Case Number", "ABC123,26-7", "26-7", ""),
    ],
)
def test_a_case_stands_before_the_remarks_where_the_record_has_a_number_of_its_own(
    header: str, row: str, record_id: str, remarks: str
) -> None:
    entry = only_entry(csv_records(csv_text(row, header=header)))
    assert (entry.record_id, entry.remarks) == (record_id, remarks)


def test_a_column_named_twice_is_refused() -> None:
    with pytest.raises(FeedError, match="two columns"):
        open_feed(GenericCsv(), csv_text(header="Plate,State,Plate"))


def test_remarks_hold_commas_quotes_and_line_ends() -> None:
    text = csv_text('ABC123,"armed, ""Rex"" and\r\ntwo more",CA', "ABD124,Stolen Plate,CA")
    first, second = csv_records(text)
    assert isinstance(first, HotlistEntry)
    assert isinstance(second, HotlistEntry)
    assert first.remarks == 'armed, "Rex" and two more'
    assert second.plate == "ABD124"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    text = f'Plate,Remarks{end}ABC123,"Café ""Zoë"", Peña"{end}'
    assert only_entry(csv_records(text.encode(encoding))).remarks == 'Café "Zoë", Peña'


def test_utf_16_is_refused_by_name() -> None:
    with pytest.raises(FeedError, match="UTF-16"):
        open_feed(GenericCsv(), "Plate,State\r\n".encode("utf-16"))


def test_a_quote_never_closed_is_refused() -> None:
    with pytest.raises(FeedError, match="line 3: a quote is opened here"):
        csv_records(csv_text("ABC123,Stolen,CA", 'ABD124,"armed,CA', "ABE125,Stolen,CA"))


def test_a_quote_never_closed_is_refused_in_a_feed_of_any_length() -> None:
    rows = ['ABD124,"armed,CA', *["ABE125,Stolen,CA"] * 10_000]
    with pytest.raises(FeedError, match="line 2: a quote is opened here"):
        csv_records(csv_text(*rows))


def test_a_trailer_in_a_row_of_cells_is_a_trailer() -> None:
    rows = ["ABC123,Stolen,CA", "TRK123,Stolen,CA", "T123,,", "TOTAL RECORD 0000003,,"]
    records = csv_records(csv_text(*rows))
    assert [record.plate for record in records if isinstance(record, HotlistEntry)] == ["ABC123", "TRK123", "T123"]
    assert len(records) == 3
    with pytest.raises(FeedError, match="counts 4 records, the table holds 3"):
        csv_records(csv_text(*rows[:-1], "TOTAL RECORD 0000004,,"))


def test_a_quote_that_pairs_with_another_lines_swallows_no_line_unseen() -> None:
    rows = ['ABC123,"armed,CA', *["ABD124,Stolen,CA"] * 5, 'ABE125,"x",CA', "ABF126,Stolen,CA"]
    records = csv_records(csv_text(*rows))
    assert records[0] == Rejected(2, "-", "its quotes do not pair up", 7)
    assert [record.plate for record in records[1:] if isinstance(record, HotlistEntry)] == ["ABF126"]


def test_a_field_over_many_lines_is_rejected_with_all_its_lines() -> None:
    rows = ['ABC123,"armed,CA', *["ABD124,Stolen,CA"] * 30, 'ABE125,",CA', "ABF126,Stolen,CA"]
    first, last = csv_records(csv_text(*rows))
    assert isinstance(first, Rejected)
    assert first.lines == 32
    assert isinstance(last, HotlistEntry)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("ABC123,Stolen", "-"),
        ("ABC123,Stolen, armed,CA", "-"),
        ("ABC12345678,Stolen,CA", "Plate Number"),
        ("AB%123,Stolen,CA", "Plate Number"),
        ("AB_123,Stolen,CA", "Plate Number"),
        ("A*,Stolen,CA", "Plate Number"),
    ],
)
def test_a_rejected_row_is_named_by_its_column_and_never_by_its_plate(row: str, column: str) -> None:
    rejection = only_rejected(csv_records(csv_text(row)))
    assert (rejection.line, rejection.column) == (2, column)
    assert "AB" not in rejection.reason


def test_a_partial_plate_is_an_entry() -> None:
    entry = only_entry(csv_records(csv_text("4o?-1*,Stolen,CA")))
    assert (entry.plate, entry.plate_raw) == ("40?1*", "4o?-1*")


def test_empty_columns_behind_the_last_are_harmless() -> None:
    assert only_entry(csv_records(csv_text("ABC123,Stolen,CA,,"))).plate == "ABC123"


@pytest.mark.parametrize(
    ("effective", "expires", "column"),
    [
        ("soon", "", "EffectiveDate"),
        ("", "31/12/2026", "ExpiryDate"),
        ("", "2026-02-30", "ExpiryDate"),
        ("2026-12-01", "2026-11-01", "ExpiryDate"),
        ("2026-12-01 00:00", "2026-11-30 00:00", "ExpiryDate"),
        ("", "202612", "ExpiryDate"),
        ("", "2027110", "ExpiryDate"),
        ("2026121", "", "EffectiveDate"),
        ("", "202712311", "ExpiryDate"),
    ],
)
def test_a_date_that_cannot_be_read_is_no_never(effective: str, expires: str, column: str) -> None:
    text = csv_text(f"ABC123,{effective},{expires}", header="Plate,EffectiveDate,ExpiryDate")
    assert only_rejected(csv_records(text)).column == column


@pytest.mark.parametrize(
    ("cell", "expires"),
    [
        ("20261201", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("12/01/2026", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("12/01/2026 14:30", datetime(2026, 12, 1, 22, 30, tzinfo=UTC)),
        ("12/01/2026 14:30:10", datetime(2026, 12, 1, 22, 30, 10, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, 8, tzinfo=UTC)),
        ("9999-12-31 23:59:59", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-01T14:30:00Z", datetime(2026, 12, 1, 14, 30, tzinfo=UTC)),
        ("2026-12-01 14:30:00+01:00", datetime(2026, 12, 1, 13, 30, tzinfo=UTC)),
        ("12/1/2026", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        # A day as databases write it: it holds through that day, as a date alone does.
        ("2026-12-01T00:00:00", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("2026-12-01 00:00", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("2026-12-01 00:00:00.000", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("12/01/2026 00:00", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("12/01/2026 00:00:00", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("2026-12-01T00:00:00Z", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01 00:00:01", datetime(2026, 12, 1, 8, 0, 1, tzinfo=UTC)),
        ("9999-12-31 00:00:00", datetime(9999, 12, 31, 8, tzinfo=UTC)),
    ],
)
def test_dates_as_feeds_write_them(cell: str, expires: datetime) -> None:
    text = csv_text(f"ABC123,{cell}", header="Plate,ExpiryDate")
    assert only_entry(csv_records(text)).expires == expires


def test_an_entry_of_one_day_may_begin_and_end_at_midnight() -> None:
    header, row = "Plate,EffectiveDate,ExpiryDate", "ABC123,2026-12-01 00:00,2026-12-01 00:00"
    entry = only_entry(csv_records(csv_text(row, header=header)))
    assert (entry.effective, entry.expires) == (
        datetime(2026, 12, 1, 8, tzinfo=UTC),
        datetime(2026, 12, 2, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("words", "reason", "remarks"),
    [
        ("STOLEN  VEHICLE", Reason.STOLEN_VEHICLE, ""),
        ("Stolen/Lost Plate", Reason.STOLEN_PLATE, "Stolen/Lost Plate"),
        ("Amber Alert", Reason.AMBER_ALERT, ""),
        ("Sex Offender", Reason.SEX_OFFENDER, ""),
    ],
)
def test_reasons_spelled_out(words: str, reason: Reason, remarks: str) -> None:
    entry = only_entry(csv_records(csv_text(f"ABC123,{words},CA")))
    assert (entry.reason, entry.remarks) == (reason, remarks)


@pytest.mark.parametrize("words", ["X", "S", "E", "Suspended registration", "Attempt To Locate"])
def test_a_code_or_word_not_known_stays_other_with_its_text(words: str) -> None:
    entry = only_entry(csv_records(csv_text(f"ABC123,{words},CA"), Reason.STOLEN_VEHICLE))
    assert (entry.reason, entry.remarks) == (Reason.OTHER, words)


def test_an_empty_description_takes_the_reason_said() -> None:
    assert only_entry(csv_records(csv_text("ABC123, ,CA"), Reason.GANG)).reason is Reason.GANG


def test_a_description_beside_a_category_is_a_remark() -> None:
    text = csv_text("ABC123,Stolen Vehicle,blue van", header="Plate,Category,Description")
    entry = only_entry(csv_records(text))
    assert (entry.reason, entry.remarks) == (Reason.STOLEN_VEHICLE, "blue van")


@pytest.mark.parametrize(
    "words",
    [
        *("Immigration Violator", "IMMIGRATION", "Immigrations", "Immigrant", "Deported Felon", "Deport order"),
        *("N", "n ", "Absconder", "Final order of removal", "Removal Order", "Administrative warrant", "ICE", "I.C.E."),
        *("ICE detainer", "Illegal Alien", "Previously removed alien", "Undocumented", "Visa overstay", "CBP lookout"),
        *(term.rstrip("*") for term, code in PROFILE_TERMS.items() if code is PurposeCode.IMMIGRATION_ENFORCEMENT),
    ],
)
def test_immigration_violators_are_withheld(words: str) -> None:
    assert csv_records(csv_text(f"ABC123,{words},CA")) == [Withheld(2)]


@pytest.mark.parametrize(
    "words", ["Police notice", "Parole absconder", "Office of service", "Alienated child", "Plate removal", "Warrant"]
)
def test_words_that_only_look_like_immigration_stay(words: str) -> None:
    assert only_entry(csv_records(csv_text(f"ABC123,{words},CA"))).reason is not Reason.IMMIGRATION_VIOLATOR


@pytest.mark.parametrize(
    ("cell", "state", "remarks"),
    [
        ("california", "CA", ""),
        ("0H", "OH", ""),
        ("", None, ""),
        ("UNK", None, ""),
        ("Freedonia", None, "state: Freedonia"),
    ],
)
def test_states_as_feeds_write_them(cell: str, state: str | None, remarks: str) -> None:
    entry = only_entry(csv_records(csv_text(f"ABC123,Stolen,{cell}")))
    assert (entry.state, entry.remarks) == (state, remarks)


@given(st.lists(st.text(alphabet='AB1,;"\r\n\t é', max_size=12), max_size=12))
def test_every_line_is_accounted_for_or_the_feed_refused(rows: list[str]) -> None:
    text = csv_text(*rows, header="Plate,Remarks")
    try:
        records = csv_records(text)
    except FeedError as error:
        assert "never closed" in str(error)  # noqa: PT017 - either outcome is right
        return
    lines = [record.lines for record in records if isinstance(record, Rejected)]
    assert sum(lines) + len(records) - len(lines) <= len(text.splitlines())
