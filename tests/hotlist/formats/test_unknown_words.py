"""What of a feed is not understood is told: columns, words for the reason, immigration enforcement in the remarks."""

from datetime import UTC, datetime

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.base import FeedContext, Rules, Withheld
from alpr_edge.hotlist.formats.clew import Clew
from alpr_edge.hotlist.formats.florida import Florida
from alpr_edge.hotlist.formats.generic_csv import GenericCsv
from alpr_edge.hotlist.formats.generic_fixed import GenericFixed
from alpr_edge.hotlist.formats.unknown_words import WORDINGS_MAX, UnknownWords
from tests.hotlist import layouts
from tests.hotlist.feed_texts import clew_line, clew_text, csv_records, csv_text, only_entry, open_feed, records_of

CATEGORY = "Plate,Category,Description"


def unknown_words(text: bytes, rules: Rules | None = None) -> UnknownWords:
    feed = open_feed(GenericCsv(), text, "list.csv", rules)
    assert list(feed.records)
    return feed.unknown_words


@pytest.mark.parametrize(
    "name",
    [
        "Expires",
        "Expiration",
        "Expiry",
        "End",
        "Valid Until",
        "valid_to",
        "Valid thru",
        "EXPIRES ON",
        "Expiration Date",
    ],
)
def test_the_end_of_an_entry_is_read_by_the_names_that_feeds_have(name: str) -> None:
    entry = only_entry(csv_records(csv_text("ABC123,2026-12-01", header=f"Plate,{name}")))
    assert entry.expires == datetime(2026, 12, 2, 8, tzinfo=UTC)


def test_every_role_is_a_columns_name() -> None:
    header = "plate,state,reason,remarks,record_id,case,effective,expires,year,make,model,vehicle,colour"
    row = "ABC123,NV,stolen,armed,V1,26-7,2026-11-01,2026-12-01,2002,FORD,FOC,VAN,BLK"
    entry = only_entry(csv_records(csv_text(row, header=header)))
    assert (entry.state, entry.reason, entry.remarks) == ("NV", Reason.STOLEN_VEHICLE, "case 26-7; armed")
    assert (entry.record_id, entry.vehicle) == ("V1", "2002 FORD FOC VAN BLK")
    assert entry.effective is not None
    assert entry.expires is not None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("BOLO", Reason.OTHER),
        ("Be on the lookout", Reason.OTHER),
        ("Attempt to locate", Reason.OTHER),
        ("BOLO - stolen vehicle", Reason.STOLEN_VEHICLE),
        ("BOLO for missing person", Reason.MISSING_PERSON),
    ],
)
def test_a_lookout_is_a_reason_and_vehicle_a_column(cell: str, reason: Reason) -> None:
    text = csv_text(f"ABC123,{cell},blue Ford van", header="Plate,Reason,Vehicle")
    entry, words = only_entry(csv_records(text)), unknown_words(text)
    assert (entry.reason, entry.remarks, entry.vehicle) == (reason, cell, "blue Ford van")
    assert (words.reason_lines, words.columns) == (0, ())


@pytest.mark.parametrize("name", ["Expired?", "Expiration of entry", "Valid until (local)", "ValidThruDay"])
def test_a_column_that_says_how_long_an_entry_holds_is_never_passed_over(name: str) -> None:
    with pytest.raises(FeedError, match=r"nothing is read from the column .*: columns\.expires"):
        open_feed(GenericCsv(), csv_text(header=f"Plate,{name}"))
    text = csv_text("ABC123,2026-12-01", header=f"Plate,{name}")
    assert only_entry(records_of(GenericCsv(), text, Rules(columns={"expires": name}))).expires is not None


def test_one_of_two_such_columns_is_chosen_by_the_settings() -> None:
    text = csv_text("ABC123,2026-12-01,2026-12-02", header="Plate,Expires,Expiration")
    with pytest.raises(FeedError, match="'Expiration'"):
        open_feed(GenericCsv(), text)
    assert unknown_words(text, Rules(columns={"expires": "Expiration"})).columns == ("Expires",)


