from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pyzipper
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.domain.errors import FeedClockError, FeedError, SettingsError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ImportReport, ListStore, import_feed
from alpr_edge.hotlist.ingest.report import Refusals, read_report
from alpr_edge.hotlist.ingest.request import request_for
from alpr_edge.settings import ListSource, Settings, parse
from tests.hotlist.feed_texts import NOW, csv_text

PASSWORD = b"correct horse"


def source_of(**keys: object) -> ListSource:
    raw = {"hotlist": {"source": [{"name": "bolo", "format": "generic-csv", **keys}]}}
    (source,) = parse(raw, Path("/base")).hotlist.source
    return source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def run_import(lists: ListStore, path: Path, text: bytes | None = None, **keys: object) -> ImportReport:
    if text is not None:
        path.write_bytes(text)
    return import_feed(request_for(source_of(**keys), path), lists, NOW)


def entry(lists: ListStore, plate: str) -> HotlistEntry:
    ((hotlist_entry, _),) = HotlistLoader(lists.database, lists.lists_key, lists.directory).load().exact(plate)
    return hotlist_entry


def test_codes_of_the_source_go_before_words(lists: ListStore, path: Path) -> None:
    text = csv_text("ABC123,x1,CA", "ABC124,N,CA", "ABC125,stolen,CA")
    report = run_import(lists, path, text, codes={"X1": "wanted_person", "n": "other", "STOLEN": "felony_vehicle"})
    assert (report.kept, report.withheld) == (3, 0)
    reasons = [entry(lists, plate).reason for plate in ("ABC123", "ABC124", "ABC125")]
    assert reasons == [Reason.WANTED_PERSON, Reason.OTHER, Reason.FELONY_VEHICLE]


def test_only_the_reasons_allowed_come_in(lists: ListStore, path: Path) -> None:
    text = csv_text("ABC123,stolen,CA", "ABC124,gang,CA", "ABC125,Immigration Violator,CA")
    assert run_import(lists, path, text, reasons=["stolen_vehicle"]).withheld == 2
    # As where no profile bars it: here it does, and settings that name the reason are refused.
    names = {"name": "bolo", "format": "generic-csv", "reasons": ["stolen_vehicle", "immigration_violator"]}
    assert import_feed(request_for(ListSource.model_validate(names), path), lists, NOW).withheld == 1


def test_columns_by_the_settings_names(lists: ListStore, path: Path) -> None:
    text = csv_text("x;ABC123;gone;NV", header="No;Tag;Why;Where")
    run_import(lists, path, text, columns={"plate": "Tag", "state": "Where", "remarks": "Why"}, reason="stolen_plate")
    hotlist_entry = entry(lists, "ABC123")
    assert (hotlist_entry.state, hotlist_entry.remarks, hotlist_entry.reason) == ("NV", "gone", Reason.STOLEN_PLATE)


def test_columns_by_number_without_a_header_row(lists: ListStore, path: Path) -> None:
    keys = {"header": False, "delimiter": "|", "columns": {"plate": "2", "state": "1"}}
    assert run_import(lists, path, b"NV|ABC123\nCA|ABC124\n", **keys).kept == 2
    assert entry(lists, "ABC123").state == "NV"


def test_columns_of_fixed_width(lists: ListStore, path: Path) -> None:
    columns = {"plate": "5-12", "state": "1-2", "remarks": "14-20"}
    keys = {"format": "fixed-width", "columns": columns, "header": False}
    report = run_import(lists, path, b"NV  ABC123   red van\r\n1A  ABC124   no\r\n", rejected_share_max=0.5, **keys)
    assert [(line.line, line.column, line.reason) for line in report.rejected_lines] == [(2, "1-2", "no state code")]
    assert (entry(lists, "ABC123").state, entry(lists, "ABC123").remarks) == ("NV", "red van")


