"""What the store does not take when all stops is set aside together, before the power goes."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from alpr_edge.app.pipeline.pipeline import without_pictures
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.settings import Settings, load
from alpr_edge.store.recovery.refused_records import RECORDS_MAX, REFUSED
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.pipeline.test_recorder import end, hit_of
from tests.app.pipeline.test_recorder_refusals import Writing, record
from tests.app.rig import write_frames, write_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0]), fps=50))


@pytest.fixture
def store(settings: Settings) -> Iterator[UnitStore]:
    with open_store(settings, migrate=True) as opened_store:
        yield opened_store


def test_a_stop_on_a_full_disk_sets_all_aside_at_once_and_hits_before_all_others(
    store: UnitStore, settings: Settings
) -> None:
    def require_room() -> None:
        raise StoreError("the disk is full")

    recorder = Recorder(store.reads, settings.store, store.refused_records, require_room=require_room)
    writing = Writing(recorder, capacity=RECORDS_MAX + 2)
    for number in range(RECORDS_MAX):
        writing.channel.put(without_pictures(record(f"read-{number}")))
    matched = record("hit", hit_of("hit"), box=Box(1, 2, 30, 40))
    writing.channel.put(matched)
    writing.channel.put(end(record("hit", hit_of("hit"), box=Box(5, 6, 70, 80))))
    calls = counted_calls(writing.supervisor.states[0].stage.finish)
    assert calls[os.listdir] + calls[os.scandir] == 1, "Python 3.13 lists a folder by the latter"
    assert calls[os.fsync] == 0, "one flush of the file system for each some hundred files"
    assert (recorder.set_aside_count, recorder.lost_count) == (RECORDS_MAX, 2)
    aside = [one.read_id for one in store.refused_records.list_records()]
    assert aside == ["hit", "hit", *(f"read-{number}" for number in range(RECORDS_MAX - 2))]
    for path in sorted((settings.unit.data_directory / REFUSED).iterdir())[2:]:
        path.unlink()
    assert store.refused_records.take_in(store.reads) == 2
    stored = store.reads.get("hit")
    assert stored is not None
    assert stored.read.box == matched.read.box, "its scene is that of the decision"
    assert len(stored.read.evidence) == 2


def counted_calls(action: Callable[[], None]) -> Counter[object]:
    """How often an action calls each function of the system in this thread."""
    calls: Counter[object] = Counter()

    def note(_: FrameType, event: str, function: object) -> None:
        if event == "c_call":
            calls[function] += 1

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls
