from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.app.unit_faults import FaultKind, FaultMonitor
from alpr_edge.domain.alerting import Alert, Level, ListAge, Sureness, Tone
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.matching import MatchQuery, find_matches
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.hotlist.index.officer_entries import OfficerEntryLoader
from alpr_edge.hotlist.ingest.importer import ImportRequest, ListStore, import_feed
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import HotlistSettings, Settings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from tests.app.pipeline.test_recorder import decision
from tests.domain.readings import START

KEY = bytes(range(32))
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def lists(tmp_path: Path) -> ListStore:
    database = Database.open(tmp_path / "data", KEY, migrate=True)
    return ListStore(database, KEY, tmp_path / "data" / LISTS_DIRECTORY)


@pytest.fixture
def watch(lists: ListStore, tmp_path: Path) -> HotlistRefresh:
    feed = tmp_path / "feed.csv"
    feed.write_text("Plate Number,Description,State/Province\nABC123,Stolen,CA\n", encoding="utf-8")
    import_feed(ImportRequest(feed, "bolo", FormatName.GENERIC_CSV), lists, NOW)
    loader = HotlistLoader(lists.database, lists.lists_key, lists.directory)
    loader.load()
    return HotlistRefresh(loader, OfficerEntryLoader(lists.database), HotlistSettings())


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def tones_at(watch: HotlistRefresh, monitor: FaultMonitor, now: datetime | None) -> list[Tone]:
    """What sounds when the lists are judged at a time."""
    watch.judge(now)
    return monitor.update(watch.faults())


def test_a_list_sounds_once_as_it_turns_amber_and_once_as_it_turns_red(watch: HotlistRefresh) -> None:
    monitor = FaultMonitor()
    alarm_hours = [count for count in range(40) if Tone.STALE in tones_at(watch, monitor, hours(count))]
    assert alarm_hours == [13, 24]
    assert monitor.texts == ("list bolo is red: older than 24 h",)
    assert Tone.STALE not in tones_at(watch, monitor, hours(14)), "what remains of a red list is not announced again"
    assert monitor.is_ready


def test_an_unknown_age_is_amber_and_sounds(watch: HotlistRefresh) -> None:
    monitor = FaultMonitor()
    assert tones_at(watch, monitor, None) == [Tone.READY, Tone.STALE]
    assert monitor.texts == ("list bolo is amber: its age is not known",)
    assert tones_at(watch, monitor, None) == []
    assert tones_at(watch, monitor, hours(1)) == []
    assert not monitor.faults
    assert tones_at(watch, monitor, hours(14)) == [Tone.STALE]


def test_health_tells_what_the_last_feed_left_out(watch: HotlistRefresh, lists: ListStore, tmp_path: Path) -> None:
    watch.refresh(NOW)
    watch.judge(NOW)
    assert watch.figures()["lists"] == {"bolo": {"entries": 1, "age_s": 0, "is_dated": False, "left_out": ""}}
    rows = "".join(f"ABC{number},Stolen,CA\n" for number in range(100, 200))
    feed = tmp_path / "feed.csv"
    feed.write_text(f"Plate Number,Description,State/Province\n{rows}ABC%,Stolen,CA\n", encoding="utf-8")
    import_feed(ImportRequest(feed, "bolo", FormatName.GENERIC_CSV), lists, NOW)
    watch.refresh(NOW)
    watch.judge(NOW)
    assert watch.figures()["lists"]["bolo"]["left_out"] == "1 of 101 lines rejected"


def test_health_tells_nothing_of_covert_entries(lists: ListStore) -> None:
    loader = HotlistLoader(lists.database, lists.lists_key, lists.directory)
    watch = HotlistRefresh(loader, OfficerEntryLoader(lists.database), HotlistSettings())
    before = (watch.faults(), watch.figures())
    assert before[0], "there is no list"
    entry = HotlistEntry("", "4XYZ123", "4XYZ123", None, Reason.MAJOR_CRIME, expires=hours(50), covert=True)
    officer_entries.add(lists.database, OwnEntry(entry, "26-1", None, "officer"), NOW)
    watch.refresh(NOW)
    assert [found.covert for found, _ in watch.entries.exact("4XYZ123")] == [True]
    assert (watch.faults(), watch.figures()) == before


def test_own_entries_are_taken_up_beside_the_lists_and_never_age(watch: HotlistRefresh, lists: ListStore) -> None:
    entry = HotlistEntry("", "4X?Z*", "4X?Z*", None, Reason.MAJOR_CRIME, expires=hours(50))
    own_entry = officer_entries.add(lists.database, OwnEntry(entry, "26-1", None, "officer"), NOW).own
    watch.refresh(NOW)
    assert [match.record_id for match, _ in watch.entries.partial("4XYZ123")] == [own_entry.entry.record_id]
    assert [found.plate for found, _ in watch.entries.exact("ABC123")] == ["ABC123"]
    assert watch.figures()["own_entries"] == 1
    watch.judge(hours(40))
    assert len(watch.faults()) == 1
    officer_entries.remove(lists.database, own_entry.entry.record_id, "officer", NOW)
    watch.refresh(NOW)
    assert list(watch.entries.partial("4XYZ123")) == []


def test_a_list_whose_file_is_damaged_is_told_and_ends_with_the_file(lists: ListStore, watch: HotlistRefresh) -> None:
    (path,) = lists.directory.rglob("*.list")
    assert watch.faults() == []
    good = path.read_bytes()
    for content, told in (
        (good[:-1] + bytes([good[-1] ^ 1]), [FaultKind.LIST_UNUSABLE, FaultKind.NO_LIST]),
        (good, []),
    ):
        path.write_bytes(content)
        loader = HotlistLoader(lists.database, lists.lists_key, lists.directory)
        loader.load()
        restarted = HotlistRefresh(loader, OfficerEntryLoader(lists.database), HotlistSettings())
        restarted.judge(NOW)
        assert [fault.kind for fault in restarted.faults()] == told


