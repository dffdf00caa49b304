"""A department on loopback whose complete list a unit refuses: what follows it, and what its publisher accepts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.publishing.feed_check import FeedToPublish
from alpr_edge.department.publishing.list_publisher import ListPublisher
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import LIST_ACCEPTED_HEADER, ListChange
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.hotlist.ingest.import_worker import ImportWorker
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.hotlist.ingest.report import Refusals
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.services.list_status import ListState, hotlist_status
from alpr_edge.settings import HotlistSettings, ListSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader
from alpr_edge.uplink.hotlist_responses import note_of
from tests.uplink.conftest import KEY, Faulty, settings_for

SOURCE = ListSource.model_validate({"name": "bolo", "format": "generic-csv", "department": True})
FULL = tuple(f"ABC{number:03}" for number in range(20))
SHRUNK = ("WANTED1", *FULL[:5])
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR_NS = 3_600_000_000_000


def hours_after_noon(hours: int) -> Instant:
    return Instant("boot", hours * HOUR_NS, NOON + timedelta(hours=hours), UtcSource.NTP)


class Car:
    """A unit's lists and what brings them, from one start to the next."""

    def __init__(self, folder: Path, url: str, files: Path, clock: ReplayedClock) -> None:
        self.database = Database.open(folder, KEY, migrate=True)
        self.lists = ListStore(self.database, KEY, folder / LISTS_DIRECTORY)
        self._clock = clock
        self._worker = ImportWorker(self.lists, DownloadSpool(folder, KEY))
        self._downloader = HotlistDownloader(
            sources=[SOURCE],
            uplink=settings_for(url, files),
            unit_id="unit-1",
            incoming=self._worker.incoming,
            database=self.database,
            clock=clock,
            require_room=lambda: None,
        )

    def sync(self) -> list[str]:
        """Fetch and import until there is nothing newer, an hour later; how each feed ended."""
        self._clock.move_to(hours_after_noon(self._clock.now().boottime_ns // HOUR_NS + 1))
        ends = []
        while self._downloader.download(SOURCE):
            try:
                report = self._worker.import_next(SOURCE, (), self._clock.now().trusted_utc)
                ends.append("" if report is None else " ".join((str(report.kept), *report.notices)))
            except FeedError as error:
                ends.append(str(error))
        return ends

    def state(self) -> ListState:
        (state,) = hotlist_status(
            self.lists, HotlistSettings.model_validate({"source": [SOURCE]}), self._clock.now().trusted_utc
        ).lists
        return state

    @property
    def age(self) -> timedelta | None:
        generation = self.state().generation
        return None if generation is None else generation.age(self._clock.now().trusted_utc)

    @property
    def faults(self) -> list[str]:
        return Refusals(self.lists.directory).lines()


@pytest.fixture
def clock() -> ReplayedClock:
    return ReplayedClock(hours_after_noon(0))


@contextmanager
def car(folder: Path, url: str, files: Path, clock: ReplayedClock) -> Iterator[Car]:
    started = Car(folder, url, files, clock)
    yield started
    started.database.close()


def publish(storage: Storage, *plates: str, change: ListChange = ListChange.COMPLETE, accept: bool = False) -> None:
    path = storage.directory / "feed.csv"
    path.write_text("Plate,Reason,State\n" + "".join(f"{plate},Felony vehicle,CA\n" for plate in plates))
    feed = FeedToPublish(path, "bolo", change, accept_shrink=accept)
    ListPublisher(storage.directory, storage.database).publish(feed, "login:chief", None)


def test_after_a_refused_list_nothing_looks_well_until_a_complete_one_is_imported(
    faulty: Faulty, storage: Storage, unit_files: Path, tmp_path: Path, clock: ReplayedClock
) -> None:
    publish(storage, *FULL)
    with faulty(iter(())) as department:
        with car(tmp_path / "vehicle", department.url, unit_files, clock) as before:
            assert before.sync() == ["20"]
            assert before.age == timedelta(0)
            publish(storage, *SHRUNK)
            (refusal,) = before.sync()
            assert "the new list holds 6 entries, the list in use 20" in refusal
            publish(storage, "NEW0001", change=ListChange.ADDITIONS)
            (refusal,) = before.sync()
            assert "it changes a complete list that was refused; publish a complete list" in refusal
        with car(tmp_path / "vehicle", department.url, unit_files, clock) as restarted:
            assert restarted.sync() == []  # the department has nothing newer
            state = restarted.state()
            assert (state.generation and state.generation.entries, restarted.age) == (20, timedelta(hours=3))
            assert (bool(state.sync.take_failure), state.sync.refused_place) == (True, 2)
            assert restarted.faults == ["list bolo: its last feed was refused"]
            publish(storage, *FULL[:18], "WANTED1")
            publish(storage, "NEW0002", change=ListChange.ADDITIONS)
            assert restarted.sync() == ["19", "20"]
            assert (restarted.faults, restarted.age) == ([], timedelta(0))
            assert restarted.sync() == []
            assert restarted.age == timedelta(0)


def test_a_shrink_that_the_publisher_accepted_is_imported_also_by_who_was_away(
    faulty: Faulty, storage: Storage, unit_files: Path, tmp_path: Path, clock: ReplayedClock
) -> None:
    publish(storage, *FULL)
    words = "6 the new list holds 6 entries, the list before 20; the department accepted that"
    with (
        faulty(iter(())) as department,
        car(tmp_path / "vehicle", department.url, unit_files, clock) as first,
        car(tmp_path / "other vehicle", department.url, unit_files, clock) as away,
    ):
        assert (first.sync(), away.sync()) == (["20"], ["20"])
        publish(storage, *SHRUNK, accept=True)
        assert first.sync() == [words]
        feed_report = first.state().last_feed
        assert feed_report is not None
        assert feed_report.notices == (words.removeprefix("6 "),)
        publish(storage, *SHRUNK)
        assert first.sync() == ["6"]
        assert away.sync() == [words]
        assert (first.faults, away.faults) == ([], [])


def test_a_list_that_was_refused_is_accepted_from_afar_by_publishing_it_again(
    faulty: Faulty, storage: Storage, unit_files: Path, tmp_path: Path, clock: ReplayedClock
) -> None:
    publish(storage, *FULL)
    with faulty(iter(())) as department, car(tmp_path / "vehicle", department.url, unit_files, clock) as unit:
        unit.sync()
        publish(storage, *SHRUNK)
        assert "--accept-shrink" in unit.sync()[0]
        publish(storage, *SHRUNK, accept=True)
        assert unit.sync() == ["6 the new list holds 6 entries, the list before 20; the department accepted that"]
        assert unit.faults == []


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        (None, (False, False)),
        ("shrink", (True, False)),
        ("shrink,growth", (True, True)),
        ("growth, of a later release", (False, True)),
    ],
)
def test_a_department_of_another_release_is_understood(said: str | None, accepted: tuple[bool, bool]) -> None:
    headers = {"Alpr-Edge-List-Serial": "7", "Alpr-Edge-List-Change": "complete"}
    if said is not None:
        headers[LIST_ACCEPTED_HEADER] = said
    note = note_of(SOURCE, httpx.Response(200, headers=headers))
    assert (note.serial, (note.accept_shrink, note.accept_growth)) == (7, accepted)
    other = ListSource.model_validate({"name": "bolo", "format": "generic-csv", "url": "https://lists.example.org/a"})
    assert not note_of(other, httpx.Response(200, headers=headers)).accept_shrink


def test_the_description_of_the_interface_names_the_header(storage: Storage) -> None:
    described = create_app(storage).openapi()["paths"]["/v1/lists/{source}"]["get"]["responses"]["200"]["headers"]
    assert LIST_ACCEPTED_HEADER in described
    assert not described[LIST_ACCEPTED_HEADER].get("required", False)
