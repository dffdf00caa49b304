from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from alpr_edge.domain.alerting import AlertRecord, Level, Silence
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.protocol.hits import alert_payload, hit_payload, late_tone_payload, withdrawal_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, ReadPayload, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceRef, PlateRead, ReadUpdate
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import images as image_table
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.queries import ROWS_MAX
from alpr_edge.store.reads.repository import BATCH_MAX, ReadStore
from tests.store.records import (
    CROP,
    SCENE,
    START,
    alert,
    amended,
    closed,
    decided,
    decided_record,
    heard,
    hit,
    instant,
    late_tone,
    plate_read,
)

READ = plate_read()
PICTURES = ((CROP, b"a crop"), (SCENE, b"a scene"))


def due(outbox: Outbox) -> list[OutboxItem]:
    return outbox.due(1000, 10**9)


def kinds(outbox: Outbox) -> list[str]:
    return [item.kind.value for item in due(outbox)]


def known_images(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(image_table.c.sha256)))


def files(images: ImageStore) -> set[str]:
    return set(images.orphans(()))


def over(read: PlateRead) -> PlateRead:
    return replace(read, vote_count=20, last_seen=instant(9_000), last_frame=300)


def test_a_decision_keeps_all_that_hangs_on_it(store: ReadStore, images: ImageStore) -> None:
    (result,) = store.commit([decided(READ, hits=(hit(),), alerts=[heard()], images=PICTURES)])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.read == result == replace(READ, evidence=result.evidence)
    assert result.evidence == tuple(EvidenceRef(kind, digest(jpeg), len(jpeg)) for kind, jpeg in PICTURES)
    assert [images.get(ref.sha256) for ref in result.evidence] == [b"a crop", b"a scene"]
    assert stored_read.hits == (hit(),)
    assert [(each.alert, each.sounded_at, each.withdrawn_at) for each in stored_read.alerts] == [
        (alert(), instant(450), None)
    ]


def test_a_hit_is_queued_at_once_and_its_read_when_it_closes(store: ReadStore, outbox: Outbox) -> None:
    store.commit([decided(READ, hits=(hit(),), alerts=[heard()], images=PICTURES)])
    first, alert_item = due(outbox)
    assert alert_item.item_id == "alert:hit-1"
    assert (first.item_id, first.kind, first.body) == ("hit-1", ItemKind.HIT, encode(hit_payload(hit(), READ)))
    assert first.sha256 == digest(first.body)
    (last,) = store.commit([closed(over(READ))])
    _, _, read, *pictures = due(outbox)
    assert (read.item_id, read.body) == ("read-1", encode(read_payload(last)))
    assert ReadPayload.model_validate_json(read.body).vote_count == 20
    assert [(item.item_id, item.body) for item in pictures] == [(digest(jpeg), jpeg) for _, jpeg in PICTURES]


def test_closing_amends_the_row_it_belongs_to(store: ReadStore) -> None:
    store.commit([decided_record("read-1"), decided_record("read-2")])
    store.commit([closed(over(plate_read("read-2")))])
    first, second = store.get("read-1"), store.get("read-2")
    assert first is not None
    assert second is not None
    assert (first.closed, first.read.vote_count, len(first.read.evidence)) == (False, 8, 2)
    assert (second.closed, second.read.vote_count, len(second.read.evidence)) == (True, 20, 2)


def test_a_sharper_crop_takes_the_place_of_the_first(
    store: ReadStore, images: ImageStore, database: Database, outbox: Outbox
) -> None:
    store.commit([decided(READ, images=PICTURES)])
    (read,) = store.commit([closed(over(READ), ((CROP, b"a sharper crop"),))])
    assert {ref.kind: images.get(ref.sha256) for ref in read.evidence} == {CROP: b"a sharper crop", SCENE: b"a scene"}
    digests = {digest(b"a sharper crop"), digest(b"a scene")}
    assert files(images) == known_images(database) == digests
    assert {item.item_id for item in due(outbox) if item.kind is ItemKind.IMAGE} == digests


