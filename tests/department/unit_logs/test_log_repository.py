"""The department keeps units' logs in order, cosigns what is consistent, and finds a log that was set back."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.alarms.alarm import AlarmKind, standing_alarms
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.unit_logs.findings import Acknowledgement, FindingKind
from alpr_edge.department.unit_logs.witness import FILE_NAME, Witness
from alpr_edge.domain.access_log.records import (
    DRIFT_FOUND,
    RECORD_NOT_KEPT,
    AccessOutcome,
    AccessRecord,
    RecordedChange,
    encode_record,
    origin_of,
)
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf
from alpr_edge.domain.log_proofs.notes import NoteKey, note_key, sign_note
from alpr_edge.domain.protocol.access_log import LogStatementPayload, place_in, record_item_id
from alpr_edge.domain.protocol.items import digest
from alpr_edge.store.access_log.checkpoints import add_cosignature, latest_checkpoint
from tests.department.engines import EngineUnderTest, query
from tests.department.unit_logs.car import UNIT, Car, checkpoint_part
from tests.domain.access_log.entries import LOG_ID, entry, record
from tests.store.records import instant

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    new_storage = Storage(directory)
    yield new_storage
    new_storage.close()


@pytest.fixture
def car(tmp_path: Path) -> Iterator[Car]:
    new_car = Car(tmp_path / "car")
    yield new_car
    new_car.log.close()


def send(storage: Storage, parts: list[Part], unit_id: str = UNIT) -> list[tuple[str, int]]:
    return [(answer.outcome, answer.status) for answer in storage.store(unit_id, parts)]


def statement(storage: Storage, unit_id: str = UNIT) -> LogStatementPayload:
    return storage.logs.statements(unit_id)[0]


def kinds(storage: Storage) -> list[FindingKind]:
    return [finding.kind for state in storage.logs.states() for finding in state.findings]


def test_a_consistent_log_is_cosigned_and_the_car_can_tell(storage: Storage, car: Car) -> None:
    car.look(5)
    assert send(storage, [*car.records(), car.checkpoint()]) == [("receipt", 200)] * 6
    told = statement(storage)
    assert (told.log_id, told.size, told.finding) == (car.log.log_id, 5, "")
    add_cosignature(car.log, told.size, told.signature, NoteKey.parse(told.witness_key))
    latest = latest_checkpoint(car.log)
    assert latest is not None
    assert latest.is_cosigned
    (state,) = storage.logs.states()
    assert (state.records, state.cosigned, state.key, state.findings) == (5, 5, car.signer.key.text, [])
    assert storage.counts().items == {"access_record": 5, "checkpoint": 1}


def test_parts_may_come_in_any_order_and_twice(storage: Storage, car: Car) -> None:
    car.look(9)
    parts = [car.checkpoint(), *car.records()]
    car.look(4)
    parts += [car.checkpoint(), *car.records(9)]
    random.Random(7).shuffle(parts)
    for part in [*parts, *parts[:5]]:
        assert send(storage, [part]) == [("receipt", 200)]
    assert (statement(storage).size, storage.logs.states()[0].records, kinds(storage)) == (13, 13, [])


def test_a_record_that_does_not_open_is_waited_for_until_it_comes_again(
    storage: Storage, car: Car, directory: Path
) -> None:
    car.look(3)
    first, second, third = car.records()
    send(storage, [first, third])
    query(directory, f"UPDATE items SET key_id = 'destroyed' WHERE item_id = '{third.item_id}'")
    send(storage, [second, car.checkpoint()])
    assert (storage.logs.states()[0].records, statement(storage).size, kinds(storage)) == (2, 0, [])
    send(storage, [third])
    assert (storage.logs.states()[0].records, statement(storage).size, kinds(storage)) == (3, 3, [])


def test_an_older_checkpoint_that_comes_late_is_not_cosigned_again(storage: Storage, car: Car) -> None:
    car.look(3)
    early = car.checkpoint()
    car.look(3)
    send(storage, [*car.records(), car.checkpoint()])
    before = statement(storage)
    assert send(storage, [early]) == [("receipt", 200)]
    assert statement(storage) == before
    assert kinds(storage) == []


def test_a_log_set_back_by_an_old_image_is_found_with_the_next_delivery(storage: Storage, car: Car) -> None:
    car.look(5)
    image = car.save_image()
    car.look(3)
    send(storage, [*car.records(), car.checkpoint()])
    car.restore_image(image)
    assert send(storage, car.records()) == [("receipt", 200)] * 5, "what it still has is the same"
    car.look(1, case="after the image")
    assert send(storage, [*car.records(5), car.checkpoint()]) == [("refused", 409), ("receipt", 200)]
    told = statement(storage)
    assert "another record 5 came than the one stored" in told.finding
    assert "checkpoint at 6 is not that of the records stored" in told.finding
    assert told.size == 8, "nothing was cosigned"
    assert kinds(storage) == [FindingKind.RECORD, FindingKind.CHECKPOINT]


def test_a_finding_is_noted_once_and_ends_on_record(storage: Storage, car: Car) -> None:
    car.look(2)
    image = car.save_image()
    car.look(3)
    send(storage, car.records())
    car.restore_image(image)
    car.look(3, case="others")
    send(storage, car.records(2))
    assert kinds(storage) == [FindingKind.RECORD]
    acknowledgement = Acknowledgement("lt.park", "the disk was replaced")
    assert storage.logs.acknowledge("another", acknowledgement) == 0
    assert storage.logs.acknowledge(UNIT, acknowledgement) == 1
    assert (kinds(storage), statement(storage).finding) == ([], "")
    send(storage, car.records(2)[:1])
    assert kinds(storage) == [FindingKind.RECORD], "it happened again"


def test_a_new_log_of_a_unit_is_found(storage: Storage, car: Car) -> None:
    car.look(4)
    send(storage, [*car.records(), car.checkpoint()])
    car.begin_new_log()
    car.look(1)
    assert send(storage, [*car.records(), car.checkpoint()]) == [("receipt", 200)] * 2
    told = statement(storage)
    assert told.log_id == car.log.log_id
    assert told.finding == "the unit began a new log; of the one before 4 records are here"
    assert told.size == 1, "the new one is cosigned for what it is"


def test_another_key_of_the_same_log_is_found(storage: Storage, car: Car) -> None:
    car.look(2)
    send(storage, [*car.records(), car.checkpoint()])
    car.look(1)
    stranger = Ed25519PrivateKey.generate()
    head = car.log.head()
    note = sign_note(Checkpoint(car.log.origin, head.size, head.root).text, car.log.origin, stranger)
    false = checkpoint_part(car.log.log_id, note.whole, note_key(car.log.origin, stranger).text)
    send(storage, [*car.records(2), false])
    assert kinds(storage) == [FindingKind.KEY]
    assert statement(storage).size == 2


def test_units_do_not_reach_each_others_logs(storage: Storage, car: Car, tmp_path: Path) -> None:
    car.look(2)
    send(storage, [*car.records(), car.checkpoint()])
    body = encode_record(record(0, case="of another unit").model_copy(update={"unit_id": "unit-2"}))
    part = Part(f"access_record:{LOG_ID}:0", "access_record", body, digest(body))
    assert send(storage, [part], "unit-2") == [("receipt", 200)]
    assert send(storage, [part], UNIT) == [("refused", 422)]
    assert storage.logs.statements("unit-3") == []
    assert kinds(storage) == [FindingKind.FOREIGN_LOG]
    assert (statement(storage).finding != "", statement(storage, "unit-2").finding) == (True, "")


def made_up_parts(log_id: str, unit_id: str) -> list[Part]:
    """A record and a checkpoint that a unit makes up under the id of a log."""
    body = encode_record(record(0).model_copy(update={"unit_id": unit_id, "log_id": log_id}))
    tree, origin, key = CompactRange(), origin_of(log_id), Ed25519PrivateKey.generate()
    tree.append(hash_leaf(body))
    note = sign_note(Checkpoint(origin, 1, tree.root).text, origin, key)
    return [
        Part(record_item_id(log_id, 0), "access_record", body, digest(body)),
        checkpoint_part(log_id, note.whole, note_key(origin, key).text, unit_id),
    ]


def test_no_unit_sends_a_log_under_the_id_of_the_departments_own(storage: Storage, car: Car, directory: Path) -> None:
    own = DepartmentAccessLog(storage.database, Witness(directory))
    car.look(1)
    send(storage, [*car.records(), car.checkpoint()])
    parts = made_up_parts(own.log_id, UNIT)
    answers = storage.store(UNIT, parts)
    assert [(each.status, each.detail) for each in answers] == [(422, "log_id: the department's own")] * 2
    (state,) = storage.logs.states()
    assert (state.log_id, [each.kind for each in state.findings]) == (car.log.log_id, [FindingKind.FOREIGN_LOG])
    storage.logs.own_log_id = ""  # as an earlier release took it in
    assert send(storage, parts[:1]) == [("receipt", 200)]
    storage.logs.own_log_id = own.log_id
    assert send(storage, parts) == [("refused", 422)] * 2, "nor goes one on that was begun"
    assert [each.cosigned for each in storage.logs.states() if each.log_id == own.log_id] == [0]


def test_no_unit_sends_a_log_under_the_id_of_another_units(storage: Storage, car: Car) -> None:
    car.look(2)
    send(storage, car.records()[:1])
    answers = storage.store("unit-2", made_up_parts(car.log.log_id, "unit-2"))
    assert [(each.status, each.detail) for each in answers] == [(422, "log_id: of another unit")] * 2
    assert send(storage, made_up_parts(LOG_ID, "unit-2"), "unit-2") == [("receipt", 200)] * 2
    assert kinds(storage) == []
    send(storage, made_up_parts(car.log.log_id, "unit-2"), "unit-2")
    assert kinds(storage) == [FindingKind.FOREIGN_LOG]
    assert "log came that is of another unit" in statement(storage, "unit-2").finding
    assert send(storage, [*car.records(), car.checkpoint()]) == [("receipt", 200)] * 3
    assert (statement(storage).size, statement(storage).finding) == (2, "")


def test_records_of_another_units_are_a_finding_with_the_sender_s_own_log(storage: Storage, car: Car) -> None:
    assert send(storage, made_up_parts(LOG_ID, "unit-2"), "unit-2") == [("receipt", 200)] * 2
    car.look(2)
    parts = [*car.records(), car.checkpoint()]
    answers = storage.store("unit-2", parts)
    assert [(each.status, each.detail) for each in answers] == [(422, "unit_id: of another unit")] * 3
    (state,) = storage.logs.states()
    assert (state.unit_id, state.log_id) == ("unit-2", LOG_ID)
    assert [each.kind for each in state.findings] == [FindingKind.FOREIGN_LOG]
    assert "it has the data of another unit" in statement(storage, "unit-2").finding
    assert send(storage, parts) == [("receipt", 200)] * 3, "from its own unit"


def test_they_are_a_finding_of_a_unit_without_a_log_as_well(storage: Storage, car: Car, directory: Path) -> None:
    car.look(2)
    assert send(storage, [*car.records(), car.checkpoint()], "unit-2") == [("refused", 422)] * 3
    ((unit_id, finding),) = storage.logs.findings()
    assert (unit_id, finding.kind, storage.logs.states()) == ("unit-2", FindingKind.FOREIGN_LOG, [])
    alarms = [each for each in standing_alarms(directory, NOW, storage) if each.kind is AlarmKind.ACCESS_LOG]
    assert [each.text for each in alarms] == [f"access log of unit-2: {finding.text}"]
    assert send(storage, made_up_parts(car.log.log_id, "unit-2")[:1], "unit-2") == [("receipt", 200)]
    assert kinds(storage) == [FindingKind.FOREIGN_LOG], "told to the unit from when on it has a log"
    assert storage.logs.acknowledge("unit-2", Acknowledgement("ana", "its data folder was car 6's")) == 1
    assert storage.logs.findings() == []


def of_record(**changes: object) -> Part:
    """A record that says other things of itself than its item."""
    changed: AccessRecord = record(3).model_copy(update=changes)
    body = encode_record(changed)
    return Part(f"access_record:{LOG_ID}:3", "access_record", body, digest(body))


def of_checkpoint(**changes: object) -> Part:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    checkpoint = replace(Checkpoint(origin_of(LOG_ID), 3, bytes(32)), **changes)  # type: ignore[arg-type]
    note = sign_note(checkpoint.text, origin_of(LOG_ID), key)
    return checkpoint_part(LOG_ID, note.whole, note_key(origin_of(LOG_ID), key).text)


@pytest.mark.parametrize(
    "part",
    [
        of_record(sequence=4),
        of_record(log_id="f" * 32),
        of_record(unit_id="unit-2"),
        replace(of_record(), body=b"{}", sha256=digest(b"{}")),
        of_checkpoint(origin="example.com/log"),
        of_checkpoint(size=0),
        replace(of_checkpoint(), item_id=f"checkpoint:{LOG_ID}:4:{'0' * 16}"),
        replace(of_checkpoint(), body=b"{}", sha256=digest(b"{}")),
        replace(of_checkpoint(), item_id=f"checkpoint:{LOG_ID}"),
    ],
    ids=lambda part: part.item_id[:20],
)
def test_what_is_no_record_or_checkpoint_of_this_log_is_refused(storage: Storage, part: Part) -> None:
    assert send(storage, [part]) == [("refused", 422)]
    assert storage.logs.states() == []


def test_a_refused_access_is_a_record_as_well(storage: Storage) -> None:
    body = encode_record(record(0, outcome=AccessOutcome.REFUSED, reason="no purpose was given"))
    assert send(storage, [Part(f"access_record:{LOG_ID}:0", "access_record", body, digest(body))]) == [("receipt", 200)]


@pytest.mark.parametrize(
    ("item_id", "place"),
    [
        ("access_record:ab:12", ("ab", 12)),
        ("checkpoint:ab:12:00ff", ("ab", 12)),
        ("access_record:ab:012", None),
        ("access_record:ab:-1", None),
        ("access_record:ab:1:2", None),
        ("checkpoint:ab:12", None),
        ("read-1", None),
        ("access_record:ab:" + "9" * 30, None),
    ],
)
def test_the_place_of_an_item_is_in_its_id(item_id: str, place: tuple[str, int] | None) -> None:
    assert place_in(item_id) == place


def test_the_witness_key_is_made_once_and_guarded(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    first = Witness(directory).key
    assert Witness(directory).key == first
    path = directory / FILE_NAME
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(DepartmentError, match="others may read"):
        Witness(directory)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(DepartmentError, match="not a key"):
        Witness(directory)


def test_what_a_unit_finds_wrong_with_itself_is_a_finding_here(storage: Storage, car: Car) -> None:
    changes = tuple(RecordedChange(name=f"list:{name}", before="", after="generation 1") for name in "abcde")
    car.look(2)
    car.log.append(entry(2, action=DRIFT_FOUND, changes=changes), instant(2))
    car.log.append(
        entry(3, action=RECORD_NOT_KEPT, objects=(), note="a record was not kept: the disk is full"), instant(3)
    )
    car.log.append(entry(4, note=f'"action":"{DRIFT_FOUND}"'), instant(4))
    send(storage, [*car.records(), car.checkpoint()])
    (state,) = storage.logs.states()
    assert [(finding.kind, finding.text) for finding in state.findings] == [
        (
            FindingKind.SELF_CHECK,
            "record 2, by the unit itself: drift found: list:a, list:b, list:c and 2 more",
        ),
        (
            FindingKind.NOT_KEPT,
            "record 3, by the unit itself: record not kept: a record was not kept: the disk is full",
        ),
    ]
    assert (state.cosigned, "drift found" in statement(storage).finding) == (5, True)
    storage.logs.acknowledge(UNIT, Acknowledgement("lt.park", "the list was restored by hand"))
    assert kinds(storage) == []
