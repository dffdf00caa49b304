import fcntl
import gzip
import os
import resource
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.domain.errors import FeedError, StoreError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, ListStore, import_feed
from alpr_edge.hotlist.ingest.validation import BATCH_ENTRIES, ValidationLimits
from alpr_edge.store.hotlists.generations import GENERATIONS_KEPT, live
from tests.hotlist.feed_texts import NOW, clew_line, clew_text, csv_text

PLATES = [f"4XYZ{number:03d}" for number in range(100)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "svs.tbl"
    path.write_bytes(clew_text(*map(clew_line, PLATES)))
    return path


@pytest.fixture
def request_of(table: Path) -> ImportRequest:
    return ImportRequest(table, "clew-svs", FormatName.CLEW)


@pytest.fixture
def csv_request(tmp_path: Path) -> ImportRequest:
    return ImportRequest(tmp_path / "list.csv", "bolo", FormatName.GENERIC_CSV)


def plates_of(loader: HotlistLoader) -> set[str]:
    return {entry.plate for plate in PLATES for entry, _ in loader.index.exact(plate)}


def test_an_import_goes_live_and_says_what_it_did(
    lists: ListStore, loader: HotlistLoader, request_of: ImportRequest
) -> None:
    assert import_feed(request_of, lists, NOW) == ImportReport(
        source="clew-svs",
        serial=1,
        issued=datetime(2026, 11, 23, 17, tzinfo=UTC),
        read=100,
        kept=100,
        rejected=0,
        rejected_lines=(),
        skipped_junk=0,
        withheld=0,
        duplicates=0,
        added=100,
        removed=0,
        changed=0,
    )
    (generation_row,) = live(lists.database)
    assert (generation_row.file, generation_row.generation.imported_at) == ("clew-svs.00000001.list", NOW)
    assert stat.S_IMODE(lists.directory.stat().st_mode) == 0o700
    assert len(loader.load()) == 100


def test_everything_left_out_is_counted(lists: ListStore, csv_request: ImportRequest) -> None:
    rows = [f"{plate},Stolen Vehicle,CA" for plate in PLATES]
    rows += ["000,Stolen,CA", "NONE,Stolen,CA", "ABC123,Immigration Violator,CA", "AB%,Stolen,CA", rows[0]]
    csv_request.path.write_bytes(csv_text(*rows))
    report = import_feed(csv_request, lists, NOW)
    assert (report.read, report.kept, report.skipped_junk, report.withheld) == (105, 100, 2, 1)
    assert (report.rejected, report.duplicates) == (1, 1)
    assert [line.line for line in report.rejected_lines] == [105]


def test_a_plate_in_two_states_for_two_reasons_is_four_entries(
    lists: ListStore, loader: HotlistLoader, csv_request: ImportRequest
) -> None:
    rows = [f"0H0,{reason},{state}" for reason in ("stolen", "wanted") for state in ("CA", "NV")] * 2
    csv_request.path.write_bytes(csv_text(*rows))
    report = import_feed(csv_request, lists, NOW)
    assert (report.kept, report.duplicates) == (4, 4)
    loader.load()
    meanings = {(entry.state, entry.reason) for entry, _ in loader.index.exact("0H0")}
    assert meanings == {
        (state, reason) for state in ("CA", "NV") for reason in (Reason.STOLEN_VEHICLE, Reason.WANTED_PERSON)
    }


def test_lines_of_one_plate_and_reason_that_say_something_else_are_entries_of_their_own(
    lists: ListStore, loader: HotlistLoader, csv_request: ImportRequest
) -> None:
    rows = [
        "7ABC123,CA,Wanted,old warrant,2025-01-01,2025-12-31",
        "7ABC123,CA,Wanted,new warrant,2026-10-01,2027-10-01",
        "7ABC123,CA,Wanted,new warrant,2026-10-01,2027-10-01",
        "8ABO123,CA,Stolen,Honda,,",
        "8AB0123,CA,Stolen,Ford,,",
    ]
    header = "Plate Number,State,Category,Remarks,Effective Date,Expiry Date"
    csv_request.path.write_bytes(csv_text(*rows, header=header))
    report = import_feed(csv_request, lists, NOW)
    assert (report.kept, report.duplicates) == (4, 1)
    loader.load()
    assert [each.remarks for each, _ in loader.index.exact("7ABC123") if each.in_force(NOW)] == ["new warrant"]
    assert [(each.plate_raw, each.remarks) for each, _ in loader.index.exact("8AB0123")] == [
        ("8ABO123", "Honda"),
        ("8AB0123", "Ford"),
    ]
    # An entry that is added replaces all of its identity in the list in use, and nothing else.
    added = ["7ABC123,CA,Wanted,newest warrant,2026-11-01,2027-11-01", "7ABC123,CA,Wanted,another,,"]
    csv_request.path.write_bytes(csv_text(*added, header=header))
    report = import_feed(replace(csv_request, change=ListChange.ADDITIONS), lists, NOW)
    assert (report.kept, report.duplicates, report.added, report.removed, report.changed) == (4, 2, 0, 0, 2)
    loader.load()
    assert [each.remarks for each, _ in loader.index.exact("7ABC123")] == ["newest warrant", "another"]
    assert len(list(loader.index.exact("8AB0123"))) == 2


def test_added_and_removed_are_told_against_the_list_held(lists: ListStore, request_of: ImportRequest) -> None:
    import_feed(request_of, lists, NOW)
    request_of.path.write_bytes(clew_text(*map(clew_line, [*PLATES[5:], "NEW1", "NEW2"])))
    report = import_feed(request_of, lists, NOW)
    assert (report.serial, report.added, report.removed, report.changed) == (2, 2, 5, 0)


def test_an_entry_that_says_something_else_is_changed(lists: ListStore, csv_request: ImportRequest) -> None:
    def report(*rows: str) -> tuple[int, int, int]:
        csv_request.path.write_bytes(csv_text(*rows, header="Plate,Reason,State,Remarks"))
        done = import_feed(csv_request, lists, NOW)
        return done.added, done.removed, done.changed

    assert report("ABC123,Stolen,CA,red", "ABC124,Stolen,CA,red") == (2, 0, 0)
    assert report("ABC123,Stolen,CA,blue", "ABC124,Stolen,CA,red") == (0, 0, 1)
    assert report("ABC123,Wanted,CA,blue", "ABC124,Stolen,CA,red", "ABC124,Stolen,CA,grey") == (1, 0, 1)
    assert report("ABC123,Wanted,NV,blue", "ABC124,BOLO,CA,red", "ABC125,BOLO,CA,red") == (1, 1, 2)


@pytest.mark.parametrize(
    "bad_feed",
    [
        clew_text(*map(clew_line, PLATES), date="11/22/2026 09:00"),
        clew_text(*map(clew_line, PLATES), date="12/22/2026 09:00"),
        clew_text(*map(clew_line, PLATES[:50])),
        clew_text(*map(clew_line, PLATES), total=99),
        clew_text(*map(clew_line, PLATES))[:-20],
        clew_text(*map(clew_line, PLATES[:97]), "x", "y", "z"),
        clew_text(),
        gzip.compress(clew_text(*map(clew_line, PLATES)))[:-30],
        b"",
    ],
    ids=["older", "future", "shrunk", "miscounted", "cut", "rejected", "empty", "packed-cut", "nothing"],
)
def test_a_refused_feed_leaves_the_list_held_live(
    lists: ListStore, loader: HotlistLoader, request_of: ImportRequest, bad_feed: bytes
) -> None:
    import_feed(request_of, lists, NOW)
    before = sorted(lists.directory.iterdir())
    loader.load()
    request_of.path.write_bytes(bad_feed)
    with pytest.raises(FeedError, match=r"^clew-svs: refused, the list in use stays: ") as refusal:
        import_feed(request_of, lists, NOW)
    assert "\n" not in str(refusal.value)
    assert "4XYZ" not in str(refusal.value)
    assert not loader.refresh_if_changed()
    assert len(plates_of(loader)) == 100
    assert sorted(lists.directory.iterdir()) == before


def test_a_shrunken_feed_is_taken_on_a_word(lists: ListStore, loader: HotlistLoader, request_of: ImportRequest) -> None:
    import_feed(request_of, lists, NOW)
    request_of.path.write_bytes(clew_text(*map(clew_line, PLATES[:50])))
    assert import_feed(replace(request_of, accept_shrink=True), lists, NOW).removed == 50
    loader.load()
    assert len(plates_of(loader)) == 50


def test_a_dry_run_changes_nothing(lists: ListStore, request_of: ImportRequest) -> None:
    report = import_feed(replace(request_of, dry_run=True), lists, NOW)
    assert (report.serial, report.added) == (None, 100)
    assert live(lists.database) == []
    assert list(lists.directory.glob("*.list")) == []


def test_only_the_newest_files_of_a_source_are_kept(lists: ListStore, request_of: ImportRequest) -> None:
    import_feed(replace(request_of, source="clew"), lists, NOW)
    for _ in range(GENERATIONS_KEPT + 2):
        import_feed(request_of, lists, NOW)
    names = sorted(path.name for path in lists.directory.glob("*.list"))
    assert names == ["clew-svs.00000003.list", "clew-svs.00000004.list", "clew-svs.00000005.list", "clew.00000001.list"]


def test_a_damaged_list_held_does_not_keep_its_replacement_out(
    lists: ListStore, loader: HotlistLoader, request_of: ImportRequest
) -> None:
    import_feed(request_of, lists, NOW)
    (path,) = lists.directory.glob("*.list")
    path.write_bytes(b"damaged")
    assert import_feed(request_of, lists, NOW).serial == 2
    assert loader.load().faults == ()
    assert len(plates_of(loader)) == 100


def test_what_a_killed_import_left_is_cleared(lists: ListStore, request_of: ImportRequest) -> None:
    import_feed(request_of, lists, NOW)
    (lists.directory / ".part-left").touch()
    import_feed(request_of, lists, NOW)
    assert not (lists.directory / ".part-left").exists()


def test_two_imports_do_not_run_at_once(lists: ListStore, request_of: ImportRequest) -> None:
    import_feed(request_of, lists, NOW)
    descriptor = os.open(lists.directory / ".import.lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(StoreError, match="another import runs"):
        import_feed(request_of, lists, NOW)
    os.close(descriptor)
    assert import_feed(request_of, lists, NOW).serial == 2


@pytest.mark.parametrize("source", ["", "../x", ".x", "a b", "x" * 65])
def test_a_sources_name_is_no_path(lists: ListStore, request_of: ImportRequest, source: str) -> None:
    with pytest.raises(FeedError, match="name"):
        import_feed(replace(request_of, source=source), lists, NOW)


def test_a_folder_in_the_way_is_one_line(lists: ListStore, request_of: ImportRequest) -> None:
    lists.directory.touch()
    with pytest.raises(StoreError, match="folder"):
        import_feed(request_of, lists, NOW)


def test_a_lock_that_cannot_be_taken_is_one_line(lists: ListStore, request_of: ImportRequest) -> None:
    (lists.directory / ".import.lock").mkdir(parents=True)
    lists.directory.chmod(0o700)
    with pytest.raises(StoreError, match="cannot be opened"):
        import_feed(request_of, lists, NOW)


def test_the_number_of_entries_is_bounded(lists: ListStore, request_of: ImportRequest) -> None:
    import_feed(replace(request_of, limits=ValidationLimits(entries_max=100)), lists, NOW)
    with pytest.raises(FeedError, match="over 99 entries"):
        import_feed(replace(request_of, limits=ValidationLimits(entries_max=99)), lists, NOW)


def test_what_root_imports_belongs_to_the_unit(
    lists: ListStore, request_of: ImportRequest, require_system_module: Callable[[str], str]
) -> None:
    require_system_module("import os; assert os.geteuid() == 0, 'only root gives files away'")
    nobody = 65534
    os.chown(lists.directory.parent, nobody, nobody)
    import_feed(request_of, lists, NOW)
    paths = [lists.directory, *lists.directory.iterdir()]
    assert {path.stat().st_uid for path in paths} == {nobody}
    assert len(paths) == 4


def test_progress_is_told_with_the_share_of_the_file(lists: ListStore, csv_request: ImportRequest) -> None:
    rows = [f"{number:06d}A,Stolen,CA" for number in range(2 * BATCH_ENTRIES + 10)]
    csv_request.path.write_bytes(gzip.compress(csv_text(*rows)))
    calls: list[tuple[int, float]] = []
    import_feed(csv_request, lists, NOW, lambda count, share: calls.append((count, share)))
    assert [count for count, _ in calls] == [BATCH_ENTRIES, 2 * BATCH_ENTRIES, 2 * BATCH_ENTRIES + 10]
    assert all(0 < share <= 1 for _, share in calls)


def test_an_import_on_an_unknown_clock_has_no_date(lists: ListStore, csv_request: ImportRequest) -> None:
    csv_request.path.write_bytes(csv_text("ABC123,Stolen,CA"))
    import_feed(csv_request, lists, None)
    (generation_row,) = live(lists.database)
    assert generation_row.generation.age(NOW) is None


@contextmanager
def no_file_over(limit: int) -> Iterator[None]:
    """Let a write beyond so many bytes of a file fail as it does on a full disk."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_a_list_that_cannot_be_written_whole_keeps_the_list_held(
    lists: ListStore, loader: HotlistLoader, csv_request: ImportRequest
) -> None:
    csv_request.path.write_bytes(csv_text("ABC123,Stolen,CA"))
    import_feed(csv_request, lists, NOW)
    csv_request.path.write_bytes(csv_text(*(f"{n:06d}A,{secrets.token_hex(20)},CA" for n in range(2_500))))
    with no_file_over(65_536), pytest.raises(StoreError, match="cannot be written"):
        import_feed(csv_request, lists, NOW)
    loader.load()
    assert [generation.serial for _, generation in loader.index.exact("ABC123")] == [1]
    assert list(lists.directory.glob(".part*")) == []
