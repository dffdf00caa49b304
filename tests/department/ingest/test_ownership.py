"""What a unit may write at the department, and that nothing it sends reaches what another unit sent."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import reads
from alpr_edge.department.hotlists import LISTS_NAME, ListRepository
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.protocol.hits import (
    alert_item_id,
    alert_payload,
    hit_payload,
    late_tone_item_id,
    late_tone_payload,
    withdrawal_item_id,
    withdrawal_payload,
)
from alpr_edge.domain.protocol.items import ItemAnswerPayload, ListChange, digest, encode, read_payload
from alpr_edge.domain.protocol.time_corrections import TimePayload, time_item_id
from alpr_edge.domain.reads import PlateRead
from alpr_edge.uplink.delivery_client import HttpsDepartment
from tests.department.engines import EngineUnderTest
from tests.department.enrolment import enrol_unit
from tests.store.records import alert, hit, instant, late_tone, plate_read
from tests.uplink.conftest import settings_for
from tests.uplink.items import jpeg, read_item

A, B = "unit-a", "unit-b"
OLD, NEW = "0190aaaa-0000-7000-8000-000000000001", f"{B}:0190aaaa-0000-7000-8000-000000000001"
"""Ids of a read of unit B, as units made them before and make them now."""

Served = tuple[DepartmentServer, dict[str, Path], Path]
"""A server, the files of its units, and its folder."""

pytestmark = pytest.mark.review(14)


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    new_storage = Storage(directory)
    yield new_storage
    new_storage.close()


def part(item_id: str, kind: str, body: bytes) -> Part:
    return Part(item_id, kind, body, digest(body))


def read_of(unit: str, read_id: str, plate: str = "7ABC123", supersedes: str | None = None) -> PlateRead:
    return replace(plate_read(read_id, plate, supersedes), unit_id=unit)


def read_part(unit: str, read_id: str, plate: str = "7ABC123", supersedes: str | None = None) -> Part:
    return part(read_id, "read", encode(read_payload(read_of(unit, read_id, plate, supersedes))))


def hit_part(unit: str, hit_id: str, read_id: str) -> Part:
    new_hit: Hit = hit(hit_id, read_id)
    return part(hit_id, "hit", encode(hit_payload(new_hit, read_of(unit, read_id))))


def time_part(unit: str, read_id: str) -> Part:
    payload = TimePayload(read_id=read_id, unit_id=unit, boot_id="x", sure=False, first_seen=None, last_seen=None)
    return part(time_item_id(read_id, sure=False), "time", encode(payload))


def alert_part(unit: str, hit_id: str, read_id: str) -> Part:
    body = encode(alert_payload(alert(hit_id, read_id), instant(), unit))
    return part(alert_item_id(hit_id), "alert", body)


def withdrawal_part(unit: str, hit_id: str, read_id: str) -> Part:
    body = encode(withdrawal_payload(alert(hit_id, read_id), instant(), unit))
    return part(withdrawal_item_id(hit_id), "withdrawal", body)


def late_tone_part(unit: str, hit_id: str, read_id: str) -> Part:
    body = encode(late_tone_payload(late_tone(hit_id, read_id), unit))
    return part(late_tone_item_id(hit_id), "late_tone", body)


def outcome_of(answer: ItemAnswerPayload) -> tuple[str, int]:
    return answer.outcome, answer.status


@pytest.mark.parametrize("read_id", [OLD, NEW])
def test_a_unit_writes_about_nobody_else_s_reads(read_id: str, storage: Storage) -> None:
    hit_id = read_id.replace("0001", "0002")
    own = [read_part(B, read_id), hit_part(B, hit_id, read_id), alert_part(B, hit_id, read_id)]
    assert {outcome_of(answer) for answer in storage.store(B, own)} == {("receipt", 200)}
    foreign = {
        "read_id": [time_part(A, read_id), hit_part(A, f"{A}:9", read_id)],
        "supersedes": [read_part(A, f"{A}:8", "1XYZ999", supersedes=read_id)],
        "hit_id": [make(A, hit_id, read_id) for make in (alert_part, late_tone_part, withdrawal_part)],
    }
    for field, parts in foreign.items():
        for answer in storage.store(A, parts):
            assert (outcome_of(answer), answer.detail) == (("refused", 422), f"{field}: of another unit")
    assert storage.counts().units == {B: 3}
    later = [time_part(B, read_id), withdrawal_part(B, hit_id, read_id), read_part(B, f"{B}:7", supersedes=read_id)]
    assert {outcome_of(answer) for answer in storage.store(B, later)} == {("receipt", 200)}


def test_an_id_that_a_unit_takes_first_stands_in_no_other_unit_s_way(storage: Storage, directory: Path) -> None:
    assert outcome_of(storage.store(A, [part(OLD, "access", b"{}")])[0]) == ("receipt", 200)
    assert outcome_of(storage.store(A, [read_part(A, "same", "1XYZ999")])[0]) == ("receipt", 200)
    for new_part in (read_part(B, OLD), read_part(B, "same"), time_part(B, "same")):
        answer = storage.store(B, [new_part])[0]
        assert (outcome_of(answer), answer.sha256) == (("receipt", 200), new_part.sha256)
        assert storage.store(B, [new_part])[0] == answer
    database = DepartmentDatabase(directory)
    with database.reading() as connection:
        rows = connection.execute(select(reads.c.unit_id, reads.c.read_id, reads.c.plate)).all()
    database.close()
    assert sorted(tuple(row) for row in rows) == sorted(
        [(A, "same", "1XYZ999"), (B, OLD, "7ABC123"), (B, "same", "7ABC123")]
    )


def test_an_id_names_the_unit_that_sends_it(storage: Storage) -> None:
    parts = [
        read_part(A, NEW),
        hit_part(A, NEW, f"{A}:1"),
        part(NEW, "access", b"{}"),
        part("e-1", "access", b'{"unit_id": "unit-b"}'),
    ]
    assert {outcome_of(answer) for answer in storage.store(A, parts)} == {("refused", 422)}
    assert storage.counts().items == {}


def test_what_a_unit_says_first_of_a_read_to_come_stays_its_own(storage: Storage) -> None:
    """Hits and times may come before their reads: an old id says nothing of its unit then."""
    assert outcome_of(storage.store(A, [time_part(A, OLD)])[0]) == ("receipt", 200)
    answers = storage.store(B, [read_part(B, OLD), time_part(B, OLD)])
    assert {outcome_of(answer) for answer in answers} == {("receipt", 200)}
    assert storage.counts().units == {A: 1, B: 2}


def test_an_image_s_id_is_its_digest(storage: Storage) -> None:
    body = jpeg("a picture")
    assert outcome_of(storage.store(A, [part("0" * 64, "image", body)])[0]) == ("refused", 422)
    assert outcome_of(storage.store(A, [part("picture", "image", body)])[0]) == ("refused", 422)
    for unit in (A, B):
        assert outcome_of(storage.store(unit, [part(digest(body), "image", body)])[0]) == ("receipt", 200)
    assert storage.counts().units == {A: 1, B: 1}


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = initialise(tmp_path_factory.mktemp("served") / "department", ["127.0.0.1"]).directory
    files = {unit: enrol_unit(directory, unit, tmp_path_factory.mktemp(unit) / "tls") for unit in (A, B)}
    with DepartmentServer(directory) as server:
        yield server, files, directory


def test_the_unit_is_who_the_certificate_says(department: Served) -> None:
    server, files, _ = department
    uplinks = {unit: HttpsDepartment(settings_for(_url(server), files[unit]), unit) for unit in (A, B)}
    item = read_item(1)
    stolen = replace(item, body=encode(read_payload(read_of(B, "read-1"))))
    stolen = replace(stolen, sha256=digest(stolen.body))
    assert [answer.outcome for answer in uplinks[B].deliver([stolen])] == ["receipt"]
    assert [answer.outcome for answer in uplinks[A].deliver([stolen])] == ["refused"]
    for uplink in uplinks.values():
        uplink.close()


@pytest.mark.review(19)
def test_a_unit_is_told_of_and_can_fetch_only_lists_meant_for_it(department: Served, tmp_path: Path) -> None:
    server, files, directory = department
    feed = tmp_path / "feed.csv"
    feed.write_bytes(b"a list")
    lists = ListRepository(directory / LISTS_NAME)
    lists.publish(feed, "covert", ListChange.COMPLETE, [B])
    lists.publish(feed, "stolen", ListChange.COMPLETE)
    serials, bodies, missing = {}, {}, {}
    for unit in (A, B):
        uplink = HttpsDepartment(settings_for(_url(server), files[unit]), unit)
        uplink.deliver([replace(read_item(1), item_id="x", body=b"{}", sha256=digest(b"{}"))])
        serials[unit] = uplink.list_serials
        uplink.close()
        with _client(server, files[unit], unit) as client:
            bodies[unit] = client.get("/v1/lists/covert?after=0")
            missing[unit] = client.get("/v1/lists/nowhere?after=0")
    assert serials == {A: {"stolen": 1}, B: {"covert": 1, "stolen": 1}}
    assert (bodies[B].status_code, bodies[B].content) == (200, b"a list")
    assert (bodies[A].status_code, bodies[A].json()) == (404, missing[A].json())
    assert set(bodies[A].headers) == set(missing[A].headers)


def _url(server: DepartmentServer) -> str:
    return f"https://127.0.0.1:{server.port}"


def _client(server: DepartmentServer, files: Path, unit: str) -> httpx.Client:
    context = ssl.create_default_context(cafile=files / "department-ca.pem")
    context.load_cert_chain(files / "unit.pem", files / "unit.key")
    headers = {"Alpr-Edge-Unit": unit, "Alpr-Edge-Protocol": "1"}
    return httpx.Client(base_url=_url(server), verify=context, headers=headers, trust_env=False, timeout=30)