def test_columns_that_are_not_read_are_named() -> None:
    text = csv_text("ABC123,CA,x,y,", header="Plate,State,Officer Safety,Hold  For\t2,")
    assert unknown_words(text).columns == ("Officer Safety", "Hold For 2")
    assert unknown_words(csv_text("ABC123,Stolen,CA")).columns == ()


def test_words_that_name_no_known_reason_are_counted_and_named_once() -> None:
    rows = ["ABC123,Carjacking,CA", "ABC124,Carjacking,CA", "ABC125,Stolen Veh,CA", "ABC126,Other,CA", "ABC127,,CA"]
    found = unknown_words(csv_text(*rows, "ABC128,stolen,CA", "AB%,Kidnapping,CA"))
    assert (found.reason_lines, found.wordings) == (3, ["Carjacking", "Stolen Veh"])
    assert unknown_words(csv_text(*rows[:2]), Rules(codes={"CARJACKING": Reason.FELONY_VEHICLE})).reason_lines == 0


def test_wordings_are_few_short_and_without_plates() -> None:
    rows = [f"ABC1{number:02},kind {chr(65 + number)},CA" for number in range(WORDINGS_MAX + 5)]
    found = unknown_words(csv_text(*rows))
    assert (found.reason_lines, len(found.wordings)) == (WORDINGS_MAX + 5, WORDINGS_MAX)
    plates = [
        "ABC123,owner of abc-123,CA",
        "ABC124,owner of abc-123,CA",
        "SOONER,about SO0NER,CA",
        "ABC125,with 7XYZ999,CA",
    ]
    assert unknown_words(csv_text(*plates)).wordings == []
    late = csv_text("ABC124,the SOONER car,CA", "SOONER,the SOONER car,CA", "ABC125,the SOONER car,CA")
    found = unknown_words(late)
    assert (found.reason_lines, found.wordings) == (3, [])
    assert unknown_words(csv_text(f"ABC123,{'long ' * 20},CA", "ABC124,a\x1b[2Jb,CA")).wordings == ["a [2Jb"]


def test_a_plate_with_a_slashed_zero_is_found_in_words() -> None:
    assert unknown_words(csv_text("S\u00d8ONER,the SOONER car,CA")).wordings == []


@pytest.mark.parametrize("plate", ["A", "NONE", "000"])
def test_a_short_plate_or_none_hides_no_words(plate: str) -> None:
    assert unknown_words(csv_text(f"{plate},Carjacking,CA")).wordings == ["Carjacking"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Lost Plate", Reason.STOLEN_PLATE),
        ("Silver Alert", Reason.MISSING_PERSON),
        ("Endangered Missing", Reason.MISSING_PERSON),
        ("Probation", Reason.SUPERVISED_RELEASE),
        ("Foreign Fugitive", Reason.WANTED_PERSON),
    ],
)
def test_words_that_say_more_than_the_reason_are_a_remark(words: str, reason: Reason) -> None:
    entry = only_entry(csv_records(csv_text(f"ABC123,{words},CA")))
    assert (entry.reason, entry.remarks) == (reason, words)


@pytest.mark.parametrize(
    ("cell", "remarks"), [("Stolen - armed", "Stolen - armed"), ("X1", ""), ("stolen", ""), ("Vehicle, stolen", "")]
)
def test_a_wording_of_the_settings_is_kept_and_a_code_is_not(cell: str, remarks: str) -> None:
    rules = Rules(codes={cell.upper(): Reason.STOLEN_VEHICLE})
    entry = only_entry(records_of(GenericCsv(), csv_text(f'ABC123,"{cell}",CA'), rules))
    assert (entry.reason, entry.remarks) == (Reason.STOLEN_VEHICLE, remarks)


@pytest.mark.parametrize(("name", "rules"), [("slr.tbl", None), ("x", Rules(reason=Reason.STOLEN_PLATE))])
def test_clews_table_of_plates_says_that_one_may_be_lost(name: str, rules: Rules | None) -> None:
    entry = only_entry(records_of(Clew(), clew_text(clew_line("ABC123")), rules, name))
    assert entry.remarks == "stolen or lost plate; county 12, lost 2019-05-15"


