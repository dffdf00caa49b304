from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.app.pipeline.pipeline import concerns_hit
from alpr_edge.app.pipeline.recorder import DEFERRED_BYTES_MAX, Recorder
from alpr_edge.domain.alerting import AlertRecord, MatchContext, alert_of
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.reads import Evidence, EvidenceKind, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.domain.recognition.vehicle_pass import NO_EVIDENCE
from alpr_edge.settings import load
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.rig import write_frames, write_settings
from tests.domain.readings import START, frame_of, reading_of

ENTRY = HotlistEntry("test", "8ABC123", "8ABC123", "CA", Reason.STOLEN_VEHICLE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    settings = load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0])))
    with open_store(settings, migrate=True) as room:
        yield room


@pytest.fixture
def recorder(store: UnitStore, tmp_path: Path) -> Recorder:
    return Recorder(store.reads, load(tmp_path / "alpr-edge.toml").store, store.refused_records)


def decision() -> ReadUpdate:
    passes = Passes(Origin("u", "front", ()), DecisionRule(1, 1, 0, 3), 1000, lambda _: None, lambda: "read-1")
    readings = [reading_of("8ABC123")]
    (event,) = passes.step(frame_of(readings, 0), readings)
    assert event.stage is ReadStage.DECIDED
    return event


def end(of: ReadUpdate, evidence: Evidence | None = None, **changes: object) -> ReadUpdate:
    """The end of a decided read's pass."""
    read = replace(of.read, **changes)  # type: ignore[arg-type] # any field
    return ReadUpdate(ReadStage.CLOSED, read, of.at, evidence, is_hit=of.is_hit)


def with_hits(event: ReadUpdate, *hits: Hit) -> ReadUpdate:
    """The update of a read that has hits."""
    return replace(event, hits=hits, is_hit=bool(hits))


def hit_of(read_id: str) -> Hit:
    generation = Generation("test", 1, None, None, 1)
    return Hit("hit-1", read_id, ENTRY, generation, None, MatchKind.EXACT, StateMatch.UNKNOWN, START)


def widths(store: UnitStore, read_id: str) -> dict[EvidenceKind, int]:
    row = store.reads.get(read_id)
    assert row is not None
    return {ref.kind: width_of(store.images.get(ref.sha256)) for ref in row.read.evidence}


def width_of(jpeg: bytes) -> int:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return int(picture.shape[1])


def test_a_read_keeps_a_small_scene_and_a_hit_the_full_frame(store: UnitStore, recorder: Recorder) -> None:
    event = decision()
    recorder.write([event])
    assert widths(store, "read-1") == {EvidenceKind.CROP: 130, EvidenceKind.SCENE: 640}
    hit_event = replace(event, read=replace(event.read, read_id="read-2"))
    recorder.write([with_hits(hit_event, hit_of("read-2"))])
    assert widths(store, "read-2") == {EvidenceKind.CROP: 130, EvidenceKind.SCENE: 1280}


def test_a_sharper_look_at_a_hit_is_kept_in_full_as_well(store: UnitStore, recorder: Recorder) -> None:
    event = with_hits(decision(), hit_of("read-1"))
    recorder.write([event])
    sharper = Evidence(np.full((40, 160, 3), 9, np.uint8), np.full((720, 1280, 3), 9, np.uint8))
    recorder.write([end(event, sharper)])
    recorder.flush()
    assert widths(store, "read-1") == {EvidenceKind.CROP: 160, EvidenceKind.SCENE: 1280}


def test_a_sharper_crop_of_a_hit_whose_frame_was_given_up_leaves_the_scene_of_its_decision(
    store: UnitStore, recorder: Recorder
) -> None:
    event = with_hits(decision(), hit_of("read-1"))
    recorder.write([event])
    sharper = Evidence(np.full((40, 160, 3), 9, np.uint8), NO_EVIDENCE.scene)
    recorder.write([end(event, sharper)])
    recorder.flush()
    assert widths(store, "read-1") == {EvidenceKind.CROP: 160, EvidenceKind.SCENE: 1280}
    assert recorder.faults() == []


def test_a_sharper_look_at_a_read_is_kept_of_its_plate_alone_and_the_box_stays_that_of_the_scene(
    store: UnitStore, recorder: Recorder
) -> None:
    event = decision()
    recorder.write([event])
    sharper = Evidence(np.full((40, 160, 3), 9, np.uint8), np.full((720, 1280, 3), 9, np.uint8))
    recorder.write([end(event, sharper, box=Box(1, 2, 3, 4), vote_count=77)])
    recorder.flush()
    row = store.reads.get("read-1")
    assert row is not None
    assert (row.read.box, row.read.vote_count) == (event.read.box, 77)
    assert widths(store, "read-1") == {EvidenceKind.CROP: 160, EvidenceKind.SCENE: 640}


