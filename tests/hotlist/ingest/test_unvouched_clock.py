"""A clock that nobody vouches for decides nothing of a list: not whether it is ahead, fresh or in force."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.alerting import ListAge
from alpr_edge.domain.diagnostics.checks import Grade, list_check
from alpr_edge.domain.errors import FeedClockError
from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK, Instant, UtcSource
from alpr_edge.domain.list_ages import list_age
from alpr_edge.domain.restrictions import Hours
from alpr_edge.domain.vehicle_alerts import Announcement
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.hotlist.ingest import drop_folder, validation
from alpr_edge.hotlist.ingest.import_worker import ImportWorker
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.hotlist.ingest.validation import DEFAULT_LIMITS
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import ListSource, Settings
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, FeedNote
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from tests.hotlist.conftest import KEY, Command
from tests.hotlist.feed_texts import csv_text
from tests.runtime.time_daemon import NOT_SYNCHRONISED, TimeDaemon
from tests.store.records import plate_read

pytestmark = pytest.mark.review(10)

REAL = datetime(2026, 11, 25, 15, tzinfo=UTC)
BUILT = datetime(2025, 7, 10, tzinfo=UTC)
"""What a machine's clock without battery starts at: when its system was made."""
DATED = b"DATE11/25/2026 06:00\n" + csv_text("ABC123,Stolen,CA")


def now_of(utc: datetime, source: UtcSource = UtcSource.RTC) -> Instant:
    return Instant("boot", 10**10, utc, source)


@pytest.mark.parametrize(
    "restriction",
    [
        {"effective": REAL - timedelta(hours=2)},
        {"effective": REAL + timedelta(days=300), "expires": REAL + timedelta(days=400)},
        {"hours": Hours.parse("Mo-Fr 03:00-03:01")},
    ],
)
def test_no_date_or_hour_of_an_entry_keeps_it_from_sounding(tmp_path: Path, restriction: dict[str, object]) -> None:
    entry = HotlistEntry("x", "7ABC123", "7ABC123", None, Reason.AMBER_ALERT, **restriction)  # type: ignore[arg-type]
    index = OwnIndex([OwnEntry(entry, "case", REAL, "officer")])

    def announce(now: Instant) -> Announcement:
        with closing(WavPlayer(tmp_path / f"{now.utc_source}.wav", 0.8, now)) as player:
            return Alerter(player, ReplayedClock(now), Settings(), lambda: index).follow(plate_read(), now)

    (hit,), (record,) = announce(now_of(BUILT))
    assert (hit.list_age_s, hit.matched_at) == (None, now_of(BUILT))
    assert record.was_heard
    assert announce(now_of(BUILT, UtcSource.NTP)) == Announcement()


def test_a_list_is_amber_however_the_clock_stands() -> None:
    generation = Generation("doj", 1, REAL - timedelta(days=2, hours=6), None, 10)
    behind = now_of(REAL - timedelta(days=2))
    check = list_check(generation, behind, timedelta(hours=13), timedelta(hours=24))
    assert (check.grade, check.value) == (Grade.AMBER, None)
    assert (
        list_check(generation, now_of(REAL, UtcSource.NTP), timedelta(hours=13), timedelta(hours=24)).grade is Grade.RED
    )
    assert list_age(None, timedelta(hours=13), timedelta(hours=24)) is ListAge.AMBER


@pytest.fixture
def worker(lists: ListStore, data: Path) -> ImportWorker:
    return ImportWorker(lists, DownloadSpool(data, KEY))


@pytest.fixture
def source(tmp_path: Path) -> ListSource:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "list.csv").write_bytes(DATED)
    return ListSource.model_validate({"name": "bolo", "format": "generic-csv", "folder": tmp_path / "drop"})


def test_a_waiting_list_comes_in_before_somebody_vouches_for_the_clock(
    worker: ImportWorker, source: ListSource
) -> None:
    assert source.folder is not None
    report = worker.import_next(source, drop_folder.listing(source.folder), now_of(BUILT).trusted_utc)
    assert report is not None
    assert report.kept == 1