@pytest.mark.parametrize(
    "remarks",
    [
        "ICE administrative warrant of removal",
        "Previously  removed.",
        "illegal re-entry",
        "IMMIGRATION hold",
        "Deportee",
    ],
)
@pytest.mark.parametrize("category", ["Wanted Person", "Supervised Release", "Carjacking", ""])
def test_immigration_enforcement_in_the_remarks_is_withheld(category: str, remarks: str) -> None:
    text = csv_text(f"ABC123,{category},{remarks}", header=CATEGORY)
    assert csv_records(text) == [Withheld(2)]
    allowed = Rules(reasons=frozenset(Reason))
    assert only_entry(records_of(GenericCsv(), text, allowed)).reason is not Reason.IMMIGRATION_VIOLATOR


def test_immigration_enforcement_in_the_remarks_of_fixed_width_is_withheld() -> None:
    rules = Rules(columns={"plate": "1-8", "remarks": "9-40"}, header=False, reason=Reason.WANTED_PERSON)
    rows = b"ABC123  warrant of removal\nABC124  ice chest in the bed\n"
    first, second = records_of(GenericFixed(), rows, rules)
    assert first == Withheld(1)
    assert only_entry([second]).remarks == "ice chest in the bed"


@pytest.mark.parametrize("remarks", ["ice chest in the bed", "alien sticker", "I.C.E. sign", "cbpx", "removed plate"])
def test_remarks_that_only_look_like_it_stay(remarks: str) -> None:
    assert only_entry(csv_records(csv_text(f"ABC123,Wanted Person,{remarks}", header=CATEGORY))).remarks == remarks


@pytest.mark.parametrize(
    "category", ["Amber Alert", "Missing Person", "Stolen Vehicle", "Stolen Plate", "Felony Vehicle"]
)
def test_a_car_looked_for_whoever_is_in_it_is_not_withheld_for_a_remark(category: str) -> None:
    text = csv_text(f"ABC123,{category},Border Patrol was told", header=CATEGORY)
    assert only_entry(csv_records(text)).remarks == "Border Patrol was told"


def test_the_name_of_an_agency_withholds_nothing() -> None:
    line = layouts.florida(code="WANTED PERSON").replace("SHERIFF'S OFFICE", "BORDER PATROL")
    entry = only_entry(records_of(Florida(), b"head\n" + line.encode()))
    assert (entry.reason, "BORDER PATROL" in entry.remarks) == (Reason.WANTED_PERSON, True)


def test_the_remarks_of_a_removal_withhold_nothing() -> None:
    lines = iter(csv_text("ABC123,Wanted Person,deported", header=CATEGORY).splitlines(keepends=True))
    (row,) = GenericCsv().open(lines, FeedContext("list", "list.csv", removals=True)).records
    assert isinstance(row, tuple)


@pytest.mark.parametrize(
    ("header", "row", "notices"),
    [
        ("Plate,State,Reason", "notaplate!!,CA,stolen", ["1 with characters that no plate has"]),
        ("Plate,State,Reason", "ABC123,Calif,stolen", ["1 with an unknown state"]),
        ("Plate,Reason", "ABC123,stolen", ["no column for the state"]),
        ("Plate,State", "ABC123,CA", ["no column for the reason"]),
        ("Plate,State,Reason", "3A-1.B/C,CA,stolen", []),
    ],
)
def test_what_a_small_list_lacks_is_told(header: str, row: str, notices: list[str]) -> None:
    found = unknown_words(csv_text(row, header=header)).notices
    assert len(found) == len(notices)
    assert all(each.startswith(start) for each, start in zip(found, notices, strict=True))


def test_a_reason_of_the_settings_needs_no_column() -> None:
    rules = Rules(reason=Reason.AMBER_ALERT)
    assert unknown_words(csv_text("ABC123,CA", header="Plate,State"), rules).notices == ()
