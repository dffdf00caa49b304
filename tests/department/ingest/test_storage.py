"""Each item once, and the digest of what is stored."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.dispositions.disposition import Disposition
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.hits import alert_payload, hit_payload, late_tone_payload, withdrawal_payload
from alpr_edge.domain.protocol.items import (
    BODY_BYTES_MAX,
    ItemAnswerPayload,
    ItemKind,
    OutboxItem,
    digest,
    encode,
    read_payload,
)
from tests.department.engines import OTHER_BODY, EngineUnderTest, drop_newer_tables, query
from tests.store.records import alert, disposition, hit, instant, late_tone, plate_read
from tests.uplink.items import hit_item, image_item, item, read_item, stored_digests

BATCH = [hit_item(), image_item(), read_item()]


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    new_storage = Storage(directory)
    yield new_storage
    new_storage.close()


def part(original: OutboxItem) -> Part:
    return Part(original.item_id, original.kind.value, original.body, original.sha256)


def store(storage: Storage, *items: OutboxItem, unit_id: str = "unit-1") -> list[ItemAnswerPayload]:
    return storage.store(unit_id, [part(each) for each in items])


def corrected_item() -> OutboxItem:
    """A read whose text a person corrected."""
    read = replace(plate_read("read-2", "7AB0128", supersedes="read-1"), corrected_by="ana")
    return item("read-2", ItemKind.READ, encode(read_payload(read)))


def test_who_corrected_a_read_is_stored_with_what_it_supersedes(storage: Storage, directory: Path) -> None:
    assert [answer.status for answer in store(storage, read_item(1), corrected_item())] == [200, 200]
    found = query(directory, "SELECT read_id, plate, supersedes, corrected_by FROM reads ORDER BY read_id")
    assert found == [("read-1", "7ABC123", None, None), ("read-2", "7AB0128", "read-1", "ana")]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_database_of_before_corrections_by_people_goes_on(storage: Storage, directory: Path) -> None:
    store(storage, read_item(1))
    storage.close()
    query(directory, "ALTER TABLE reads DROP COLUMN corrected_by")
    query(directory, "PRAGMA user_version = 5")
    drop_newer_tables(directory)
    query(directory, "DROP TABLE alembic_version")
    again = Storage(directory)
    assert [answer.status for answer in store(again, read_item(1), corrected_item())] == [200, 200]
    again.close()
    assert query(directory, "SELECT corrected_by FROM reads ORDER BY read_id") == [(None,), ("ana",)]


def test_a_batch_is_stored_and_answered_with_digests(storage: Storage, directory: Path) -> None:
    answers = store(storage, *BATCH)
    assert [(answer.outcome, answer.status, answer.sha256) for answer in answers] == [
        ("receipt", 200, each.sha256) for each in BATCH
    ]
    assert stored_digests(directory) == {sent.item_id: sent.sha256 for sent in BATCH}


def test_rows_to_search_are_filled_from_the_payloads(storage: Storage, directory: Path) -> None:
    store(storage, *BATCH)
    rows = query(directory, "SELECT plate, state, confidence, first_seen, lat_deg FROM reads")
    assert rows == [("7ABC123", "CA", 0.93, "2026-05-04T12:30:00.123Z", 37.64)]
    rows = query(directory, "SELECT read_id, reason, match_kind, generation, list_age_s FROM hits")
    assert rows == [("read-1", "stolen_vehicle", "exact", 3, 3600.0)]


def test_the_same_batch_again_is_the_same_receipt_and_no_row_more(storage: Storage, directory: Path) -> None:
    assert store(storage, *BATCH) == store(storage, *BATCH)
    assert len(stored_digests(directory)) == 3


def test_the_same_batch_from_many_threads_at_once_is_stored_once(storage: Storage, directory: Path) -> None:
    answers: list[list[ItemAnswerPayload]] = []
    threads = [threading.Thread(target=lambda: answers.append(store(storage, *BATCH))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)
    assert len(stored_digests(directory)) == 3


def test_the_same_id_with_other_content_is_refused_and_the_first_stays(storage: Storage, directory: Path) -> None:
    store(storage, read_item(1))
    other = item("read-1", ItemKind.READ, read_item(1, "8XYZ999").body)
    assert [(answer.outcome, answer.status) for answer in store(storage, other)] == [("refused", 409)]
    assert query(directory, "SELECT plate FROM reads") == [("7ABC123",)]


def test_one_picture_of_two_units_is_one_file(storage: Storage, directory: Path) -> None:
    store(storage, image_item())
    assert store(storage, image_item(), unit_id="unit-2")[0].outcome == "receipt"
    assert len(list((directory / "images").glob("*/*"))) == 1


def test_a_unit_cannot_speak_for_another(storage: Storage) -> None:
    answers = store(storage, read_item(), hit_item(), unit_id="unit-2")
    assert [(answer.outcome, answer.status) for answer in answers] == [("refused", 422)] * 2


@pytest.mark.parametrize(
    ("new_part", "outcome", "status"),
    [
        (Part("read-2", "read", read_item(1).body, read_item(1).sha256), "refused", 422),
        (Part("bad id", "read", b"{}", digest(b"{}")), "refused", 400),
        (Part("x" * 129, "read", b"{}", digest(b"{}")), "refused", 400),
        (Part("read-1", "read", read_item(1).body, "nothing"), "refused", 400),
        (Part("read-1", "read", read_item(1).body[:-1], read_item(1).sha256), "retry", 400),
        (Part("video-1", "video", b"", digest(b"")), "retry", 501),
        (Part("i", "image", b"GIF89a", digest(b"GIF89a")), "refused", 422),
        (Part("i", "image", image_item().body, image_item().sha256), "refused", 422),
        (Part("i", "image", bytes(BODY_BYTES_MAX + 1), "0" * 64), "refused", 413),
        (Part("a", "access", b"[]", digest(b"[]")), "refused", 422),
        (Part("a", "access", b"[" * 100_000, digest(b"[" * 100_000)), "refused", 422),
        (Part("a", "access", b'{"purpose": "audit"}', digest(b'{"purpose": "audit"}')), "receipt", 200),
    ],
)
def test_what_a_part_must_be(new_part: Part, outcome: str, status: int, storage: Storage) -> None:
    answer = storage.store("unit-1", [new_part])[0]
    assert (answer.item_id, answer.outcome, answer.status) == (new_part.item_id, outcome, status)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"vote_count":8', b'"vote_count":99999999999999999999999'),
        (b'"confidence":0.93', b'"confidence":1.5'),
        (b'"lat_deg":37.64', b'"lat_deg":137.64'),
        (b'"camera_id":"front"', b'"camera_id":"\\ud800"'),
        (b'"plate":"7ABC123"', b'"plate":null'),
        (b"{", b"\xff{"),
    ],
)
def test_a_read_that_does_not_fit_is_refused_without_its_values(old: bytes, new: bytes, storage: Storage) -> None:
    body = read_item(1).body
    assert old in body
    answer = store(storage, item("read-1", ItemKind.READ, body.replace(old, new, 1)), image_item())[0]
    assert (answer.outcome, answer.status) == ("refused", 422)
    assert "7ABC123" not in answer.detail
    assert storage.counts().items == {"image": 1}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            lambda item_id, kind, body: Part(item_id, kind, body, digest(body)),
            st.text(max_size=8),
            st.sampled_from(["read", "hit", "access", "image", "", "other"]),
            st.binary(max_size=60) | st.sampled_from([read_item().body, hit_item().body, image_item().body, b"{}"]),
        ),
        max_size=4,
    )
)
def test_any_parts_get_one_answer_each(storage: Storage, parts: list[Part]) -> None:
    answers = storage.store("unit-1", parts)
    assert [answer.item_id for answer in answers] == [each.item_id for each in parts]
    for sent, answer in zip(parts, answers, strict=True):
        assert answer.outcome != "receipt" or answer.sha256 == sent.sha256


def test_unknown_fields_of_a_newer_unit_are_kept_in_the_body(storage: Storage, directory: Path) -> None:
    newer = item("read-1", ItemKind.READ, read_item(1).body[:-1] + b',"lane":2}')
    assert store(storage, newer)[0].sha256 == newer.sha256
    assert stored_digests(directory) == {"read-1": newer.sha256}


def test_a_stored_copy_that_went_bad_is_replaced_by_the_original(storage: Storage, directory: Path) -> None:
    store(storage, *BATCH)
    query(directory, f"UPDATE items SET body = {OTHER_BODY} WHERE kind = 'read'")
    next((directory / "images").glob("*/*.jpg")).write_bytes(b"rot")
    assert [answer.sha256 for answer in store(storage, *BATCH)] == [each.sha256 for each in BATCH]
    assert stored_digests(directory) == {sent.item_id: sent.sha256 for sent in BATCH}


def test_everything_is_the_owner_s_alone(storage: Storage, directory: Path) -> None:
    store(storage, *BATCH)
    paths = [directory, *directory.rglob("*")]
    assert len(paths) > 5
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}


def test_counts_are_numbers_without_plates(storage: Storage) -> None:
    store(storage, *BATCH)
    counts = storage.counts()
    assert (counts.items, counts.units) == ({"hit": 1, "image": 1, "read": 1}, {"unit-1": 3})
    assert (counts.reads, counts.corrections, counts.hits) == (1, 0, 1)
    assert counts.last_received is not None
    store(storage, corrected_item())
    assert (storage.counts().reads, storage.counts().corrections) == (2, 1)
    assert "7ABC123" not in str(counts)


def test_what_was_stored_is_there_after_a_restart(storage: Storage, directory: Path) -> None:
    store(storage, *BATCH)
    storage.close()
    again = Storage(directory, create=False)
    assert again.counts().reads == 1
    again.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_storage_and_one_of_a_newer_release_are_told_in_a_line(tmp_path: Path, directory: Path) -> None:
    with pytest.raises(DepartmentError, match="no department there"):
        Storage(tmp_path / "nowhere", create=False)
    Storage(directory).close()
    query(directory, "PRAGMA user_version = 99")
    with pytest.raises(DepartmentError, match="made by a newer release"):
        Storage(directory)


def test_a_folder_others_may_enter_is_refused(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    with pytest.raises(StoreError, match="others may enter this folder"):
        Storage(directory)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_damaged_database_is_told_in_a_line_without_its_content(storage: Storage, directory: Path) -> None:
    store(storage, *BATCH)
    storage.close()
    (directory / "department.db").write_bytes(b"not a database, but 7ABC123" * 200)
    with pytest.raises(StoreError, match="the database refused") as error_info:
        Storage(directory)
    assert "7ABC123" not in str(error_info.value)


def test_images_that_cannot_be_written_are_told_in_a_line_and_nothing_is_stored(
    storage: Storage, directory: Path
) -> None:
    (directory / "images").rmdir()
    (directory / "images").write_text("a file")
    with pytest.raises(StoreError, match="the disk refused"):
        store(storage, *BATCH)
    assert storage.counts().items == {}


NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "99999999999999999999999e300")
"""What some writers of JSON write for numbers that there are none of, and what no 64 bits hold."""


def with_number(original: OutboxItem, old: bytes, number: str) -> OutboxItem:
    assert old in original.body
    field = old.partition(b":")[0]
    return item(original.item_id, original.kind, original.body.replace(old, field + b":" + number.encode(), 1))


@pytest.mark.review(16)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("original", "old"),
    [
        (read_item(7), b'"confidence":0.93'),
        (read_item(7), b'"lat_deg":37.64'),
        (read_item(7), b'"age_ms":140.0'),
        (read_item(7), b'"uncertainty_ms":12.5'),
        (read_item(7), b'"vote_count":8'),
        (read_item(7), b'"boottime_ns":5000000000'),
        (hit_item(7), b'"list_age_s":3600.0'),
        (hit_item(7), b'"generation":3'),
        (item("entry", ItemKind.ACCESS, b'{"count":3}'), b'"count":3'),
    ],
)
def test_an_item_with_a_number_that_is_none_is_refused_singly(
    original: OutboxItem, old: bytes, number: str, storage: Storage, directory: Path
) -> None:
    bad = with_number(original, old, number)
    answers = store(storage, read_item(1), bad, hit_item(1), image_item(1))
    assert [(answer.outcome, answer.status) for answer in answers] == [
        ("receipt", 200),
        ("refused", 422),
        ("receipt", 200),
        ("receipt", 200),
    ]
    assert set(stored_digests(directory)) == {"read-1", "hit-1", image_item(1).item_id}


@pytest.mark.review(19)
def test_an_alert_that_a_release_rolled_back_to_sends_is_one_as_well(storage: Storage, directory: Path) -> None:
    body = encode(alert_payload(alert(), instant(450), "unit-1"))
    for kind in (ItemKind.ACCESS, ItemKind.ALERT):
        assert store(storage, item("alert:hit-1", kind, body))[0].outcome == "receipt"
    assert query(directory, "SELECT hit_id FROM alerts") == [("hit-1",)]
    assert storage.counts().items == {"alert": 1}


@pytest.mark.review(19)
def test_what_an_officer_says_of_a_hit_has_a_row(storage: Storage, directory: Path) -> None:
    said = disposition(2)
    sent = item(disposition_item_id(said.disposition_id), ItemKind.DISPOSITION, _disposition_body(said))
    assert [answer.status for answer in store(storage, hit_item(), sent)] == [200, 200]
    rows = query(directory, "SELECT hit_id, read_id, part, answer, number, person, made FROM dispositions")
    assert rows == [("hit-1", "read-1", "read", "correct", "12-A", "Ana Ruiz", "2026-05-04T12:30:00.125Z")]
    others = item("disposition:unit-2:1", ItemKind.DISPOSITION, _disposition_body(said))
    assert [answer.status for answer in store(storage, others)] == [422]


def _disposition_body(said: Disposition) -> bytes:
    return encode(disposition_payload(said, "read-1", "unit-1"))


def test_hits_alerts_and_withdrawals_have_rows_with_what_rights_depend_on(storage: Storage, directory: Path) -> None:
    covert_hit = replace(hit(), level=int(Level.HIGH), entry=replace(hit().entry, covert=True))
    items = [
        item("hit-1", ItemKind.HIT, encode(hit_payload(covert_hit, plate_read()))),
        item("alert:hit-1", ItemKind.ALERT, encode(alert_payload(alert(), instant(450), "unit-1"))),
        item("alert:hit-2", ItemKind.ALERT, encode(alert_payload(alert("hit-2"), None, "unit-1"))),
        item("withdrawal:hit-1", ItemKind.WITHDRAWAL, encode(withdrawal_payload(alert(), instant(900), "unit-1"))),
    ]
    assert [answer.outcome for answer in store(storage, *items)] == ["receipt"] * 4
    assert query(directory, "SELECT covert, level, vehicle, remarks FROM hits") == [
        (1, "high", "2009 YAMA CYL BLK", "approach, with care")
    ]
    assert query(directory, "SELECT hit_id, unit_id, read_id, level, tone, is_sounded, sounded FROM alerts") == [
        ("hit-1", "unit-1", "read-1", "high", "high", 1, "2026-05-04T12:30:00.573Z"),
        ("hit-2", "unit-1", "read-1", "high", "high", 0, None),
    ]
    assert query(directory, "SELECT hit_id, unit_id, read_id, withdrawn FROM withdrawals") == [
        ("hit-1", "unit-1", "read-1", "2026-05-04T12:30:01.023Z")
    ]


def test_a_late_tone_has_a_row_beside_the_alert_that_stayed_quiet(storage: Storage, directory: Path) -> None:
    items = [
        item("late_tone:hit-1", ItemKind.LATE_TONE, encode(late_tone_payload(late_tone(), "unit-1"))),
        item("alert:hit-1", ItemKind.ALERT, encode(alert_payload(alert(), None, "unit-1"))),
    ]
    assert [answer.outcome for answer in store(storage, *items)] == ["receipt"] * 2
    assert query(directory, "SELECT hit_id, unit_id, read_id, sounded FROM late_tones") == [
        ("hit-1", "unit-1", "read-1", "2026-05-04T12:30:01.023Z")
    ]
    assert query(directory, "SELECT is_sounded FROM alerts") == [(0,)]
    of_another = item("late_tone:hit-2", ItemKind.LATE_TONE, items[0].body)
    assert [answer.status for answer in store(storage, of_another)] == [422]


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (b'"plate":"7ABC123"', b'"plate":"7AB\\u0000123"', "plate: holds a character that is none"),
        (b'"plate":"7ABC123"', b'"plate":"%s"' % (b"7" * 600), "plate: longer than 512 bytes"),
        (b'"supersedes":null', b'"supersedes":"%s"' % (b"r" * 129), "supersedes: longer than an id"),
        (b'"supersedes":null', b'"supersedes":"%s"' % (b"r" * 600), "supersedes: longer than 512 bytes"),
    ],
)
def test_what_one_engine_could_not_hold_is_refused_singly_on_each(
    storage: Storage, old: bytes, new: bytes, detail: str
) -> None:
    assert old in read_item(1).body
    bad = item("read-1", ItemKind.READ, read_item(1).body.replace(old, new))
    answers = store(storage, bad, read_item(2))
    assert [(answer.outcome, answer.detail) for answer in answers] == [("refused", detail), ("receipt", "")]


def test_a_backslash_before_a_nul_s_number_is_text(storage: Storage) -> None:
    told = item("read-1", ItemKind.READ, read_item(1).body.replace(b'"state":"CA"', b'"state":"\\\\u0000"'))
    assert store(storage, told)[0].outcome == "receipt"