def test_a_list_that_the_clock_refused_is_taken_with_the_right_time(
    worker: ImportWorker, source: ListSource, lists: ListStore
) -> None:
    assert source.folder is not None
    listing = drop_folder.listing(source.folder)
    for _ in range(2):
        with pytest.raises(FeedClockError, match="ahead of this unit's clock"):
            worker.import_next(source, listing, BUILT)
    assert "ahead" in sync_state.state_of(lists.database, "bolo").take_failure
    assert worker.import_next(source, listing, REAL) is not None
    assert sync_state.state_of(lists.database, "bolo").take_failure == ""
    assert worker.import_next(source, listing, REAL) is None


def test_a_downloaded_list_that_needs_a_time_waits_for_it(worker: ImportWorker, lists: ListStore) -> None:
    """Its entries expire, and neither it nor the clock says from when."""
    source = ListSource.model_validate(
        {"name": "bolo", "format": "generic-csv", "url": "https://lists.example.org/a", "entries_expire_h": 48}
    )
    fetch(worker, csv_text("ABC123,Stolen,CA"))
    sync_state.note(lists.database, "bolo", etag='"one"')
    with pytest.raises(FeedClockError, match="no receiver or time server confirms the time"):
        worker.import_next(source, (), None)
    assert worker.incoming.waits("bolo")
    assert sync_state.state_of(lists.database, "bolo").etag == '"one"'
    assert worker.import_next(source, (), REAL) is not None
    assert not worker.incoming.waits("bolo")


def test_a_downloaded_list_from_the_future_does_not_keep_others_out(worker: ImportWorker, lists: ListStore) -> None:
    """It is downloaded anew; the department, which is asked without delay, only once."""
    source = ListSource.model_validate({"name": "bolo", "format": "generic-csv", "department": True})
    for serial in (0, 7):
        fetch(worker, DATED)
        sync_state.note(lists.database, "bolo", etag='"one"')
        with pytest.raises(FeedClockError):
            worker.import_next(source, (), BUILT)
        state = sync_state.state_of(lists.database, "bolo")
        assert (state.serial, state.etag) == (serial, "")
        assert not worker.incoming.waits("bolo")


def fetch(worker: ImportWorker, content: bytes) -> None:
    draft = worker.incoming.start("bolo", FeedNote(serial=7))
    draft.append(content)
    draft.finish()


def test_a_list_from_the_future_taken_without_a_time_locks_nothing_out() -> None:
    current = Generation("bolo", 1, datetime(2062, 1, 1, tzinfo=UTC), None, 10)
    validation.check_issued(REAL - timedelta(hours=1), current, REAL, DEFAULT_LIMITS)
    with pytest.raises(Exception, match="older than the one in use"):
        validation.check_issued(REAL, replace(current, issued_at=REAL + timedelta(hours=1)), REAL, DEFAULT_LIMITS)


@pytest.fixture
def no_time(time_daemon: TimeDaemon) -> Iterator[None]:
    time_daemon.leap = NOT_SYNCHRONISED
    yield
    time_daemon.leap = 0


def test_the_commands_say_so(command: Command, tmp_path: Path, no_time: None) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes(b"DATE11/25/2062 06:00\n" + csv_text("ABC123,Stolen,CA"))
    assert command("import", feed, "--source", "bolo", "--format", "generic-csv").exit_code == 0
    status = command("status")
    assert "unknown" in status.stdout
    assert "amber" in status.stdout
    why = ("--reason", "major_crime", "--case", "26-000123")
    refusal = command("add", "5SOW750", *why, "--expires", "12h")
    assert f"{UNCONFIRMED_CLOCK}; give --expires as a date and time" in refusal.stderr
    far = command("add", "5SOW750", *why, "--expires", "2100-01-01T00:00")
    assert (far.exit_code, far.stderr.count("\n")) == (1, 1)
    assert "90 days at most" in far.stderr
    assert "which no receiver or time server confirms" in far.stderr
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert command("add", "5SOW750", *why, "--expires", soon).exit_code == 0