def own_entry(lists: ListStore, expires: datetime, now: datetime | None = NOW) -> None:
    entry = HotlistEntry("", "7ABC123", "7ABC123", None, Reason.FELONY_VEHICLE, expires=expires)
    officer_entries.add(lists.database, OwnEntry(entry, "26-1", None, "officer"), now)


def watch_of_a_start(lists: ListStore, now: Instant) -> HotlistRefresh:
    """The lists of a unit that just started."""
    loader = HotlistLoader(lists.database, lists.lists_key, lists.directory)
    loader.load()
    watch = HotlistRefresh(loader, OfficerEntryLoader(lists.database), HotlistSettings())
    watch.refresh(now.trusted_utc)
    return watch


def matches_of_a_start(lists: ListStore, plate: str, now: Instant) -> int:
    """How many entries a plate matches at a unit that just started."""
    return len(find_matches(MatchQuery(plate, at=now.trusted_utc), watch_of_a_start(lists, now).entries))


def alert_of_a_start(lists: ListStore, player: WavPlayer, plate: str, now: Instant) -> Alert:
    """The alert of a read of a unit that just started."""
    watch = watch_of_a_start(lists, now)
    alerter = Alerter(player, ReplayedClock(START), Settings(), lambda: watch.entries)
    (record,) = alerter.follow(replace(decision().read, plate=plate), now).alerts
    return record.alert


def test_an_entry_that_ended_before_the_last_confirmed_moment_does_not_sound_before_the_clock_is_confirmed(
    lists: ListStore, tmp_path: Path
) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("Plate Number,Description,Expiry Date\nABC123,Stolen,2026-05-06\n", encoding="utf-8")
    import_feed(ImportRequest(feed, "bolo", FormatName.GENERIC_CSV), lists, NOW)
    own_entry(lists, hours(2))
    before_the_first_fix = Instant("boot2", 30, hours(5000), UtcSource.RTC)
    plates = ("7ABC123", "ABC123")
    clock_pairs.record(lists.database, Instant("boot", 1, hours(1), UtcSource.GNSS, 1.0))
    assert [matches_of_a_start(lists, plate, before_the_first_fix) for plate in plates] == [1, 1]
    assert len(officer_entries.entries_in_force(lists.database, None)) == 1
    clock_pairs.record(lists.database, Instant("boot", 2, hours(200), UtcSource.GNSS, 1.0))
    assert [matches_of_a_start(lists, plate, before_the_first_fix) for plate in plates] == [0, 0]
    assert officer_entries.entries_in_force(lists.database, None) == []
    with pytest.raises(FeedError, match="has ended already"):
        own_entry(lists, hours(199), now=None)


def test_a_wrong_date_of_a_receiver_ends_no_entry_once_a_right_one_came(lists: ListStore, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("Plate Number,Description,Expiry Date\nABC123,Stolen,2027-05-06\n", encoding="utf-8")
    import_feed(ImportRequest(feed, "bolo", FormatName.GENERIC_CSV), lists, NOW)
    own_entry(lists, hours(48))
    before_the_first_fix = Instant("boot3", 30, hours(2), UtcSource.RTC)
    for boot_id, utc, count in (("boot", NOW.replace(year=2040), 0), ("boot2", hours(1), 1)):
        clock_pairs.record(lists.database, Instant(boot_id, 1, utc, UtcSource.GNSS, 1.0))
        for plate in ("7ABC123", "ABC123"):
            assert matches_of_a_start(lists, plate, before_the_first_fix) == count
    assert len(officer_entries.entries_in_force(lists.database, None)) == 1


def test_an_entry_made_by_a_clock_ahead_is_shortened_once_the_clock_is_confirmed(lists: ListStore) -> None:
    loader = OfficerEntryLoader(lists.database)
    watch = HotlistRefresh(HotlistLoader(lists.database, lists.lists_key, lists.directory), loader, HotlistSettings())
    far = NOW.replace(year=2040)
    own_entry(lists, far, now=None)
    watch.refresh(None)
    assert [own.entry.expires for own in loader.index.entries] == [far]
    clock_pairs.record(lists.database, Instant("boot", 1, NOW, UtcSource.GNSS, 1.0))
    watch.refresh(NOW)
    assert [own.entry.expires for own in loader.index.entries] == [NOW + officer_entries.LASTS_MAX]
    assert [len(list(watch.entries.exact("7ABC123"))), loader.refresh(NOW)] == [1, False]


def test_an_own_entry_that_may_have_ended_is_possible_at_most(lists: ListStore, tmp_path: Path) -> None:
    own_entry(lists, hours(2))
    player = WavPlayer(tmp_path / "alerts.wav", 0.5, START)
    for source, level, age, sureness in (
        (UtcSource.RTC, Level.NOTICE, ListAge.AMBER, Sureness.PERHAPS_ENDED),
        (UtcSource.GNSS, Level.URGENT, ListAge.FRESH, Sureness.STATE_UNKNOWN),
    ):
        now = replace(START, utc=hours(1), utc_source=source)
        alert = alert_of_a_start(lists, player, "7ABC123", now)
        assert (alert.level, alert.list_age, alert.detail and alert.detail.sureness) == (level, age, sureness)
        assert ("entry may have ended" in alert.phrase) == (source is UtcSource.RTC)
    player.close()
