"""What one record or one folder cannot do: hold up the records behind it, the alerts, or the next start."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.factories import open_vision_models
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import (
    DISK_SILENT_S,
    SMALL_RECORDS_HELD,
    WRITER_SILENT_S_MAX,
    CameraInput,
    Pipeline,
    PipelineParts,
    without_pictures,
)
from alpr_edge.app.pipeline.recorder import WHOLE_AGAIN, Recorder
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, Reason
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX
from alpr_edge.domain.reads import Evidence, EvidenceKind, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.runtime.stages import BatchStage, Rescue
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import Settings, load
from alpr_edge.store.recovery.refused_records import RECORDS_MAX, REFUSED
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.vision.jpeg_pictures import jpeg_within
from tests.app.pipeline.test_recorder import decision, end, hit_of, with_hits
from tests.app.rig import PLATES, write_frames, write_settings
from tests.domain.readings import START

pytestmark = pytest.mark.review(1)

CHANCE = np.random.default_rng(1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0]), fps=50, pass_gap_ms=40))


@pytest.fixture
def store(settings: Settings) -> Iterator[UnitStore]:
    with open_store(settings, migrate=True) as room:
        yield room


@pytest.fixture
def recorder(store: UnitStore, settings: Settings) -> Recorder:
    return Recorder(store.reads, settings.store, store.refused_records)


def noise(width: int, height: int) -> Pixels:
    return CHANCE.integers(0, 256, (height, width, 3), dtype=np.uint8)


def record(read_id: str, *hits: Hit, scene: Pixels | None = None, **changes: object) -> ReadUpdate:
    event = decision()
    read = replace(event.read, read_id=read_id, **changes)  # type: ignore[arg-type]
    pixels = noise(64, 48) if scene is None else scene
    return with_hits(replace(event, read=read, evidence=Evidence(noise(30, 12), pixels)), *hits)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Writing:
    """The writer of a unit at work.

    Args:
        recorder: what it writes with.
        capacity: the most records that wait for it.
    """

    def __init__(self, recorder: Recorder, capacity: int = 64) -> None:
        self.channel: BoundedChannel[ReadUpdate] = BoundedChannel(capacity)
        rescue = Rescue(recorder.require_room, (RefusedError,), recorder.write_alone, recorder.set_aside, (StoreError,))
        self.supervisor = Supervisor()
        self.supervisor.add(
            BatchStage(
                "writer", self.channel, recorder.write, 16, recorder.finish, idle=recorder.flush_due, rescue=rescue
            )
        )

    def __enter__(self) -> Self:
        self.supervisor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop.set()
        self.channel.close()
        assert self.supervisor.join(60)
        assert not self.supervisor.states[0].finish_failed


def test_a_picture_that_is_too_large_is_made_coarser_and_then_smaller() -> None:
    picture = noise(1200, 900)
    sizes = []
    for limit in (BODY_BYTES_MAX, 700_000, 100_000):
        content = jpeg_within(picture, 95, limit)
        assert len(content) <= limit
        result = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert result is not None
        sizes.append(result.shape[1])
    assert sizes[0] == sizes[1] == 1200
    assert sizes[2] < 1200


def test_a_hit_in_a_frame_that_does_not_compress_is_kept_with_it(store: UnitStore, recorder: Recorder) -> None:
    recorder.write([record("hit", hit_of("hit"), scene=noise(5000, 3000))])
    row = store.reads.get("hit")
    assert row is not None
    assert [ref.kind for ref in row.read.evidence] == [EvidenceKind.CROP, EvidenceKind.SCENE]
    assert row.read.evidence[1].length <= BODY_BYTES_MAX
    assert recorder.faults() == []


def test_a_picture_that_opencv_does_not_take_costs_no_other(store: UnitStore, recorder: Recorder) -> None:
    odd = record("odd")
    odd = replace(odd, evidence=Evidence(np.zeros((0, 9, 3), np.uint8), noise(64, 48)))
    with Writing(recorder) as writing:
        writing.channel.put(odd)
        writing.channel.put(record("good"))
        until(lambda: store.reads.counts().reads == 2)
    row = store.reads.get("odd")
    assert row is not None
    assert [ref.kind for ref in row.read.evidence] == [EvidenceKind.SCENE]
    assert "was dropped" in row.missing_evidence


def test_folders_that_cannot_be_written_cost_the_pictures_in_them_alone(store: UnitStore, recorder: Recorder) -> None:
    for number in range(0, 256, 2):
        (store.images.directory / f"{number:02x}").write_bytes(b"")
    with Writing(recorder) as writing:
        for number in range(40):
            matched_read = record(f"read-{number}")
            writing.channel.put(matched_read)
            writing.channel.put(end(matched_read, Evidence(noise(30, 12), noise(64, 48))))
        until(lambda: store.reads.counts().reads == 40)
        assert all(state.restarts == 0 for state in writing.supervisor.states)
    reads = store.reads.recent(100)
    assert all(row.closed for row in reads)
    assert {len(stored_read.read.evidence) for stored_read in reads} == {0, 1, 2}
    assert all(bool(stored.missing_evidence) or len(stored.read.evidence) == 2 for stored in reads)
    assert store.refused_records.count() == 0
    (line,) = recorder.faults()
    assert line.startswith("pictures: some are missing: ")


def test_that_pictures_are_missing_is_over_once_they_are_kept_again(store: UnitStore, recorder: Recorder) -> None:
    blocks = [store.images.directory / f"{number:02x}" for number in range(256)]
    for path in blocks:
        path.write_bytes(b"")
    recorder.write_alone(record("blocked"))
    assert recorder.faults()
    for path in blocks:
        path.unlink()
    recorder.write_alone(without_pictures(record("plain")))
    for number in range(WHOLE_AGAIN - 1):
        recorder.write_alone(record(f"read-{number}"))
    assert recorder.faults(), "one of several cameras may go on losing them"
    recorder.write_alone(record("last"))
    assert (recorder.faults(), recorder.without_pictures) == ([], 2)


def test_a_record_that_no_row_can_hold_is_set_aside_and_the_others_are_kept(
    store: UnitStore, recorder: Recorder
) -> None:
    first, spoilt, last = record("first"), record("spoilt", confidence=float("nan")), record("last")
    with Writing(recorder) as writing:
        for one in (first, spoilt, last, end(spoilt), end(first), end(last)):
            writing.channel.put(one)
        until(lambda: store.reads.counts().reads == 2)
    assert [(one.read_id, one.what) for one in store.refused_records.list_records()] == [
        ("spoilt", "decided"),
        ("spoilt", "closed"),
    ]
    assert store.reads.counts().open_reads == 0
    assert any(line.startswith("records: some are set aside") for line in recorder.faults())
    assert store.recover() == []
    assert store.refused_records.count() == 2  # refused again: it stays


def test_a_refused_record_beyond_those_that_may_lie_aside_holds_up_no_other(
    store: UnitStore, recorder: Recorder, settings: Settings
) -> None:
    folder = settings.unit.data_directory / REFUSED
    folder.mkdir(mode=0o700)
    for number in range(1, RECORDS_MAX + 1):
        (folder / f"{number:08d}.record").touch()
    with Writing(recorder) as writing:
        for number in range(3):
            writing.channel.put(record(f"spoilt-{number}", confidence=float("nan")))
            writing.channel.put(record(f"read-{number}"))
        until(lambda: store.reads.counts().reads == 3)
        assert writing.supervisor.states[0].restarts == 0
    assert (recorder.lost_count, recorder.set_aside_count, store.refused_records.count()) == (3, 0, RECORDS_MAX)
    assert recorder.faults() == ["records: some were lost, as too many are set aside: alpr-edge unit refused"]


def test_an_end_without_its_decision_is_kept(store: UnitStore, recorder: Recorder) -> None:
    with Writing(recorder) as writing:
        writing.channel.put(end(record("lost"), Evidence(noise(30, 12), noise(64, 48))))
        writing.channel.put(record("good"))
        until(lambda: store.reads.counts().reads == 2)
    row = store.reads.get("lost")
    assert row is not None
    assert row.closed


def test_a_record_that_comes_twice_is_kept_once_and_not_set_aside(store: UnitStore, recorder: Recorder) -> None:
    """As after a commit of which it is not known whether it came through."""
    matched_read = record("read-1", hit_of("read-1"))
    with Writing(recorder) as writing:
        writing.channel.put(matched_read)
        until(lambda: store.reads.counts().reads == 1)
        writing.channel.put(matched_read)
        writing.channel.put(record("good"))
        until(lambda: store.reads.counts().reads == 2)
    assert store.refused_records.count() == 0
    assert store.reads.counts().hits == 1


def test_what_a_closed_database_does_not_take_at_the_end_waits_for_the_next_start(
    settings: Settings, tmp_path: Path
) -> None:
    with open_store(settings, migrate=True) as store:
        recorder = Recorder(store.reads, settings.store, store.refused_records)
        first, second = record("first"), record("second", hit_of("second"))
        recorder.write([first])
        recorder.write([end(first)])
        store.database.close()
        writing = Writing(recorder)
        writing.channel.put(second)
        writing.channel.put(end(second))
        stage = writing.supervisor.states[0].stage
        stage.finish()
        assert store.refused_records.count() == 3
    with open_store(settings, migrate=True) as store:
        assert store.recover() == []
        assert store.refused_records.count() == 0
        counts = store.reads.counts()
        assert (counts.reads, counts.open_reads, counts.hits) == (2, 0, 1)
        row = store.reads.get("second")
        assert row is not None
        assert len(row.read.evidence) == 2


def test_a_full_disk_sets_nothing_aside(store: UnitStore, settings: Settings) -> None:
    full = threading.Event()
    full.set()

    def require_room() -> None:
        if full.is_set():
            raise StoreError("the disk is full")

    recorder = Recorder(store.reads, settings.store, store.refused_records, require_room=require_room)
    with Writing(recorder) as writing:
        writing.channel.put(record("read-1"))
        until(lambda: writing.supervisor.states[0].restarts >= 4)
        assert store.refused_records.count() == 0
        full.clear()
        until(lambda: store.reads.counts().reads == 1)
    row = store.reads.get("read-1")
    assert row is not None
    assert len(row.read.evidence) == 2


def test_alerts_sound_while_the_writer_takes_nothing_and_what_is_held_is_bounded(
    store: UnitStore, settings: Settings, tmp_path: Path
) -> None:
    """Every pass of a drive is a hit; the writer hangs from the first record on."""
    free = threading.Event()
    passes, frames = len(PLATES), drive_of(5)
    frame_taken = threading.Event()

    def pace_frames() -> Iterator[Frame]:
        for frame in frames:
            frame_taken.clear()
            yield frame
            assert frame_taken.wait(60)

    player = WavPlayer(tmp_path / "alerts.wav", 0.8, START)
    alerter = Alerter(player, ReplayedClock(START), settings, Everything)
    recorder = Recorder(store.reads, settings.store, store.refused_records, require_room=lambda: _hang(free))
    models = open_vision_models(settings.vision)
    parts = PipelineParts(models, alerter, lambda _: None, recorder, lambda _: frame_taken.set())
    pipeline = Pipeline(settings, [CameraInput("front", lambda _: pace_frames())], parts, live=True)
    try:
        pipeline.supervisor.start()
        until(lambda: pipeline.frames_seen >= len(frames) - 1)
        assert pipeline.is_behind
        assert len(alerter.latencies_ms) >= passes
        assert len(pipeline.records) <= 64 + SMALL_RECORDS_HELD
        assert "store: takes no reads at present; alerts go on" in pipeline.storage_faults()
        assert pipeline.is_alive(["writer"])
        assert not pipeline.is_alive(["writer", "recognition"])
        pipeline.supervisor.states[0].beaten_s -= WRITER_SILENT_S_MAX
        assert not pipeline.is_alive(["writer"])
    finally:
        free.set()
        pipeline.supervisor.stop.set()
        assert pipeline.supervisor.join(120)
        player.close()
    assert pipeline.records.drop_count == 0
    assert store.reads.counts().reads == passes * 5
    assert not pipeline.is_behind


def drive_of(rounds: int) -> list[Frame]:
    """Every plate of the rig, one pass each, over and over."""
    levels = [level for index in range(len(PLATES)) for level in [8 * (index + 1)] * 3 + [0] * 3] * rounds
    return [
        Frame("front", number, START.shift(number * 20), np.full((360, 640, 3), level, np.uint8))
        for number, level in enumerate(levels)
    ]


def _hang(free: threading.Event) -> None:
    assert free.wait(120)


class Everything:
    """A list on which every plate stands."""

    def exact(self, plate: str) -> Iterator[tuple[HotlistEntry, Generation]]:
        yield HotlistEntry("test", plate, plate, None, Reason.STOLEN_VEHICLE), Generation("test", 1, None, None, 1)

    def partial(self, plate: str, _clear: str | None = None) -> tuple[tuple[HotlistEntry, Generation], ...]:
        return ()


def test_a_record_let_go_of_its_pictures_says_so(store: UnitStore, recorder: Recorder) -> None:
    matched_read = record("read-1", hit_of("read-1"))
    recorder.write_alone(without_pictures(matched_read))
    recorder.write_alone(without_pictures(end(matched_read, Evidence(noise(30, 12), noise(64, 48)))))
    row = store.reads.get("read-1")
    assert row is not None
    assert (row.closed, row.read.evidence, row.read.box) == (True, (), matched_read.read.box)
    assert "did not keep up" in row.missing_evidence
    assert isinstance(row.read.box, Box)


@pytest.mark.review2(4)
def test_a_writer_that_hangs_with_its_disk_calls_for_a_new_start_only_if_the_disk_answers(
    store: UnitStore, settings: Settings, tmp_path: Path
) -> None:
    player = WavPlayer(tmp_path / "alerts.wav", 0.8, START)
    alerter = Alerter(player, ReplayedClock(START), settings, Everything)
    recorder = Recorder(store.reads, settings.store, store.refused_records)
    parts = PipelineParts(open_vision_models(settings.vision), alerter, lambda _: None, recorder)
    pipeline = Pipeline(settings, [], parts, live=True)
    for state in pipeline.supervisor.states:
        state.beaten_s = time.monotonic() - 10 * WRITER_SILENT_S_MAX
    assert pipeline.is_alive(["writer"], disk_idle_s=DISK_SILENT_S + 1)
    assert not pipeline.is_alive(["writer", "tracking"], disk_idle_s=DISK_SILENT_S + 1)
    assert pipeline.is_alive(["writer"], disk_idle_s=1), "it goes on with the disk"
    pipeline._disk_hung_s -= WRITER_SILENT_S_MAX
    assert not pipeline.is_alive(["writer"], disk_idle_s=1)
    player.close()