def test_an_old_crop_that_cannot_be_removed_does_not_undo_the_batch(
    store: ReadStore, images: ImageStore, data: Path
) -> None:
    store.commit([decided(READ, images=PICTURES)])
    old = data / "images" / digest(b"a crop")[:2] / digest(b"a crop")
    old.unlink()
    old.mkdir()
    (read,) = store.commit([closed(over(READ), ((CROP, b"a sharper crop"),))])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.read == read
    old.rmdir()


def test_an_image_that_another_read_shows_too_stays(store: ReadStore, images: ImageStore, outbox: Outbox) -> None:
    store.commit([decided(plate_read(name), images=PICTURES) for name in ("read-1", "read-2")])
    store.commit([closed(plate_read("read-1"), ((CROP, b"sharper"),)), closed(plate_read("read-2"))])
    assert images.get(digest(b"a crop")) == b"a crop"
    assert sorted(kinds(outbox)) == ["image"] * 3 + ["read"] * 2


def test_a_pass_may_be_decided_and_closed_in_one_batch(store: ReadStore, outbox: Outbox) -> None:
    store.commit([decided(READ, hits=(hit(),), images=PICTURES), closed(over(READ))])
    assert kinds(outbox) == ["hit", "read", "image", "image"]


@pytest.mark.review(19)
def test_an_alert_and_its_withdrawal_travel_as_items_of_their_own(store: ReadStore, outbox: Outbox) -> None:
    store.commit([decided(READ, hits=(hit(),), alerts=[heard()], images=PICTURES)])
    later = replace(plate_read("read-2", "7ABC128", supersedes="read-1"), last_seen=instant(800))
    for read in (later, replace(later, read_id="read-3")):
        store.commit([decided(read)])
    hit_item, *alert_items = due(outbox)
    assert [(item.item_id, item.kind, item.body) for item in alert_items] == [
        ("alert:hit-1", ItemKind.ALERT, encode(alert_payload(alert(), instant(450), "unit-1"))),
        ("withdrawal:hit-1", ItemKind.WITHDRAWAL, encode(withdrawal_payload(alert(), instant(800), "unit-1"))),
    ]
    assert hit_item.kind is ItemKind.HIT


@pytest.mark.review(19)
def test_an_alert_that_stayed_quiet_is_told_as_such(store: ReadStore, outbox: Outbox) -> None:
    store.commit([decided(READ, hits=(hit(),), alerts=[AlertRecord(alert())], images=PICTURES)])
    assert due(outbox)[1].body == encode(alert_payload(alert(), None, "unit-1"))


def test_the_tone_of_an_alert_that_had_stayed_quiet_is_stored_beside_it_and_queued(
    store: ReadStore, outbox: Outbox
) -> None:
    store.commit([decided(READ, hits=(hit(),), alerts=[AlertRecord(alert())])])
    store.commit([amended(READ, alerts=[AlertRecord(alert(), late_tone=late_tone())])])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert [(each.sounded_at, each.late_tone, each.withdrawn_at) for each in stored_read.alerts] == [
        (None, late_tone(), None)
    ]
    _, alert_item, late = due(outbox)
    assert alert_item.body == encode(alert_payload(alert(), None, "unit-1")), "as it may have been delivered already"
    assert (late.item_id, late.kind) == ("late_tone:hit-1", ItemKind.LATE_TONE)
    assert late.body == encode(late_tone_payload(late_tone(), "unit-1"))


@pytest.mark.review(19)
def test_how_grave_a_hit_is_is_kept_with_it(store: ReadStore) -> None:
    grave = replace(hit(), level=int(Level.URGENT))
    store.commit([decided(READ, hits=(grave,), images=PICTURES)])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.hits == (grave,)


