"""What searches look up by follows what is stored: corrections, times in any order, deletion, copies."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.copying.copy import copy_database
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.search.pages import FoundPage, ReadCorrection, TimeBasis
from alpr_edge.department.search.upkeep import lookup_columns
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, encode, read_payload
from alpr_edge.domain.restrictions import Area
from scripts.benchmarks.department.postgresql import PostgresqlServer
from tests.department.engines import EngineUnderTest, query
from tests.department.people.office import make_department
from tests.department.retention.office import TODAY, Office
from tests.department.search.traffic import BEGIN, CENTRE, UNITS, make_traffic, store_traffic, time_item
from tests.store.records import START, plate_read
from tests.uplink.items import item, read_item

PLATES = "SELECT plate FROM plates ORDER BY plate"
SAID = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    with closing(Storage(directory)) as opened:
        yield opened


def store(storage: Storage, *items: OutboxItem, unit_id: str = "unit-1") -> None:
    parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items]
    assert {answer.status for answer in storage.store(unit_id, parts)} == {200}


def find(directory: Path, *plates: str, period: SearchPeriod | None = None) -> FoundPage:
    with closing(DepartmentDatabase(directory, create=False)) as database:
        return DepartmentSearches(database).page(DepartmentSearch(plates, period))


def ids(directory: Path, *plates: str) -> list[str]:
    return [read.read_id for read in find(directory, *plates).reads]


def correction_item(read_id: str, plate: str, supersedes: str | None = None, unit_id: str = "unit-1") -> OutboxItem:
    read = replace(plate_read(read_id, plate, supersedes), unit_id=unit_id, corrected_by=supersedes and "ana")
    return item(read_id, ItemKind.READ, encode(read_payload(read)))


def test_a_text_that_is_not_canonical_is_found_as_lists_match_it(storage: Storage, directory: Path) -> None:
    store(storage, read_item(1, "7abo-123"), read_item(2, "O"), read_item(3, " - "))
    assert query(directory, PLATES) == [("0",), ("7AB0123",)]
    assert ids(directory, "7ABO123") == ids(directory, "*BO1*") == ["read-1"]


def test_a_corrected_read_shows_the_last_of_its_corrections(storage: Storage, directory: Path) -> None:
    texts = ("7ABC123", "7ABC128", "7ABC12B")
    store(storage, correction_item("a", texts[0]), correction_item("c", texts[2], supersedes="b"))
    store(storage, correction_item("a", texts[0], unit_id="unit-2"), unit_id="unit-2")
    before = find(directory, texts[0]).reads
    assert [(read.unit_id, read.correction) for read in before] == [("unit-2", None), ("unit-1", None)]
    store(storage, correction_item("b", texts[1], supersedes="a"))
    last = ReadCorrection("c", texts[2], "ana")
    corrections = {(read.unit_id, read.read_id): read.correction for read in find(directory, *texts).reads}
    assert corrections == {("unit-1", "a"): last, ("unit-1", "b"): last, ("unit-1", "c"): None, ("unit-2", "a"): None}


def test_reads_that_correct_each_other_end_the_search_for_the_last(storage: Storage, directory: Path) -> None:
    """No unit makes such, and one that does stops nobody's search."""
    store(storage, correction_item("a", "7ABC123", "b"), correction_item("b", "7ABC128", "a"))
    store(storage, correction_item("c", "7ABC12B", "c"))
    assert [read.correction is not None for read in find(directory, "7ABC123", "7ABC12B").reads] == [True, False]


def test_a_time_that_comes_later_counts_and_one_that_is_taken_back_does_not(storage: Storage, directory: Path) -> None:
    period = SearchPeriod(SAID, SAID + timedelta(seconds=1))
    store(storage, read_item(1))
    assert [(read.seen_at, read.basis) for read in find(directory, "7ABC123").reads] == [
        (START.replace(microsecond=123_000), TimeBasis.OWN)
    ]
    store(storage, time_item("read-1", "unit-1", SAID))
    found = find(directory, "7ABC123", period=period)
    assert [(read.seen_at, read.basis) for read in found.reads] == [(SAID, TimeBasis.PLACED)]
    store(storage, time_item("read-1", "unit-1", said=False))
    assert find(directory, "7ABC123", period=period).reads == ()
    assert find(directory, "7ABC123", period=period).unseen.untimed == 1
    assert [(read.seen_at, read.basis) for read in find(directory, "7ABC123").reads] == [(None, TimeBasis.NOT_SURE)]


