from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.domain.alerting import Alert, Level, Tone
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Hit
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.hotlist.index.officer_entries import OfficerEntryLoader
from alpr_edge.hotlist.ingest.importer import ImportRequest, ListStore, import_feed
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import HotlistSettings, parse
from alpr_edge.store.db.database import Database
from tests.app.pipeline.test_recorder import ENTRY, decision
from tests.domain.readings import START
from tests.domain.shelf import Shelf

KEY = bytes(range(32))


@pytest.fixture
def player(tmp_path: Path) -> Iterator[WavPlayer]:
    wav_player = WavPlayer(tmp_path / "alerts.wav", 0.5, START)
    yield wav_player
    wav_player.close()


def announce_hit(player: WavPlayer, entry_state: str = "CA", **keys: object) -> tuple[Hit, Alert]:
    """A stolen vehicle's hit and its alert, its source set as said; the plate is of California."""
    source = {"name": ENTRY.source, "format": "clew", **keys}
    settings = parse({"hotlist": {"source": [source]}}, Path("/base"))
    lists = Shelf(replace(ENTRY, state=entry_state))
    alerter = Alerter(player, ReplayedClock(START), settings, lambda: lists)
    (hit,), (record,) = alerter.follow(replace(decision().read, state="CA"), START)
    return hit, record.alert


def test_a_source_sounds_as_its_settings_say(player: WavPlayer) -> None:
    announced = [
        announce_hit(player),
        announce_hit(player, priority="urgent"),
        announce_hit(player, priority="routine"),
        announce_hit(player, tone="urgent"),
    ]
    assert [(alert.level, alert.tone) for _, alert in announced] == [
        (Level.HIGH, Tone.HIGH),
        (Level.URGENT, Tone.URGENT),
        (Level.ROUTINE, Tone.ROUTINE),
        (Level.HIGH, Tone.URGENT),
    ]


@pytest.mark.review(19)
def test_how_grave_a_hit_is_is_its_source_s_word_else_its_reason_s_certain_or_not(player: WavPlayer) -> None:
    levels = [announce_hit(player, "NV", **keys)[0].level for keys in ({"priority": "urgent"}, {})]
    assert levels == [Level.URGENT, Level.HIGH]


def test_no_setting_makes_a_possible_hit_sound_certain(player: WavPlayer) -> None:
    _, alert = announce_hit(player, "NV", priority="urgent", tone="urgent")
    assert (alert.level, alert.tone) == (Level.NOTICE, Tone.POSSIBLE)


def test_a_refused_feed_is_a_fault_until_one_goes_live(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "data", KEY, migrate=True)
    lists = ListStore(database, KEY, tmp_path / "data" / LISTS_DIRECTORY)
    loader = HotlistLoader(database, KEY, lists.directory)
    watch = HotlistRefresh(loader, OfficerEntryLoader(database), HotlistSettings())
    request = ImportRequest(tmp_path / "bolo.csv", "bolo", FormatName.GENERIC_CSV)
    request.path.write_text("Plate\nABC123\n", encoding="utf-8")
    import_feed(request, lists, None)
    loader.load()
    assert watch.faults() == []
    request.path.write_text("Plate\n", encoding="utf-8")
    with pytest.raises(FeedError):
        import_feed(request, lists, None)
    watch.refresh(None)
    assert [fault.text for fault in watch.faults()] == ["list bolo: its last feed was refused"]
    request.path.write_text("Plate\nABC124\n", encoding="utf-8")
    import_feed(request, lists, None)
    watch.refresh(None)
    assert watch.faults() == []
    database.close()