def test_a_correction_withdraws_the_alert_and_says_when(store: ReadStore) -> None:
    store.commit([decided(READ, hits=(hit(),), alerts=[heard()], images=PICTURES)])
    later = replace(plate_read("read-2", "7ABC128", supersedes="read-1"), last_seen=instant(800))
    store.commit([closed(over(READ)), decided(later)])
    third = replace(plate_read("read-3", "7ABC12B", supersedes="read-1"), last_seen=instant(900))
    store.commit([decided(third)])
    stored_read, corrected_read = store.get("read-1"), store.get("read-2")
    assert stored_read is not None
    assert corrected_read is not None
    assert [each.withdrawn_at for each in stored_read.alerts] == [instant(800)]
    assert corrected_read.read.supersedes == "read-1"


@pytest.mark.parametrize("silence", [None, *Silence])
def test_an_alert_that_stayed_quiet_is_on_record_with_the_reason(store: ReadStore, silence: Silence | None) -> None:
    record = AlertRecord(alert(), silence=silence)
    store.commit([decided(READ, hits=(hit(),), alerts=[record])])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.alerts == (record,)


@pytest.mark.parametrize(
    "bad",
    [
        decided(plate_read("x"), hits=(hit("hit-2", "of no read"),)),
        amended(plate_read("x"), hits=(hit("hit-2", "x"),)),
        decided(plate_read("x"), alerts=[AlertRecord(alert("of no hit", "x"))]),
    ],
)
def test_a_batch_is_kept_whole_or_not_at_all(store: ReadStore, outbox: Outbox, bad: ReadUpdate) -> None:
    store.commit([decided_record("read-0")])
    good = [
        decided(plate_read("read-1"), hits=(hit(),), alerts=[AlertRecord(alert())], images=PICTURES),
        closed(plate_read("read-0")),
    ]
    with pytest.raises(StoreError):
        store.commit([*good, bad])
    assert store.get("read-1") is None
    assert store.counts().open_reads == 1
    assert kinds(outbox) == []
    store.commit(good)
    assert store.counts().reads == 2


def test_a_read_closes_once(store: ReadStore, outbox: Outbox) -> None:
    store.commit([decided(READ), closed(READ)])
    before = store.get("read-1")
    store.commit([closed(over(READ), ((CROP, b"a late crop"),))])
    assert store.get("read-1") == before
    assert kinds(outbox) == ["read"]


@pytest.mark.review(3)
def test_a_batch_that_is_given_again_is_kept_once(store: ReadStore, outbox: Outbox) -> None:
    """As a writer does that failed right after the commit, of whatever."""
    batch = [
        decided(READ, hits=(hit(),), alerts=[AlertRecord(alert())], images=PICTURES),
        decided(plate_read("read-2")),
    ]
    end = [closed(over(READ), ((CROP, b"sharper"),))]
    for records in (batch, end):
        first, before = store.commit(records), (store.counts(), kinds(outbox))
        assert store.commit(records) == first
        assert (store.counts(), kinds(outbox)) == before
    assert (store.counts().reads, store.counts().open_reads) == (2, 1)
    assert kinds(outbox).count("read") == 1
    store.commit([*batch, decided(plate_read("read-3"))])
    assert store.counts().reads == 3


@pytest.mark.review(1)
def test_an_end_without_its_decision_is_kept_as_a_read_and_what_hangs_on_the_decision_joins_it_later(
    store: ReadStore, outbox: Outbox, images: ImageStore
) -> None:
    store.commit([closed(over(READ))])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert stored_read.closed
    assert kinds(outbox) == ["read"]
    for _ in range(2):  # a start that was cut takes it in again
        store.commit([decided(READ, hits=(hit(),), alerts=[heard()], images=PICTURES)])
    rejoined_read = store.get("read-1")
    assert rejoined_read is not None
    assert rejoined_read.read == replace(over(READ), evidence=rejoined_read.read.evidence)
    assert [images.get(ref.sha256) for ref in rejoined_read.read.evidence] == [b"a crop", b"a scene"]
    assert rejoined_read.hits == (hit(),)
    assert [one.alert for one in rejoined_read.alerts] == [alert()]
    assert kinds(outbox) == ["hit", "alert", "read", "image", "image"]
    store.commit([closed(READ)])  # closed already: nothing to add
    assert store.get("read-1") == rejoined_read