def test_a_time_that_comes_first_counts_as_well(storage: Storage, directory: Path) -> None:
    store(storage, time_item("read-1", "unit-1", SAID))
    store(storage, time_item("read-2", "unit-2", SAID), unit_id="unit-2")  # another unit's, of an id of its own
    store(storage, read_item(1), read_item(2))
    moments = {read.read_id: read.seen_at for read in find(directory, "7ABC123").reads}
    assert moments == {"read-1": SAID, "read-2": START.replace(microsecond=123_000)}


@pytest.mark.parametrize("utc", ["yesterday", "2026-05-04T12:30:00", "0001-01-01T00:00:00+14:00", ""])
def test_a_text_that_is_no_moment_is_not_sure(utc: str) -> None:
    payload = read_payload(plate_read("read-1"))
    assert lookup_columns(payload)["seen_at"] == START.replace(microsecond=123_000, tzinfo=None)
    first = payload.first_seen.model_copy(update={"utc": utc})
    assert lookup_columns(payload.model_copy(update={"first_seen": first}))["seen_at"] is None


def test_a_unit_without_a_read_in_the_time_is_named(storage: Storage, directory: Path) -> None:
    for unit_id, revoked in (("unit-1", "NULL"), ("unit-2", "NULL"), ("unit-3", "'2026-05-01'"), ("unit-4", "NULL")):
        begin = "2027-01-01" if unit_id == "unit-4" else "2026-01-01"
        query(
            directory,
            "INSERT INTO certificates (fingerprint, serial, unit_id, key_sha256, pem, origin, issued_at, not_after,"
            f" revoked_at) VALUES ('{unit_id}', '1', '{unit_id}', 'k', '', 'added', '{begin} 00-00-00.000000'"
            f", '2028-01-01 00-00-00.000000', {revoked})".replace("00-00-00", "00\\:00\\:00"),
        )
    store(storage, read_item(1))
    period = SearchPeriod(START - timedelta(hours=1), START + timedelta(hours=1))
    assert find(directory, "7ABC128", period=period).unseen.silent_units == ("unit-2",)
    with closing(DepartmentDatabase(directory, create=False)) as database:
        of_unit = DepartmentSearch((), period, unit_id="unit-1")
        assert DepartmentSearches(database).page(of_unit).unseen.silent_units == ()


def test_what_is_deleted_for_its_age_is_found_no_more_and_said_to_be_deleted(directory: Path) -> None:
    office = Office(directory)
    with closing(office.storage):
        office.deliver(read_item(1, "7ABC123"), read_item(2, "7ABC128"), days_ago=400)
        office.deliver(read_item(3, "7ABC128"), days_ago=10)
        assert ids(directory, "7ABC12?") == ["read-1", "read-3", "read-2"]
        assert office.purge().reads == 2
        assert query(directory, PLATES) == [("7ABC128",)]
        assert ids(directory, "7ABC12?") == ["read-3"]
        unseen = find(directory, "7ABC123").unseen
        assert (unseen.deleted, unseen.deleted_until) == (2, f"{TODAY:%Y-%m-%dT%H:%M:%S}.000Z")
        office.deliver(read_item(4, "7ABC123"), days_ago=0)
        assert ids(directory, "*C123") == ["read-4"]


def test_a_copy_on_postgresql_finds_the_same(tmp_path: Path, postgresql: PostgresqlServer) -> None:
    folder = make_department(tmp_path / "department")
    traffic = make_traffic(120)
    with closing(Storage(folder)) as storage:
        store_traffic(storage, traffic)
    searches = (
        DepartmentSearch((f"{traffic[1].plate[:-1]}?",)),
        DepartmentSearch((), SearchPeriod(BEGIN, BEGIN + timedelta(days=2)), Area(*CENTRE, 2000.0)),
        DepartmentSearch((), SearchPeriod(BEGIN, BEGIN + timedelta(days=2)), unit_id=UNITS[0]),
    )
    before = (query(folder, PLATES), _reads_of(folder, searches))
    assert all(before[1])
    copy_database(folder, postgresql.url(postgresql.new_database()), lambda done, total: None)
    assert query(folder, "SELECT current_database()")
    assert (query(folder, PLATES), _reads_of(folder, searches)) == before


def _reads_of(directory: Path, searches: tuple[DepartmentSearch, ...]) -> list[tuple[object, ...]]:
    with closing(DepartmentDatabase(directory, create=False)) as database:
        return [DepartmentSearches(database).page(search).reads for search in searches]
