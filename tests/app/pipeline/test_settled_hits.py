"""A read that becomes certain sounds its hits as grave as they are, once, and the record says so."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.app.pipeline.pipeline import CameraPasses
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.alerting import Level, Silence, Tone
from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import HotlistSettings, Settings, load
from alpr_edge.store.reads.hit_queries import count_of_waiting, hit_glances
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.pipeline.test_lost_tones import BusyPlayer
from tests.domain.readings import START, frame_of, reading_of
from tests.domain.shelf import Shelf
from tests.units import write_bare_unit

TEXT, LOOK_ALIKE = "8ABC123", "3ABC123"
LARGE = Generation("state", 1, None, None, 20_000)
SMALL = Generation("local", 1, None, None, 10)


def entry(plate: str, reason: Reason, source: str = "state", *, covert: bool = False) -> HotlistEntry:
    return HotlistEntry(source, plate, plate, None, reason, covert=covert)


def shelf_of(entries: Sequence[HotlistEntry]) -> Shelf:
    """The entries of a large list and of a small one."""
    shelf = Shelf()
    shelf.listed = [(one, LARGE if one.source == "state" else SMALL) for one in entries]
    return shelf


class Patrol:
    """A camera, the alerter and the writer behind it.

    Args:
        store: the store of the unit.
        folder: where the settings are.
        entries: what the lists hold.
        rules: when hits make no tone.
    """

    def __init__(self, store: UnitStore, folder: Path, *entries: HotlistEntry, rules: SoundRules | None = None) -> None:
        self._store, self._at_ms = store, 0.0
        self.player = BusyPlayer()
        lists = shelf_of(entries)
        self.alerter = Alerter(self.player, ReplayedClock(START), Settings(), lambda: lists, rules)
        self._records: BoundedChannel[ReadUpdate] = BoundedChannel(100)
        self._recorder = Recorder(store.reads, load(folder / "alpr-edge.toml").store, store.refused_records)
        numbers = itertools.count()

        def new_id() -> str:
            return f"u:{next(numbers)}"

        passes = Passes(Origin("u", "front", ()), DecisionRule(3, 10_000, 0, 3), 60_000, lambda _: None, new_id)
        self._worker = CameraPasses(passes, self.alerter, self._records)

    def look(self, count: int, certainty: float, doubt: float = 0.0, step_ms: float = 100.0) -> None:
        """Look at the plate in some frames; with a doubt its first character rather looks like the other's."""
        for _ in range(count):
            at_ms, self._at_ms = self._at_ms, self._at_ms + step_ms
            reading = reading_of(TEXT, at_ms, certainty=certainty)
            other = reading_of(LOOK_ALIKE, at_ms, certainty=certainty).slot_probabilities
            slots = (1 - doubt) * reading.slot_probabilities + doubt * other
            readings = [replace(reading, slot_probabilities=slots)]
            self._worker.process(frame_of(readings, at_ms), readings)

    def stored_read(self) -> StoredRead:
        """The one read that is stored once the writer has written what waits for it."""
        while len(self._records):
            record = self._records.get(0)
            assert record is not None
            self._recorder.write([record])
        self._recorder.flush()
        (read,) = self._store.reads.recent(100)
        return read

    def finish(self) -> StoredRead:
        """End the pass; returns its read."""
        self._worker.finish(by_clock=False)
        return self.stored_read()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        yield store


def items_of(store: UnitStore) -> list[str]:
    return [item.item_id for item in store.outbox.due(100, 10**7)]


