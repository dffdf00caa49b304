"""A record whose pictures cannot be kept is written in the transaction of its batch, and costs none of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.app.pipeline.pipeline import without_pictures
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.reads import Evidence, EvidenceKind, ReadUpdate
from alpr_edge.settings import Settings, load
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.pipeline.test_recorder import end
from tests.app.pipeline.test_recorder_refusals import Writing, noise, record, until
from tests.app.rig import write_frames, write_settings

BATCH = 16
"""As the writer of the tests takes them."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0])))


@pytest.fixture
def store(settings: Settings) -> Iterator[UnitStore]:
    with open_store(settings, migrate=True) as room:
        yield room


class Commits:
    """What a writer commits, transaction by transaction."""

    def __init__(self, store: UnitStore, settings: Settings) -> None:
        self.batches: list[list[str]] = []
        self.recorder = Recorder(store.reads, settings.store, store.refused_records, [self._note])

    def _note(self, batch: Sequence[ReadUpdate]) -> None:
        self.batches.append([event.read.read_id for event in batch])

    def write(self, events: Sequence[ReadUpdate]) -> None:
        """Have a writer write events that all wait when it starts."""
        writing = Writing(self.recorder)
        for event in events:
            writing.channel.put(event)
        with writing:
            until(lambda: len(writing.channel) == 0)
        assert writing.supervisor.states[0].restarts == 0


def kinds_of(store: UnitStore, read_id: str) -> list[EvidenceKind]:
    row = store.reads.get(read_id)
    assert row is not None
    return [ref.kind for ref in row.read.evidence]


BOTH = [EvidenceKind.CROP, EvidenceKind.SCENE]


@pytest.mark.parametrize("shed_count", [1, 5, BATCH])
def test_records_let_go_of_their_pictures_cost_no_commit(store: UnitStore, settings: Settings, shed_count: int) -> None:
    records = [record(f"read-{number}") for number in range(BATCH)]
    events = [without_pictures(event) if number < shed_count else event for number, event in enumerate(records)]
    commits = Commits(store, settings)
    commits.write(events)
    assert commits.batches == [[event.read.read_id for event in events]]
    assert [kinds_of(store, f"read-{n}") for n in range(BATCH)] == [[]] * shed_count + [BOTH] * (BATCH - shed_count)
    shed = store.reads.get("read-0")
    assert shed is not None
    assert "did not keep up" in shed.missing_evidence
    assert commits.recorder.without_pictures == shed_count


def test_a_picture_that_cannot_be_encoded_costs_no_commit_and_the_other_of_its_record_is_kept(
    store: UnitStore, settings: Settings
) -> None:
    events = [record(f"read-{number}") for number in range(BATCH)]
    events[7] = replace(events[7], evidence=Evidence(np.zeros((0, 9, 3), np.uint8), noise(64, 48)))
    commits = Commits(store, settings)
    commits.write(events)
    assert commits.batches == [[event.read.read_id for event in events]]
    assert kinds_of(store, "read-7") == [EvidenceKind.SCENE]
    assert commits.recorder.without_pictures == 1


def test_folders_that_cannot_be_written_cost_no_commit(store: UnitStore, settings: Settings) -> None:
    for number in range(0, 256, 2):
        (store.images.directory / f"{number:02x}").write_bytes(b"")
    decided = [record(f"read-{number}") for number in range(BATCH // 2)]
    ended = [end(event, Evidence(noise(30, 12), noise(64, 48))) for event in decided]
    commits = Commits(store, settings)
    commits.write([*decided, *ended])
    assert commits.batches == [[event.read.read_id for event in decided] * 2]
    rows = store.reads.recent(BATCH)
    assert {len(row.read.evidence) for row in rows} == {0, 1, 2}
    assert all(row.closed for row in rows)
    assert all(bool(row.missing_evidence) or len(row.read.evidence) == 2 for row in rows)


def test_a_refused_record_whose_pictures_cannot_be_kept_either_is_set_aside_at_once(
    store: UnitStore, settings: Settings
) -> None:
    for number in range(256):
        (store.images.directory / f"{number:02x}").write_bytes(b"")
    commits = Commits(store, settings)
    commits.write([record("first"), record("spoilt", confidence=float("nan")), record("last")])
    assert commits.batches == [["first"], ["last"]]
    assert [one.read_id for one in store.refused_records.list_records()] == ["spoilt"]


def test_ends_that_wait_are_committed_together_before_records_that_are_written_alone(
    store: UnitStore, settings: Settings
) -> None:
    commits = Commits(store, settings)
    decided = [record(f"read-{number}") for number in range(4)]
    commits.recorder.write(decided)
    commits.recorder.write([end(event) for event in decided])
    commits.recorder.write_alone(record("alone"))
    ids = [event.read.read_id for event in decided]
    assert commits.batches == [ids, ids, ["alone"]]
