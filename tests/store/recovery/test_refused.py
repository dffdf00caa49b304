"""Records that the store does not take lie encrypted, bounded and in order, and come in once they can."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from alpr_edge.domain.alerting import AlertRecord, Silence
from alpr_edge.domain.errors import RefusedError
from alpr_edge.domain.reads import EarlierText, ReadStage, ReadUpdate
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery import record_json, refused_records
from alpr_edge.store.recovery.refused_records import RECORDS_MAX, RefusedRecords
from tests.store.records import CROP, SCENE, alert, amended, closed, decided, heard, hit, instant, late_tone, plate_read

pytestmark = pytest.mark.review(1)

READ = plate_read()
WHOLE = decided(READ, [hit()], [heard()], ((CROP, b"a crop"), (SCENE, b"a scene")))
WHY = "the database refused it (SQLITE_CONSTRAINT_CHECK)"


@pytest.fixture
def aside(data: Path, key: bytes, store: ReadStore) -> RefusedRecords:
    return RefusedRecords(data, key)


def test_a_record_comes_in_later_as_it_was(aside: RefusedRecords, store: ReadStore, images: ImageStore) -> None:
    aside.add([WHOLE], WHY)
    aside.add([closed(replace(READ, vote_count=20))], WHY)
    assert aside.take_in(store) == 2
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.read == replace(READ, vote_count=20, evidence=stored_read.read.evidence)
    assert [images.get(ref.sha256) for ref in stored_read.read.evidence] == [b"a crop", b"a scene"]
    assert stored_read.hits == (hit(),)
    assert [(one.alert, one.sounded_at) for one in stored_read.alerts] == [(alert(), instant(450))]
    assert stored_read.closed
    assert aside.count() == 0


def test_a_late_tone_comes_in_with_its_record(aside: RefusedRecords, store: ReadStore, outbox: Outbox) -> None:
    store.commit([decided(READ, hits=(hit(),), alerts=[AlertRecord(alert())])])
    aside.add([amended(READ, alerts=[AlertRecord(alert(), silence=Silence.MUTED, late_tone=late_tone())])], WHY)
    assert aside.take_in(store) == 1
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.alerts[0].late_tone == late_tone()
    assert "late_tone:hit-1" in [item.item_id for item in outbox.due(10, 10**6)]


@pytest.mark.parametrize("stage", ReadStage)
def test_everything_of_an_update_is_written_down(stage: ReadStage) -> None:
    read = replace(READ, supersedes="read-0", corrected_by="ana", earlier_texts=(EarlierText("7ABC128", 0.5, 3),))
    told = AlertRecord(alert(), None, Silence.MUTED, instant(2000), late_tone())
    update = decided(read, [hit()], [told], at=instant(900), missing_evidence="the disk was full", stage=stage)
    text = json.dumps(record_json.to_json(update), default=record_json.plain)
    read_back = record_json.from_json(json.loads(text), ())
    values = [getattr(read_back, each.name) for each in fields(update)]
    assert values == [getattr(update, each.name) for each in fields(update)]


def test_the_files_tell_nobody_without_the_key_anything(aside: RefusedRecords, data: Path) -> None:
    aside.add([WHOLE], WHY)
    (path,) = (data / "refused").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    content = path.read_bytes()
    assert not any(word in content for word in (READ.plate.encode(), b"read-1", b"a crop", b"stolen"))
    (refused_record,) = RefusedRecords(data, bytes(32)).list_records()
    assert (refused_record.read_id, refused_record.reason) == ("", f"{path}: damaged, or of another key")


def test_what_is_refused_again_stays_and_is_shown_with_its_reason(aside: RefusedRecords, store: ReadStore) -> None:
    spoilt = decided(replace(READ, confidence=float("nan")), images=((CROP, b"a crop"),))
    with pytest.raises(RefusedError):
        store.commit([spoilt])
    aside.add([spoilt], WHY)
    aside.add([decided(plate_read("read-2"))], WHY)
    assert aside.take_in(store) == 1
    (refused_record,) = aside.list_records()
    assert (refused_record.read_id, refused_record.what, refused_record.reason) == ("read-1", "decided", WHY)
    assert READ.plate not in str(refused_record)


@pytest.mark.parametrize("damage", [b"", b"AERR\x01", b"AERR\x01" + bytes(400)])
def test_a_damaged_file_is_kept_shown_and_holds_up_no_other(
    aside: RefusedRecords, store: ReadStore, data: Path, damage: bytes
) -> None:
    aside.add([WHOLE], WHY)
    aside.add([decided(plate_read("read-2"))], WHY)
    first = min((data / "refused").iterdir())
    first.write_bytes(damage)
    assert aside.take_in(store) == 1
    assert [one.reason for one in aside.list_records()] == [f"{first}: damaged, or of another key"]


def test_they_are_bounded_in_number_and_beyond_a_size_without_pictures(
    aside: RefusedRecords, data: Path, outbox: Outbox, store: ReadStore
) -> None:
    aside.add([WHOLE], WHY)
    (data / "refused" / "00000002.record").write_bytes(bytes(1))
    with (data / "refused" / "00000002.record").open("r+b") as file:
        file.truncate(refused_records.BYTES_MAX)  # a hole: it takes no room here
    records: list[ReadUpdate] = [decided(plate_read("read-2"), images=((SCENE, bytes(100_000)),))]
    aside.add([records[0]], WHY)
    assert aside.list_records()[-1].size_bytes < 10_000
    for number in range(4, RECORDS_MAX + 1):
        (data / "refused" / f"{number:08d}.record").touch()
    assert not aside.add([records[0]], WHY)
    assert aside.count() == RECORDS_MAX