def test_a_possible_hit_sounds_by_its_reason_once_its_read_is_certain(store: UnitStore, tmp_path: Path) -> None:
    patrol = Patrol(store, tmp_path, entry(TEXT, Reason.FELONY_VEHICLE))
    patrol.look(3, 0.9)
    before = patrol.stored_read()
    patrol.look(40, 0.999)
    settled = patrol.stored_read()
    ((first,), (later,)) = before.alerts, settled.alerts
    assert (before.read.certain, settled.read.certain, settled.closed) == (False, True, False)
    assert (first.alert.level, first.alert.tone) == (Level.NOTICE, Tone.POSSIBLE)
    assert (later.alert, later.sounded_at) == (first.alert, first.sounded_at), "its item may have been delivered"
    assert first.sounded_at is not None
    assert later.late_tone is not None
    assert (later.late_tone.alert.level, later.late_tone.alert.tone) == (Level.URGENT, Tone.URGENT)
    assert later.late_tone.sounded_at.ms_since(first.sounded_at) > 0
    (hit,) = patrol.finish().hits
    assert len(patrol.alerter.latencies_ms) == 2
    assert items_of(store)[:3] == [hit.hit_id, f"alert:{hit.hit_id}", f"late_tone:{hit.hit_id}"]
    with store.database.read() as connection:
        assert count_of_waiting(connection) == len(hit_glances(connection, HotlistSettings(), 10)) == 1


def test_a_muted_notice_does_not_keep_the_urgent_tone_quiet(store: UnitStore, tmp_path: Path) -> None:
    rules = SoundRules(is_muted=lambda level: level < Level.URGENT)
    patrol = Patrol(store, tmp_path, entry(TEXT, Reason.AMBER_ALERT), rules=rules)
    patrol.look(3, 0.9)
    assert not patrol.alerter.latencies_ms
    patrol.look(40, 0.999)
    (alert,) = patrol.finish().alerts
    assert len(patrol.alerter.latencies_ms) == 1
    assert alert.late_tone is not None
    assert (alert.sounded_at, alert.late_tone.alert.tone) == (None, Tone.URGENT)


@pytest.mark.parametrize("step_ms", [100.0, 10_000.0], ids=["within the cooldown", "after it"])
@pytest.mark.parametrize("source", ["local", "state"], ids=["certain at once", "no graver"])
def test_what_is_no_graver_does_not_sound_again(store: UnitStore, tmp_path: Path, source: str, step_ms: float) -> None:
    listed = entry(TEXT, Reason.STOLEN_VEHICLE, source)
    patrol = Patrol(store, tmp_path, listed if source == "local" else replace(listed, plate=LOOK_ALIKE))
    patrol.look(3, 0.9, doubt=0.3)
    patrol.look(20, 0.999, doubt=0.1, step_ms=step_ms)
    read = patrol.finish()
    assert read.read.certain
    assert len(read.hits) == len(read.alerts) == len(patrol.alerter.latencies_ms) == 1
    assert read.alerts[0].late_tone is None


def test_a_hit_of_a_look_alike_that_no_longer_stands_is_withdrawn(store: UnitStore, tmp_path: Path) -> None:
    patrol = Patrol(store, tmp_path, entry(LOOK_ALIKE, Reason.FELONY_VEHICLE))
    patrol.look(3, 0.9, doubt=0.3)
    (alert,) = patrol.stored_read().alerts
    assert (alert.withdrawn_at, alert.alert.tone) == (None, Tone.POSSIBLE)
    patrol.look(60, 0.9999)
    (alert,) = patrol.stored_read().alerts
    assert alert.withdrawn_at is not None
    assert alert.withdrawn_at.ms_since(START) > 300
    assert f"withdrawal:{alert.alert.hit_id}" in items_of(store)
    read = patrol.finish()
    assert (len(read.hits), read.read.certain) == (1, True)
    with store.database.read() as connection:
        assert [glance.is_withdrawn for glance in hit_glances(connection, HotlistSettings(), 10)] == [True]


