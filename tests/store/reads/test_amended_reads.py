"""What is stored of a read of which more is known: its text and values, its hits and alerts, each once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.domain.alerting import AlertRecord, LateTone, Level, Silence, Tone
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.protocol.hits import LateTonePayload, WithdrawalPayload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, ReadPayload
from alpr_edge.domain.reads import Alternative, EarlierText, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.hit_queries import ShownState, shown_state
from alpr_edge.store.reads.plate_texts import stored_plates
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.refused_records import RefusedRecords
from tests.store.records import (
    CROP,
    SCENE,
    alert,
    amended,
    closed,
    decided,
    heard,
    hit,
    instant,
    plate_read,
    withdrawn,
)

FIRST = replace(plate_read(), confidence=0.7)
SECOND = replace(
    FIRST,
    plate="7ABC128",
    confidence=0.97,
    alternatives=(Alternative("7ABC123", 0.01),),
    slot_votes=(),
    vote_count=12,
    last_seen=instant(900),
    last_frame=40,
    earlier_texts=(EarlierText("7ABC123", 0.7, 12),),
)
LAST = replace(SECOND, confidence=0.99, vote_count=20, last_seen=instant(2000), last_frame=80)
PICTURES = ((CROP, b"a crop"), (SCENE, b"a scene"))
NOTICE = AlertRecord(replace(alert(), level=Level.NOTICE, tone=Tone.POSSIBLE), instant(450))
RAISED = replace(NOTICE, late_tone=LateTone(alert(), instant(950)))


def stored_read(store: ReadStore, read_id: str = "read-1") -> StoredRead:
    found = store.get(read_id)
    assert found is not None
    return found


def items(outbox: Outbox) -> list[OutboxItem]:
    return outbox.due(100, 10**7)


def item_ids(outbox: Outbox) -> list[str]:
    return [item.item_id for item in items(outbox)]


def bodies(outbox: Outbox) -> list[tuple[str, bytes]]:
    return [(item.item_id, item.body) for item in items(outbox)]


def commit_each(store: ReadStore, updates: Sequence[ReadUpdate]) -> None:
    for update in updates:
        store.commit([update])


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_another_text_of_a_pass_keeps_the_read_and_is_kept_in_its_history(
    store: ReadStore, outbox: Outbox, *, is_one_batch: bool
) -> None:
    updates = [decided(FIRST, images=PICTURES), amended(SECOND), closed(LAST)]
    commit_each(store, updates[:2])
    assert (stored_read(store).read, stored_read(store).closed) == (
        replace(SECOND, evidence=stored_read(store).read.evidence),
        False,
    )
    assert item_ids(outbox) == [], "a read travels once, with its last values"
    if is_one_batch:
        store.commit(updates)
    else:
        store.commit(updates[2:])
    assert stored_read(store).read == replace(LAST, evidence=stored_read(store).read.evidence)
    assert [each.kind for each in stored_read(store).read.evidence] == [CROP, SCENE]
    assert store.counts().reads == 1
    (body,) = (item.body for item in items(outbox) if item.kind is ItemKind.READ)
    assert ReadPayload.model_validate_json(body or b"").plate == "7ABC128"


def test_a_box_is_that_of_the_scene_that_is_stored(store: ReadStore) -> None:
    moved = replace(SECOND, box=Box(300.0, 200.0, 400.0, 230.0))
    store.commit([decided(FIRST, images=PICTURES), amended(moved, images=((CROP, b"a sharper crop"),))])
    assert stored_read(store).read.box == FIRST.box
    store.commit([amended(moved, images=((CROP, b"a sharper crop"), (SCENE, b"its scene")))])
    assert stored_read(store).read.box == moved.box


@pytest.mark.parametrize("end", [(), (closed(LAST, ((CROP, b"the sharpest crop"),)),)], ids=["open", "closed"])
def test_an_older_amendment_that_comes_late_changes_nothing(
    store: ReadStore, outbox: Outbox, images: ImageStore, end: tuple[ReadUpdate, ...]
) -> None:
    newer = amended(replace(LAST, vote_count=15), images=((CROP, b"a crop"), (SCENE, b"a newer scene")))
    store.commit([decided(FIRST, images=PICTURES), newer, *end])
    before = stored_read(store), item_ids(outbox)
    store.commit([amended(replace(SECOND, plate="7AB0128"), images=((CROP, b"an older crop"), (SCENE, b"older")))])
    assert (stored_read(store), item_ids(outbox)) == before
    assert {images.get(ref.sha256) for ref in before[0].read.evidence} >= {b"a newer scene"}
    assert store.counts().images == 2


@pytest.mark.parametrize("is_over", [False, True])
def test_hits_and_alerts_are_added_to_a_read_that_is_open_or_closed(
    store: ReadStore, outbox: Outbox, *, is_over: bool
) -> None:
    """A list that goes live behind a vehicle, and a look that comes with the last frame."""
    store.commit([decided(FIRST), closed(LAST)] if is_over else [decided(FIRST)])
    other = AlertRecord(alert("hit-2"), silence=Silence.OTHER_HIT)
    store.commit([amended(SECOND, [hit(), hit("hit-2")], [heard(), other])])
    found = stored_read(store)
    assert (found.closed, found.read) == (is_over, LAST if is_over else SECOND)
    assert found.hits == (hit(), hit("hit-2"))
    assert found.alerts == (heard(), other)
    assert item_ids(outbox) == ["hit-1", "hit-2", "alert:hit-1", "alert:hit-2", *(["read-1"] if is_over else [])]


def test_a_hit_that_matches_more_surely_than_before_says_so_and_stays_one(store: ReadStore, outbox: Outbox) -> None:
    possible = replace(hit(), kind=MatchKind.CONFUSABLE)
    store.commit([decided(FIRST, [possible], [NOTICE]), amended(SECOND, [hit()], [RAISED])])
    found = stored_read(store)
    assert (found.hits, found.alerts) == ((hit(),), (RAISED,))
    assert item_ids(outbox) == ["hit-1", "alert:hit-1", "late_tone:hit-1"]
    payload = LateTonePayload.model_validate_json(items(outbox)[-1].body)
    assert (payload.level, payload.tone) == ("high", "high")


@pytest.mark.parametrize("silence", [Silence.MUTED, Silence.SIGNED_OUT, Silence.NO_DEVICE])
def test_a_tone_that_followed_its_silence_stands_beside_the_reason(store: ReadStore, silence: Silence) -> None:
    quiet = AlertRecord(alert(), silence=silence)
    sounded = replace(quiet, late_tone=LateTone(alert(), instant(950)))
    store.commit([decided(FIRST, [hit()], [quiet]), amended(FIRST, alerts=[sounded])])
    assert stored_read(store).alerts == (sounded,)
    assert stored_read(store).alerts[0].was_heard


def test_a_withdrawal_and_a_late_tone_are_queued_once(store: ReadStore, outbox: Outbox) -> None:
    gone = withdrawn(RAISED, 1200)
    commit_each(
        store,
        [
            decided(FIRST, [hit()], [NOTICE]),
            amended(SECOND, alerts=[RAISED]),
            amended(SECOND, alerts=[gone]),
            amended(SECOND, alerts=[gone]),
            closed(LAST, alerts=[gone]),
        ],
    )
    assert stored_read(store).alerts == (gone,)
    assert item_ids(outbox) == ["hit-1", "alert:hit-1", "late_tone:hit-1", "withdrawal:hit-1", "read-1"]
    payload = WithdrawalPayload.model_validate_json(items(outbox)[3].body)
    assert payload.withdrawn.boottime_ns == instant(1200).boottime_ns


def test_an_alert_that_is_known_as_withdrawn_stands_no_more_by_an_older_record_of_it(store: ReadStore) -> None:
    store.commit([decided(FIRST, [hit()], [NOTICE]), amended(SECOND, alerts=[withdrawn(RAISED)])])
    store.commit([amended(FIRST, alerts=[NOTICE])])
    assert stored_read(store).alerts == (withdrawn(RAISED),)


def test_stored_twice_it_changes_nothing(store: ReadStore, outbox: Outbox, images: ImageStore) -> None:
    updates = [
        decided(FIRST, [hit()], [NOTICE], PICTURES),
        amended(SECOND, [hit("hit-2")], [RAISED, heard("hit-2")], ((CROP, b"sharper"), (SCENE, b"newer"))),
        closed(LAST, ((CROP, b"the sharpest"),), alerts=[withdrawn(RAISED, 1200)]),
    ]
    for number, update in enumerate(updates, 1):
        commit_each(store, updates[:number])
        store.sweep_images()
        before = stored_read(store), bodies(outbox), store.counts(), images.orphans(())
        store.commit([update])
        commit_each(store, updates[:number])
        store.commit(updates[:number])
        store.sweep_images()
        assert (stored_read(store), bodies(outbox), store.counts(), images.orphans(())) == before


def test_what_a_person_reads_withdraws_the_alerts_of_the_read_that_it_supersedes(
    store: ReadStore, outbox: Outbox
) -> None:
    store.commit([decided(FIRST, [hit(), hit("hit-2")], [NOTICE, heard("hit-2")]), closed(LAST)])
    said = replace(plate_read("read-2", "7ABC129", "read-1"), corrected_by="ana", vote_count=0, confidence=1.0)
    for _ in range(2):
        store.commit([closed(said, hits=[hit("hit-3", "read-2")], alerts=[heard("hit-3", "read-2")], at=instant(5000))])
    assert [each.withdrawn_at for each in stored_read(store).alerts] == [instant(5000)] * 2
    assert [each.withdrawn_at for each in stored_read(store, "read-2").alerts] == [None]
    assert [name for name in item_ids(outbox) if name.startswith("withdrawal")] == [
        "withdrawal:hit-1",
        "withdrawal:hit-2",
    ]


def test_pages_have_something_else_to_show_once_more_is_known_of_a_read(store: ReadStore, database: Database) -> None:
    def present_state() -> ShownState:
        with database.read() as connection:
            return shown_state(connection)

    store.commit([decided(FIRST, [hit()], [NOTICE])])
    states = [present_state()]
    for update in (
        amended(replace(FIRST, confidence=0.97)),
        amended(SECOND),
        amended(SECOND, alerts=[RAISED]),
        amended(SECOND, alerts=[withdrawn(RAISED)]),
    ):
        store.commit([update])
        states.append(present_state())
        assert states[-1] != states[-2]


def test_without_its_decision_an_amendment_waits_aside_and_comes_in_behind_it(
    store: ReadStore, data: Path, key: bytes
) -> None:
    decision, amendment = decided(FIRST, [hit()], [NOTICE]), amended(SECOND, [hit("hit-2")], [RAISED, heard("hit-2")])
    with pytest.raises(StoreError):
        store.commit([amendment])
    aside = RefusedRecords(data, key)
    aside.add([decision, amendment], "a test")
    assert [each.what for each in aside.list_records()] == ["decided", "amended"]
    assert aside.take_in(store) == 2
    found = stored_read(store)
    assert (found.read, found.alerts) == (SECOND, (RAISED, heard("hit-2")))


def test_every_text_that_a_read_had_counts_as_a_plate_of_the_store(store: ReadStore, database: Database) -> None:
    """What leaves the unit for support is compared with them."""
    store.commit([decided(FIRST), amended(SECOND), decided(plate_read("read-2", "8XYZ999"))])
    assert set(stored_plates(database)) == {"7ABC123", "7ABC128", "8XYZ999"}