def test_a_case_number_of_fixed_width_is_no_part_of_the_vehicle(lists: ListStore, path: Path) -> None:
    columns = {"plate": "1-8", "case": "9-17", "make": "18-21", "colour": "22-24", "remarks": "25-31"}
    keys = {"format": "fixed-width", "columns": columns, "header": False, "reason": "stolen_vehicle"}
    run_import(lists, path, b"ABC123  26-004711FORDBLUstolen\r\nABC124           FORDBLU\r\n", **keys)
    found = [entry(lists, plate) for plate in ("ABC123", "ABC124")]
    assert [each.vehicle for each in found] == ["FORD BLU"] * 2
    assert [each.remarks for each in found] == ["case 26-004711, stolen", ""]


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"columns": {"plate": "Tagg"}}, "no column is called 'Tagg'"),
        ({"columns": {"plates": "Plate Number"}}, "no role is called 'plates'"),
        ({"header": False}, "which column is the plate's"),
        ({"header": False, "columns": {"plate": "9"}}, "a number from 1 to 3"),
        ({"format": "fixed-width"}, "say where the plate stands"),
        ({"format": "fixed-width", "columns": {"plate": "8-1"}}, "columns such as 1-8"),
        ({"format": "clw"}, "no format is called 'clw'"),
        ({"zone": "America/Nowhere"}, "no time zone America/Nowhere"),
    ],
)
def test_settings_that_do_not_fit_the_feed_are_one_line(
    lists: ListStore, path: Path, keys: dict[str, Any], fault: str
) -> None:
    with pytest.raises(FeedError, match=fault) as refusal:
        run_import(lists, path, csv_text("ABC123,stolen,CA"), **keys)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"reason": "stolen_vehicel"}, "did you mean 'stolen_vehicle'"),
        ({"reasons": ["nothing"]}, "no reason is called 'nothing'"),
        ({"codes": {"X": "sex_ofender"}}, "did you mean 'sex_offender'"),
        ({"priority": "hihg"}, "did you mean 'high'"),
        ({"rejected_share_max": 2.0}, "rejected_share_max"),
        ({"amber_after_h": 5.0, "red_after_h": 4.0}, "red_after_h = 4.0 is below"),
        ({"department": True, "signing_key_file": "a.pub"}, "by its certificate; leave out signing_key_file"),
    ],
)
def test_settings_that_cannot_be_are_named(keys: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        source_of(**keys)


def test_entries_expire_from_the_date_of_the_list(lists: ListStore, path: Path) -> None:
    text = b"DATE11/23/2026 09:00\r\n" + csv_text("ABC123,2026-11-25", "ABC124,", header="Plate,ExpiryDate")
    report = run_import(lists, path, text, entries_expire_h=48.0)
    issued_at = datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert report.issued == issued_at
    assert entry(lists, "ABC124").expires == issued_at + timedelta(hours=48)
    assert entry(lists, "ABC123").expires == datetime(2026, 11, 26, 8, tzinfo=UTC)
    path.write_bytes(csv_text("ABC123,stolen,CA"))
    with pytest.raises(FeedClockError, match="no receiver or time server confirms the time"):
        import_feed(request_for(source_of(entries_expire_h=1.0), path), lists, None)
    with pytest.raises(FeedError, match="the calendar's end"):
        run_import(lists, path, b"DATE12/31/9999\n" + csv_text("ABC123,stolen,CA"), entries_expire_h=48.0)


def test_covert_entries_and_texts_to_skip(lists: ListStore, path: Path) -> None:
    text = csv_text("ABC123,stolen,CA", "DEALER,stolen,CA", "TEST-01,stolen,CA")
    report = run_import(lists, path, text, covert=True, skip_plates=["Dealer", "TEST01"])
    assert (report.kept, report.skipped_junk) == (1, 2)
    assert entry(lists, "ABC123").covert


def test_the_limits_are_the_sources(lists: ListStore, path: Path) -> None:
    good = [f"ABC{number:03d},stolen,CA" for number in range(100)]
    with pytest.raises(FeedError, match="when it was made"):
        run_import(lists, path, csv_text(*good), issued_required=True)
    with pytest.raises(FeedError, match="trailer TOTAL RECORD is missing"):
        run_import(lists, path, trailer_required=True)
    with pytest.raises(FeedError, match="1 of 101 lines were rejected"):
        run_import(lists, path, csv_text(*good, "ABC%,stolen,CA"), rejected_share_max=0.0)
    text = b"DATE11/24/2026 06:00\n" + csv_text(*good) + b"TOTAL RECORD 0000100\n"
    assert run_import(lists, path, text, issued_required=True, trailer_required=True).kept == 100
    with pytest.raises(FeedError, match="ahead of this unit's clock"):
        run_import(lists, path, text, issued_ahead_h_max=1.0)
    with pytest.raises(FeedError, match="counts 101 records, the table holds 100"):
        run_import(lists, path, text.replace(b"0000100", b"0000101"))
    fewer = b"DATE11/24/2026 06:00\n" + csv_text(*good[:95])
    with pytest.raises(FeedError, match="--accept-shrink"):
        run_import(lists, path, fewer, shrink_share_max=0.01, shrink_entries_min=1)
    with pytest.raises(FeedError, match="older than the one in use"):
        run_import(lists, path, b"DATE11/23/2026 06:00\n" + csv_text(*good))
    assert len(HotlistLoader(lists.database, lists.lists_key, lists.directory).load()) == 100


def test_a_signed_source_takes_signed_feeds_alone(lists: ListStore, path: Path, tmp_path: Path) -> None:
    maker, key = Ed25519PrivateKey.generate(), tmp_path / "feed.pub"
    key.write_bytes(maker.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    text = csv_text("ABC123,stolen,CA")
    with pytest.raises(FeedError, match=r"list\.csv\.sig: cannot be read"):
        run_import(lists, path, text, signing_key_file=str(key))
    path.with_name("list.csv.sig").write_bytes(maker.sign(text))
    assert run_import(lists, path, signing_key_file=str(key)).kept == 1


@pytest.fixture
def locked_zip(tmp_path: Path) -> Path:
    path = tmp_path / "list.zip"
    with pyzipper.AESZipFile(path, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(PASSWORD)
        archive.writestr("list.csv", csv_text(*(f"ABC{number:03d},stolen,CA" for number in range(1000))))
    return path


def test_an_aes_zip_opens_with_its_password(lists: ListStore, locked_zip: Path, tmp_path: Path) -> None:
    secret = tmp_path / "feed.password"
    secret.write_bytes(PASSWORD + b"\n")
    assert run_import(lists, locked_zip, password_file=str(secret)).kept == 1000


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        (b"wrong\n", "its password is wrong"),
        (b"\n", "holds no password"),
        (None, "the password cannot be read"),
        (b"none given", "give its password with --password-file"),
    ],
)
def test_a_zip_that_does_not_open_is_one_line(
    lists: ListStore, locked_zip: Path, tmp_path: Path, secret: bytes | None, fault: str
) -> None:
    keys: dict[str, Any] = {} if secret == b"none given" else {"password_file": str(tmp_path / "feed.password")}
    if secret is not None:
        (tmp_path / "feed.password").write_bytes(secret)
    with pytest.raises(FeedError, match=fault) as refusal:
        run_import(lists, locked_zip, **keys)
    assert "\n" not in str(refusal.value)


def test_an_aes_zip_changed_on_its_way_is_refused(lists: ListStore, locked_zip: Path) -> None:
    data = bytearray(locked_zip.read_bytes())
    data[len(data) // 2] ^= 0xFF
    locked_zip.write_bytes(data)
    request = replace(request_for(source_of(), locked_zip), password=PASSWORD)
    with pytest.raises(FeedError, match="damaged or cut short"):
        import_feed(request, lists, NOW)


def test_a_refused_feed_stands_until_one_goes_live(lists: ListStore, path: Path) -> None:
    refusals = Refusals(lists.directory)
    assert refusals.lines() == []
    good = [f"ABC{number:03d},stolen,CA" for number in range(10)]
    with pytest.raises(FeedError):
        run_import(lists, path, csv_text(*good, "A%,stolen,CA", "ABC1"))
    assert refusals.lines() == ["list bolo: its last feed was refused"]
    report = read_report(lists.directory, "bolo")
    assert "2 of 12 lines were rejected" in report.refused
    assert [(line.line, line.column) for line in report.lines] == [(12, "Plate Number"), (13, "-")]
    run_import(lists, path, csv_text(*good))
    assert refusals.lines() == []
    assert read_report(lists.directory, "bolo").refused == ""


def test_a_dry_run_leaves_no_report(lists: ListStore, path: Path) -> None:
    path.write_bytes(csv_text("A%,stolen,CA"))
    with pytest.raises(FeedError, match="refused"):
        import_feed(replace(request_for(source_of(), path), dry_run=True), lists, NOW)
    with pytest.raises(FeedError, match="no feed of a list bolo"):
        read_report(lists.directory, "bolo")


def test_ages_of_a_source_stand_before_the_units() -> None:
    raw = {"hotlist": {"red_after_h": 24.0, "source": [{"name": "fl", "format": "florida", "red_after_h": 6.0}]}}
    hotlist = parse(raw, Path("/base")).hotlist
    assert hotlist.ages_of("fl") == (timedelta(hours=6), timedelta(hours=6))
    assert hotlist.ages_of("other") == (timedelta(hours=13), timedelta(hours=24))
    assert Settings().hotlist.source_of("fl") is None