def test_what_stayed_quiet_beside_a_look_alike_that_fell_sounds_in_its_place(store: UnitStore, tmp_path: Path) -> None:
    patrol = Patrol(
        store, tmp_path, entry(LOOK_ALIKE, Reason.STOLEN_VEHICLE), entry("8ABC12?", Reason.STOLEN_VEHICLE, "local")
    )
    patrol.look(3, 0.9, doubt=0.3)
    quiet, heard = sorted(patrol.stored_read().alerts, key=lambda each: each.sounded_at is not None)
    fallen_id = heard.alert.hit_id
    assert (quiet.silence, heard.silence) == (Silence.OTHER_HIT, None)
    patrol.look(60, 0.9999)
    read = patrol.finish()
    withdrawn, standing = sorted(read.alerts, key=lambda each: each.withdrawn_at is None)
    assert (withdrawn.alert.hit_id, len(read.hits), read.read.certain) == (fallen_id, 2, True)
    assert (standing.sounded_at, standing.withdrawn_at) == (None, None)
    assert standing.late_tone is not None
    assert standing.late_tone.alert.tone is Tone.POSSIBLE
    assert "partial match" in standing.late_tone.alert.phrase
    items = set(items_of(store))
    assert {f"withdrawal:{fallen_id}", f"late_tone:{standing.alert.hit_id}"} <= items
    assert f"withdrawal:{standing.alert.hit_id}" not in items
    with store.database.read() as connection:
        glances = {glance.hit_id: glance.is_withdrawn for glance in hit_glances(connection, HotlistSettings(), 10)}
        assert (count_of_waiting(connection), glances) == (1, {fallen_id: True, standing.alert.hit_id: False})


def test_where_the_plate_itself_is_listed_nothing_is_heard_of_the_look_alike_that_falls(
    store: UnitStore, tmp_path: Path
) -> None:
    patrol = Patrol(store, tmp_path, entry(LOOK_ALIKE, Reason.FELONY_VEHICLE), entry(TEXT, Reason.STOLEN_VEHICLE))
    patrol.look(3, 0.9, doubt=0.3)
    patrol.look(60, 0.9999)
    read = patrol.finish()
    fallen, standing = sorted(read.alerts, key=lambda each: each.withdrawn_at is None)
    assert (fallen.was_heard, fallen.silence, standing.withdrawn_at) == (False, Silence.OTHER_HIT, None)
    assert standing.late_tone is not None
    assert standing.late_tone.alert.tone is Tone.HIGH
    assert patrol.player.tones == [Tone.POSSIBLE, Tone.HIGH]


def test_another_hit_that_is_graver_once_certain_sounds_for_itself(store: UnitStore, tmp_path: Path) -> None:
    patrol = Patrol(store, tmp_path, entry(TEXT, Reason.OTHER, "local"), entry(TEXT, Reason.FELONY_VEHICLE, "state"))
    patrol.look(3, 0.9)
    before = sorted(patrol.stored_read().alerts, key=lambda each: each.alert.level)
    assert [(each.alert.level, each.was_heard) for each in before] == [(Level.NOTICE, False), (Level.ROUTINE, True)]
    patrol.look(40, 0.999)
    read = patrol.finish()
    later = sorted(read.alerts, key=lambda each: each.alert.level)
    assert [each.late_tone and each.late_tone.alert.level for each in later] == [Level.URGENT, None]
    assert {f"alert:{hit.hit_id}" for hit in read.hits} <= set(items_of(store))
    with store.database.read() as connection:
        glances = hit_glances(connection, HotlistSettings(), 10)
        assert count_of_waiting(connection) == len(glances) == len(read.hits) == 2


def test_a_covert_hit_stays_as_quiet_as_before(store: UnitStore, tmp_path: Path) -> None:
    patrol = Patrol(store, tmp_path, entry(TEXT, Reason.AMBER_ALERT, covert=True))
    patrol.look(3, 0.9)
    patrol.look(40, 0.999)
    read = patrol.finish()
    assert (len(read.hits), read.alerts, len(patrol.alerter.latencies_ms)) == (1, (), 0)
    of_alerts = ("alert:", "late_tone:", "withdrawal:")
    assert not [name for name in items_of(store) if name.startswith(of_alerts)]
