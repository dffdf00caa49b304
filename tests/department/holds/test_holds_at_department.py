"""Holds at the department: those of units in any order, its own by unit, and what a unit is given of them."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import true

from alpr_edge.department.db.migrations.versions import d0031_hold_ends
from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.holds.listed_holds import list_holds
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import (
    HOLD_READS_MAX,
    REASON_CHARACTERS_MAX,
    HoldKind,
    HoldOrigin,
    HoldRelease,
    HoldTerms,
)
from alpr_edge.domain.protocol.holds import (
    HOLDS_BYTES_MAX,
    hold_item_id,
    hold_payload,
    hold_release_item_id,
    hold_release_payload,
)
from alpr_edge.domain.protocol.items import digest, encode, read_payload
from tests.department.engines import EngineUnderTest, query
from tests.department.enrolment import enrol_unit
from tests.department.query_plans import prefer_indexes, query_plans, walks_over
from tests.store.holds import CASE, CLERK, a_hold
from tests.store.records import instant, plate_read

A, B = "unit-a", "unit-b"
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
CHIEF = HoldAuthor("chief", NOW)
REASON = "\N{BELL}" * REASON_CHARACTERS_MAX
TERMS = HoldTerms(HoldKind.READ, "", CASE, "discovery")
HEADERS = {"Alpr-Edge-Unit": A, "Alpr-Edge-Protocol": "1"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Path:
    folder = initialise(tmp_path_factory.mktemp("holds") / "department", ["127.0.0.1"]).directory
    engine.use(folder)
    for unit in (A, B):
        enrol_unit(folder, unit, folder.parent / unit)
    return folder


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    storage = Storage(directory)
    yield storage
    for hold in storage.holds.list():
        if hold.origin == HoldOrigin.DEPARTMENT:
            storage.holds.release(hold.hold_id, CHIEF)
    storage.close()


def part(hold_id: str, *read_ids: str, unit_id: str = A, origin: HoldOrigin = HoldOrigin.UNIT) -> Part:
    hold = a_hold(hold_id)
    body = encode(hold_payload(hold, unit_id, read_ids))
    if origin is not HoldOrigin.UNIT:
        body = body.replace(b'"origin":"unit"', b'"origin":"department"')
    return Part(hold_item_id(hold_id, read_ids), "access", body, digest(body))


def read_part(read_id: str) -> Part:
    body = encode(read_payload(replace(plate_read(read_id), unit_id=A)))
    return Part(read_id, "read", body, digest(body))


def release(hold_id: str, unit_id: str = A) -> Part:
    body = encode(hold_release_payload(hold_id, unit_id, HoldRelease(CLERK, instant(), "case closed")))
    return Part(hold_release_item_id(hold_id), "access", body, digest(body))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0, 0, 1, 2]])
def test_parts_and_the_release_of_a_units_hold_come_in_any_order(storage: Storage, order: list[int]) -> None:
    hold_id = f"{A}:{'-'.join(map(str, order))}"
    items = [part(hold_id, f"{A}:r1", f"{A}:r2"), part(hold_id, f"{A}:r3"), release(hold_id)]
    for number in order:
        (answer,) = storage.store(A, [items[number]])
        assert answer.status == 200
    (hold,) = [each for each in storage.holds.list(with_released=True) if each.hold_id == hold_id]
    assert (hold.reads, hold.is_released, hold.case_number, hold.person) == (3, True, CASE, CLERK.person)
    assert (hold.released_by, hold.release_reason) == (CLERK.person, "case closed")
    assert hold_id not in {each.hold_id for each in storage.holds.list()}


@pytest.mark.parametrize(
    "wrong",
    [
        part(f"{B}:h1", f"{B}:r1"),
        part(f"{A}:h9", f"{B}:r1"),
        part(f"{A}:h9", f"{A}:r1", unit_id=B),
        part(f"{A}:h9", f"{A}:r1", origin=HoldOrigin.DEPARTMENT),
        Part(f"hold:{A}:h9:0000000000000000", "access", part(f"{A}:h9", f"{A}:r1").body, ""),
        release(f"{B}:h1"),
        release(f"{A}:h9", unit_id=B),
    ],
)
def test_a_unit_holds_its_own_reads_alone(storage: Storage, wrong: Part) -> None:
    (answer,) = storage.store(A, [Part(wrong.item_id, wrong.kind, wrong.body, digest(wrong.body))])
    assert answer.status == 422
    assert f"{A}:h9" not in {each.hold_id for each in storage.holds.list(with_released=True)}


def test_a_hold_of_the_department_goes_to_the_units_of_its_reads(storage: Storage) -> None:
    until = NOW + timedelta(days=3)
    lasting = storage.holds.place([f"{A}:r1", f"{B}:r1", f"{A}:r2", f"{A}:r1"], TERMS, CHIEF)
    assert sorted((each.unit_id, each.reads) for each in lasting) == [(A, 2), (B, 1)]
    storage.holds.place([f"{A}:r3"], HoldTerms(HoldKind.READ, "", CASE, "evidence", until), CHIEF)
    given = storage.holds.of_unit(A, NOW)
    assert [(sorted(each.read_ids), each.until) for each in given.holds if each.reason == "discovery"] == [
        ([f"{A}:r1", f"{A}:r2"], None)
    ]
    assert [each.person for each in given.holds] == ["chief", "chief"]
    assert [each.reason for each in storage.holds.of_unit(A, until).holds] == ["discovery"], "one is over"
    (of_b,) = storage.holds.of_unit(B, NOW).holds
    storage.holds.release(of_b.hold_id, CHIEF)
    assert storage.holds.of_unit(B, NOW).holds == []
    with pytest.raises(HoldError, match="released before"):
        storage.holds.release(of_b.hold_id, CHIEF)


@pytest.mark.parametrize(
    ("read_ids", "terms", "says"),
    [
        ([], TERMS, "no read is named"),
        (["r1"], TERMS, "names no unit"),
        (["unit-z:r1"], TERMS, "names no unit"),
        ([f"{A}:r1"], HoldTerms(HoldKind.READ, "", " ", "discovery"), "case number is empty"),
        ([f"{A}:r1"], HoldTerms(HoldKind.READ, "", CASE, "discovery", NOW), "would have ended"),
        ([f"{A}:{number}" for number in range(HOLD_READS_MAX + 1)], TERMS, "release some first"),
    ],
)
def test_what_the_department_cannot_hold(storage: Storage, read_ids: list[str], terms: HoldTerms, says: str) -> None:
    with pytest.raises(HoldError, match=says):
        storage.holds.place(read_ids, terms, CHIEF)
    assert storage.holds.of_unit(A, NOW).holds == []


def test_a_hold_that_its_unit_could_not_take_is_refused(storage: Storage, directory: Path) -> None:
    """Five thousand holds with the longest reasons, of characters of four bytes, and one more."""
    (kept,) = storage.holds.place([f"{A}:r1"], TERMS, CHIEF)
    values = f"'{A}', 'department', 'read', 'r', '{CASE}', '{REASON}', 'p', 'p', '2026-05-04', '2026-05-04'"
    query(
        directory,
        "INSERT INTO holds (hold_id, unit_id, origin, kind, subject_id, case_number, reason, person_id, person, made,"
        f" received_at) WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)"
        f" SELECT 'many-' || n, {values} FROM numbers",
    )
    try:
        with pytest.raises(HoldError, match=f"{HOLDS_BYTES_MAX} at most; release some first"):
            storage.holds.place([f"{B}:r1", f"{A}:r2"], TERMS, CHIEF)
    finally:
        query(directory, "DELETE FROM holds WHERE hold_id LIKE 'many-%'")
    assert [hold.hold_id for hold in storage.holds.of_unit(A, NOW).holds] == [kept.hold_id]
    assert storage.holds.of_unit(B, NOW).holds == [], "nothing of it is held, of other units neither"


@pytest.mark.parametrize("read_id", [f"{A}:{'x' * 128}", f"{A}:a b", f"{A}:\N{BELL}", ""])
def test_what_is_no_id_of_a_read_is_refused_in_a_line(storage: Storage, read_id: str) -> None:
    with pytest.raises(HoldError, match="no id of a read") as error_info:
        storage.holds.place([f"{A}:r1", read_id], TERMS, CHIEF)
    assert len(str(error_info.value).splitlines()) == 1
    assert storage.holds.of_unit(A, NOW).holds == []


def test_what_a_unit_holds_it_releases(storage: Storage) -> None:
    storage.store(A, [part(f"{A}:own", f"{A}:r1")])
    with pytest.raises(HoldError, match="unit-a placed this hold"):
        storage.holds.release(f"{A}:own", CHIEF)
    with pytest.raises(HoldError, match="no such hold"):
        storage.holds.release("department:none", CHIEF)


def test_a_unit_fetches_its_own_once(directory: Path, storage: Storage) -> None:
    storage.holds.place([f"{A}:r1", f"{B}:r1"], TERMS, HoldAuthor("chief", datetime.now(UTC)))
    files = directory.parent / A
    context = ssl.create_default_context(cafile=files / "department-ca.pem")
    context.load_cert_chain(files / "unit.pem", files / "unit.key")
    with (
        DepartmentServer(directory) as server,
        httpx.Client(
            base_url=f"https://127.0.0.1:{server.port}", verify=context, headers=HEADERS, trust_env=False, timeout=60
        ) as client,
    ):
        answer = client.get("/v1/holds")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        (hold,) = answer.json()["holds"]
        assert (answer.json()["unit_id"], hold["read_ids"]) == (A, [f"{A}:r1"])
        assert client.get("/v1/holds", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert client.get("/v1/holds", headers={"Alpr-Edge-Unit": B}).status_code == 403
        storage.holds.release(hold["hold_id"], CHIEF)
        newer = client.get("/v1/holds", headers={"If-None-Match": answer.headers["ETag"]})
        assert (newer.status_code, newer.json()["holds"]) == (200, [])


def test_a_hold_is_extended_by_one_that_takes_its_place_at_once(storage: Storage) -> None:
    soon, later = NOW + timedelta(days=3), NOW + timedelta(days=30)
    (first,) = storage.holds.place([f"{A}:r1", f"{A}:r2"], replace(TERMS, case_number="dr26-7", until=soon), CHIEF)
    by_person = HoldAuthor("Ana Ruiz", NOW + timedelta(days=1), "p-1")
    longer = storage.holds.extend(first.hold_id, later, by_person)
    assert (longer.reads, longer.case_number, longer.reason, longer.person_id) == (2, "DR26-7", "discovery", "p-1")
    assert longer.until is not None
    assert datetime.fromisoformat(longer.until) == later
    (sent,) = storage.holds.of_unit(A, by_person.at).holds
    assert (sent.hold_id, sorted(sent.read_ids)) == (longer.hold_id, [f"{A}:r1", f"{A}:r2"])
    assert [each.hold_id for each in storage.holds.list(case=" dr26-7 ")] == [longer.hold_id]
    assert storage.holds.list(case="26-999999") == []
    assert storage.holds.find(longer.hold_id) == longer
    over = HoldAuthor("chief", later)
    for hold_id, until, author, told in (
        (first.hold_id, later, CHIEF, "released before"),
        (longer.hold_id, soon, CHIEF, "give a later end, or none"),
        (longer.hold_id, later + timedelta(days=1), over, "it is over since"),
        ("none", None, CHIEF, "no such hold"),
    ):
        with pytest.raises(HoldError, match=told):
            storage.holds.extend(hold_id, until, author)
    endless = storage.holds.extend(longer.hold_id, None, CHIEF)
    assert (endless.until, endless.person_id) == (None, "login:chief")
    with pytest.raises(HoldError, match="lasts until released"):
        storage.holds.extend(endless.hold_id, later, CHIEF)
    with pytest.raises(HoldError, match="there is no such hold"):
        storage.holds.find(longer.hold_id)


def test_whoever_ended_a_hold_and_why_stands_with_it_and_older_ends_stay(storage: Storage) -> None:
    placed = storage.holds.place([f"{A}:r1", f"{B}:r1"], replace(TERMS, case_number="26-000031"), CHIEF)
    before, since = (hold.hold_id for hold in placed)
    storage.holds.release(before, CHIEF, "case closed")
    with storage.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE hold_releases DROP COLUMN reason")
        with Operations.context(MigrationContext.configure(connection)):
            d0031_hold_ends.upgrade()
    storage.holds.release(since, HoldAuthor("Ana Ruiz", NOW, "p-1"), "order of 9 May")
    ended = {hold.hold_id: hold for hold in storage.holds.list(with_released=True, case="26-000031")}
    facts = {hold_id: (each.is_released, each.released_by, each.release_reason) for hold_id, each in ended.items()}
    assert facts == {before: (True, "chief", None), since: (True, "Ana Ruiz", "order of 9 May")}


def test_reads_of_the_departments_own_holds_in_force_that_have_not_arrived_are_counted(storage: Storage) -> None:
    case = replace(TERMS, case_number="26-000003")
    storage.store(A, [read_part(f"{A}:here"), part(f"{A}:missing", f"{A}:r1")])
    with storage.database.reading() as connection, query_plans(connection) as plans:
        prefer_indexes(connection)
        list_holds(connection, true())
    assert walks_over(plans, ["reads"]) == [], plans
    placed = storage.holds.place([f"{A}:here", f"{A}:there", f"{B}:here"], case, CHIEF)
    told = {hold.unit_id: (hold.not_arrived, hold.first_not_arrived) for hold in placed}
    assert told == {A: (1, f"{A}:there"), B: (1, f"{B}:here")}
    storage.store(A, [read_part(f"{A}:there")])
    assert storage.holds.find(placed[0].hold_id).arrival_words == ""
    storage.holds.release(placed[1].hold_id, CHIEF)
    day = datetime(2020, 1, 1, tzinfo=UTC)
    ended = replace(case, until=day + timedelta(days=1))
    (over,) = storage.holds.place([f"{A}:gone"], ended, HoldAuthor("chief", day))
    listed = {hold.hold_id: hold.not_arrived for hold in storage.holds.list(with_released=True)}
    assert [listed[each] for each in (placed[1].hold_id, over.hold_id, f"{A}:missing")] == [0, 0, 0]
