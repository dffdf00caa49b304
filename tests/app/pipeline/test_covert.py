"""A covert hit makes no sound and leaves no trace in the car, and the department hears of it first."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.app.replay.output import DriveFiles
from alpr_edge.domain.hits import Hit, Reason
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import Settings, load
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.pipeline.test_recorder import ENTRY, decision, end, hit_of, with_hits
from tests.app.rig import write_frames, write_settings
from tests.domain.readings import START
from tests.domain.shelf import Shelf

EVENT = decision()
LISTS = Shelf()


def covert_hit(hit_id: str = "hit-2") -> Hit:
    """Graver than the open one, so that it would sound first."""
    hit = hit_of("read-1")
    return replace(hit, hit_id=hit_id, entry=replace(hit.entry, reason=Reason.AMBER_ALERT, covert=True))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))), migrate=True) as room:
        yield room


@pytest.fixture
def alerter(tmp_path: Path) -> Iterator[Alerter]:
    player = WavPlayer(tmp_path / "alerts.wav", 0.8, START)
    yield Alerter(player, ReplayedClock(START), Settings(), lambda: LISTS)
    player.close()


def test_it_makes_no_sound_and_starts_no_cooldown(alerter: Alerter) -> None:
    LISTS.listed = Shelf(covert_hit().entry).listed
    with structlog.testing.capture_logs() as logs:
        hits, alerts = alerter.follow(EVENT.read, EVENT.at)
    assert ([hit.entry.covert for hit in hits], alerts) == ([True], ())
    assert (logs, list(alerter.latencies_ms)) == ([], [])
    LISTS.listed = Shelf(covert_hit().entry, ENTRY).listed
    hits, (record,) = alerter.follow(replace(EVENT.read, read_id="read-2"), EVENT.at)
    (open_hit,) = (hit for hit in hits if not hit.entry.covert)
    assert (len(hits), record.alert.hit_id, record.was_heard) == (2, open_hit.hit_id, True)


def test_no_log_line_and_no_count_of_the_store_tells_of_it(store: UnitStore, tmp_path: Path) -> None:
    recorder = Recorder(store.reads, load(tmp_path / "alpr-edge.toml").store, store.refused_records)
    with structlog.testing.capture_logs() as logs:
        recorder.write([with_hits(EVENT, covert_hit())])
    assert [(line["event"], line["hits"]) for line in logs] == [("read.stored", 0)]
    assert store.reads.counts().hits == 0
    assert store.reads.recent(10, hits_only=True) == []
    assert len(store.reads.recent(10)) == 1


def test_the_department_hears_of_it_before_all_else(store: UnitStore, tmp_path: Path) -> None:
    recorder = Recorder(store.reads, load(tmp_path / "alpr-edge.toml").store, store.refused_records)
    recorder.write([with_hits(EVENT, hit_of("read-1"), covert_hit())])
    assert [(item.item_id, item.kind) for item in store.outbox.due(10, 10**9)] == [
        ("hit-2", ItemKind.HIT),
        ("hit-1", ItemKind.HIT),
    ]


def stills_of(folder: Path, *hits: Hit) -> bytes:
    """What a drive over one read with these hits leaves: its files are checked, the still returned."""
    folder.mkdir()
    files = DriveFiles(folder)
    event = with_hits(EVENT, *hits)
    files.observe([event, end(event)])
    summary = json.loads(files.close().read_text(encoding="utf-8"))
    assert summary["reads"] == 1
    open_count = sum(not hit.entry.covert for hit in hits)
    assert summary["hits"] == open_count
    assert len((folder / "hits.jsonl").read_text(encoding="utf-8").splitlines()) == open_count
    return (folder / "stills" / "0001.jpg").read_bytes()


def test_the_files_of_a_drive_do_not_show_it(tmp_path: Path) -> None:
    plain = stills_of(tmp_path / "plain")
    assert stills_of(tmp_path / "covert", covert_hit()) == plain
    assert stills_of(tmp_path / "open", hit_of("read-1")) != plain