def test_the_box_stays_that_of_the_scene_where_decision_and_end_are_written_at_once(
    store: UnitStore, recorder: Recorder
) -> None:
    event = decision()
    sharper = Evidence(np.full((40, 160, 3), 9, np.uint8), np.full((720, 1280, 3), 9, np.uint8))
    recorder.write([event, end(event, sharper, box=Box(1, 2, 3, 4), vote_count=77)])
    row = store.reads.get("read-1")
    assert row is not None
    assert (row.read.box, row.read.vote_count) == (event.read.box, 77)


def test_the_end_of_a_pass_rides_along_with_the_next_read(store: UnitStore, recorder: Recorder) -> None:
    event = decision()
    recorder.write([event])
    recorder.write([end(event)])
    assert store.reads.counts().open_reads == 1
    recorder.flush_due()
    assert store.reads.counts().open_reads == 1
    recorder.write([replace(event, read=replace(event.read, read_id="read-2"))])
    first = store.reads.get("read-1")
    assert first is not None
    assert first.closed
    assert store.outbox.counts().ready == 3


def test_it_rides_for_some_seconds_and_no_longer(store: UnitStore, recorder: Recorder, tmp_path: Path) -> None:
    event = decision()
    recorder.write([event])
    recorder.write([end(event)])
    recorder.flush_due()
    assert store.reads.counts().open_reads == 1
    settings = load(tmp_path / "alpr-edge.toml").store
    impatient = Recorder(store.reads, settings, store.refused_records, defer_s_max=0.0)
    impatient.write([end(event)])
    impatient.flush_due()
    assert store.reads.counts().open_reads == 0


def test_frames_that_wait_with_ends_of_passes_are_bounded_by_their_memory(store: UnitStore, recorder: Recorder) -> None:
    event = decision()
    frame = Evidence(np.full((40, 160, 3), 9, np.uint8), np.full((1080, 1920, 3), 9, np.uint8))
    fitting = DEFERRED_BYTES_MAX // frame.scene.nbytes
    reads = [replace(event, read=replace(event.read, read_id=f"read-{number}")) for number in range(fitting + 1)]
    recorder.write(reads)
    for read in reads[:-1]:
        recorder.write([end(read, frame)])
    assert store.reads.counts().open_reads == fitting + 1
    recorder.write([end(reads[-1], frame)])
    assert store.reads.counts().open_reads == 0


def test_a_full_disk_refuses_a_batch_before_anything_is_written_and_what_rides_along_stays(
    store: UnitStore, tmp_path: Path
) -> None:
    full = True

    def require_room() -> None:
        if full:
            raise StoreError("the disk is full")

    recorder = Recorder(
        store.reads, load(tmp_path / "alpr-edge.toml").store, store.refused_records, require_room=require_room
    )
    event = decision()
    batch: list[ReadUpdate] = [event, end(event)]
    with pytest.raises(StoreError):
        recorder.write(batch)
    assert store.images.orphans(()) == []
    full = False
    recorder.write(batch)
    assert store.reads.counts().open_reads == 0


def test_what_takes_a_hit_back_is_dropped_as_late_as_a_hit() -> None:
    event, hit = decision(), hit_of("read-1")
    withdrawn = AlertRecord(alert_of(hit, MatchContext()), START, withdrawn_at=START)
    assert not concerns_hit(event)
    assert concerns_hit(with_hits(event, hit))
    assert concerns_hit(replace(event, alerts=(withdrawn,)))
    assert [concerns_hit(end(one)) for one in (event, with_hits(event, hit))] == [False, True]


def test_observers_hear_of_what_is_committed_only(store: UnitStore, tmp_path: Path) -> None:
    batch_sizes: list[int] = []
    settings = load(tmp_path / "alpr-edge.toml").store
    recorder = Recorder(store.reads, settings, store.refused_records, [lambda batch: batch_sizes.append(len(batch))])
    event = decision()
    recorder.write([event])
    spoilt = replace(event, read=replace(event.read, read_id="read-2", confidence=float("nan")))
    with pytest.raises(StoreError):
        recorder.write([event, spoilt])
    assert batch_sizes == [1]
