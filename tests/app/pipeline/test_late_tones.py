"""Two cameras: a misread of the one kept the other's hit quiet, which is on record with the tone that came later."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraPasses
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.reads import ReadStage, ReadUpdate
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import Settings, load
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.pipeline.test_recorder import ENTRY
from tests.domain.readings import START, frame_of, reading_of
from tests.domain.shelf import Shelf
from tests.units import write_bare_unit

LISTED, MISREAD = "8ABC123", "3ABC129"


class Cameras:
    """Two cameras that share an alerter, and the writer behind them.

    Args:
        store: the store of the unit.
        folder: where the settings are and the tones go.
    """

    def __init__(self, store: UnitStore, folder: Path) -> None:
        settings = load(folder / "alpr-edge.toml")
        self.player = WavPlayer(folder / "tones.wav", 0.5, START)
        self.records: BoundedChannel[ReadUpdate] = BoundedChannel(100)
        self.recorder = Recorder(store.reads, settings.store, store.refused_records)
        lists = Shelf(ENTRY)
        self.alerter = Alerter(self.player, ReplayedClock(START), Settings(), lambda: lists)
        numbers, rule = itertools.count(), DecisionRule(3, 10_000, 0, 3)

        def new_id() -> str:
            return f"u:{next(numbers)}"

        self.workers = {
            name: CameraPasses(
                Passes(Origin("u", name, ()), rule, 60_000, lambda _: None, new_id),
                self.alerter,
                self.records,
            )
            for name in ("front", "rear")
        }

    def see(self, camera: str, text: str, first_ms: int, count: int) -> None:
        """Have a camera read a plate in some frames, a tenth of a second from each to the next."""
        for at_ms in range(first_ms, first_ms + count * 100, 100):
            readings = [reading_of(text, at_ms)]
            self.workers[camera].process(frame_of(readings, at_ms), readings)
            for update in self.alerter.review(START.shift(at_ms)):
                self.records.put(update)

    def write(self) -> None:
        """Have the writer take what waits for it."""
        while len(self.records):
            record = self.records.get(0)
            assert record is not None
            self.recorder.write([record])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        yield store


def test_an_alert_that_stayed_quiet_for_a_misread_is_on_record_with_its_tone(store: UnitStore, tmp_path: Path) -> None:
    cameras = Cameras(store, tmp_path)
    cameras.see("front", LISTED, 0, 3)
    cameras.see("rear", LISTED, 300, 3)
    cameras.see("front", MISREAD, 600, 30)
    cameras.write()
    cameras.player.close()
    front, rear = (
        next(each for each in store.reads.recent(100) if each.read.camera_id == name) for name in ("front", "rear")
    )
    ((first,), (second,)) = front.alerts, rear.alerts
    assert (first.sounded_at is None, first.late_tone, first.withdrawn_at is None) == (False, None, False)
    assert (second.sounded_at, second.late_tone is None, second.withdrawn_at) == (None, False, None)
    assert f"late_tone:{rear.hits[0].hit_id}" in [item.item_id for item in store.outbox.due(100, 10**7)]


@pytest.mark.parametrize(("by_clock", "earliest_ms", "latest_ms"), [(True, 200, 5_000), (False, 0, 0)])
def test_a_read_that_the_end_decides_is_dated_by_the_clock_of_a_live_unit(
    store: UnitStore, tmp_path: Path, *, by_clock: bool, earliest_ms: float, latest_ms: float
) -> None:
    """Else its tone would count as late by as long as its camera had ended before the others."""
    cameras = Cameras(store, tmp_path)
    cameras.see("front", LISTED, 0, 2)
    assert len(cameras.records) == 0, "two looks decide nothing yet"
    time.sleep(0.2)
    cameras.workers["front"].finish(by_clock=by_clock)
    cameras.player.close()
    event = cameras.records.get(0)
    assert event is not None
    assert event.stage is ReadStage.DECIDED
    assert earliest_ms <= event.at.ms_since(event.read.last_seen) <= latest_ms