@pytest.mark.review(1)
@pytest.mark.parametrize(
    "spoilt",
    [
        replace(READ, confidence=float("nan")),
        replace(READ, vote_count=1 << 70),
        replace(READ, last_seen=replace(instant(), utc=START.replace(tzinfo=None))),
    ],
)
def test_what_no_row_can_hold_is_one_error_that_quotes_nothing(store: ReadStore, spoilt: PlateRead) -> None:
    with pytest.raises(RefusedError) as excinfo:
        store.commit([decided_record("read-0"), decided(spoilt), closed(spoilt)])
    assert spoilt.plate not in str(excinfo.value)
    assert store.counts().reads == 0


@pytest.mark.review(1)
def test_a_read_without_its_pictures_says_why(store: ReadStore) -> None:
    store.commit([decided(READ, missing_evidence="the disk does not write")])
    stored_read = store.get("read-1")
    assert stored_read is not None
    assert (stored_read.read.evidence, stored_read.missing_evidence) == ((), "the disk does not write")


def test_a_batch_is_bounded(store: ReadStore) -> None:
    with pytest.raises(StoreError, match="commit more often"):
        store.commit([decided_record(str(number)) for number in range(BATCH_MAX + 1)])
    assert store.counts().reads == 0
    assert store.commit([]) == []


def test_what_an_earlier_run_left_open_is_queued_at_the_next_start(
    store: ReadStore, outbox: Outbox, database: Database, images: ImageStore
) -> None:
    store.commit([decided(plate_read(f"read-{number}"), images=PICTURES) for number in range(450)])
    store.commit([closed(plate_read("read-7"))])
    second_store = ReadStore(database, images)
    assert second_store.close_open_reads() == 449
    assert second_store.close_open_reads() == 0
    assert second_store.counts().open_reads == 0
    item_ids = [item.item_id for item in due(outbox) if item.kind is ItemKind.READ]
    assert item_ids == ["read-7", *(f"read-{number}" for number in range(450) if number != 7)]


def test_a_crash_between_image_and_row_is_swept_up(store: ReadStore, images: ImageStore, data: Path) -> None:
    store.commit([decided(READ, images=PICTURES)])
    lost_digest = images.put(b"a picture whose read never came")
    (data / "images" / lost_digest[:2] / ".part-torn").write_bytes(b"half")
    assert store.sweep_images() == 2
    assert store.sweep_images() == 0
    assert files(images) == {digest(b"a crop"), digest(b"a scene")}


def test_recent_reads_come_newest_first(store: ReadStore) -> None:
    store.commit([decided_record("read-1"), decided(plate_read("read-2"), hits=(hit(read_id="read-2"),))])
    store.commit([decided_record("read-3")])
    assert [each.read.read_id for each in store.recent(2)] == ["read-3", "read-2"]
    assert [stored_read.read.read_id for stored_read in store.recent(10, hits_only=True)] == ["read-2"]
    assert [len(stored.hits) for stored in store.recent(10)] == [0, 1, 0]
    assert store.recent(0) == store.recent(-1) == []
    assert store.get("read-9") is None


def test_a_query_is_bounded(store: ReadStore) -> None:
    for batch in range(2):
        store.commit([decided(plate_read(f"read-{batch}-{number}")) for number in range(BATCH_MAX)])
    assert len(store.recent(10**9)) == ROWS_MAX


def test_counts_tell_what_is_kept(store: ReadStore) -> None:
    store.commit([decided(READ, hits=(hit(),), images=PICTURES), decided_record("read-2"), closed(READ)])
    counts = store.counts()
    assert (counts.reads, counts.open_reads, counts.hits, counts.images) == (2, 1, 1, 4)
    assert counts.image_bytes == sum(map(len, (b"a crop", b"a scene", b"crop of read-2", b"scene of read-2")))
