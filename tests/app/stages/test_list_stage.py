"""The stage that has lists taken in, over the real process: one that is killed is told of, and tried again."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.app.stages.hotlist_import import CRASHES_MAX, HotlistImportStage
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.hotlist.ingest.report import Refusals, refusals
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import load
from alpr_edge.store.hotlists.download_spool import FeedNote
from alpr_edge.store.hotlists.generations import live
from alpr_edge.store.hotlists.sync_state import note, state_of
from alpr_edge.store.unit_store import open_store
from tests.hotlist.feed_texts import csv_text
from tests.units import write_unit

WAIT_S = 90.0


def has_room() -> bool:
    return True


@dataclass
class ShortRecords:
    """Puts nothing on record, and refuses some times to begin with."""

    refusals: int = 0
    calls: list[str] = field(default_factory=list)

    def begin_import(self, source: str) -> None:
        self.calls.append(f"begin {source}")
        if self.calls.count(f"begin {source}") <= self.refusals:
            raise StoreError("the disk is full")

    def end_import(self, source: str) -> None:
        self.calls.append(f"end {source}")


def until(condition: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < limit_s
        time.sleep(0.02)


def importers() -> list[int]:
    """Processes of this one that take a list in."""
    children = [
        int(word)
        for task in Path("/proc/self/task").iterdir()
        for word in (task / "children").read_text(encoding="ascii").split()
    ]
    return [
        pid
        for pid in children
        if b"alpr_edge.hotlist.ingest.import_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest.mark.review(5)
def test_an_import_that_is_killed_is_told_of_and_tried_again(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    source = f'[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nfolder = "{drop}"\n'
    settings = load(write_unit(tmp_path, "car-1", "", more=source))
    lists = settings.unit.data_directory / LISTS_DIRECTORY
    with open_store(settings, migrate=True) as store:
        lists.mkdir(mode=0o700)
        (drop / "list.csv").write_bytes(
            csv_text(*(f"{n:07X},Stolen,CA" for n in range(0x1000000, 0x1000000 + 100_000)))
        )
        supervisor = Supervisor()
        supervisor.add(
            HotlistImportStage(settings, store.database, store.incoming, SystemClock(), ShortRecords(), has_room),
            replaceable=True,
        )
        supervisor.start()
        until(lambda: bool(importers()))
        os.kill(importers()[0], signal.SIGKILL)
        until(lambda: bool(list(refusals(lists))))
        assert re.search(r"ended by signal 9, for memory or time", next(refusals(lists)).refused)
        assert Refusals(lists).lines() == ["list bolo: its last feed was refused"]
        until(lambda: (lists / "bolo.00000001.list").exists() and not list(refusals(lists)))
        supervisor.stop.set()
        assert supervisor.join(WAIT_S)
        assert supervisor.restarts() == {}


def kill_importers(killed: set[int], count: int) -> None:
    """Kill importing processes as they come, but those that are killed already and die, until there were so many."""
    while len(killed) < count:
        until(lambda: bool(set(importers()) - killed))
        for pid in set(importers()) - killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)


def test_a_downloaded_feed_whose_imports_are_killed_again_and_again_is_let_go_of(tmp_path: Path) -> None:
    source = '[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nurl = "https://lists.example.org/a"\n'
    settings = load(write_unit(tmp_path, "car-1", "", more=source))
    lists = settings.unit.data_directory / LISTS_DIRECTORY
    with open_store(settings, migrate=True) as store:
        lists.mkdir(mode=0o700)
        feed = csv_text(*(f"{n:07X},Stolen,CA" for n in range(0x1000000, 0x1000000 + 100_000)))
        store.incoming.put("bolo", FeedNote(etag='"one"', modified="yesterday"), feed)
        note(store.database, "bolo", etag='"one"', modified="yesterday")
        supervisor = Supervisor()
        supervisor.add(
            HotlistImportStage(settings, store.database, store.incoming, SystemClock(), ShortRecords(), has_room)
        )
        supervisor.start()
        killed = set[int]()
        kill_importers(killed, CRASHES_MAX - 1)
        assert store.incoming.waits("bolo")
        assert state_of(store.database, "bolo").etag == '"one"'
        kill_importers(killed, CRASHES_MAX)
        until(lambda: not store.incoming.waits("bolo"))
        until(lambda: "let go of" in next(refusals(lists)).refused)
        state = state_of(store.database, "bolo")
        assert (state.etag, state.modified) == ("", ""), (
            "the server is to send it again, not to say that it is the same"
        )
        assert "let go of" in state.take_failure
        store.incoming.put("bolo", FeedNote(etag='"two"'), csv_text("ABC123,Stolen,CA"))
        until(lambda: (lists / "bolo.00000001.list").exists() and not list(refusals(lists)))
        supervisor.stop.set()
        assert supervisor.join(WAIT_S)
        assert supervisor.restarts() == {}


def test_no_list_is_imported_before_it_is_on_record_that_it_will_be(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    source = f'[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nfolder = "{drop}"\n'
    settings = load(write_unit(tmp_path, "car-1", "", more=source))
    records, lists = ShortRecords(refusals=1), settings.unit.data_directory / LISTS_DIRECTORY
    with open_store(settings, migrate=True) as store:
        lists.mkdir(mode=0o700)
        (drop / "list.csv").write_bytes(csv_text("ABC123,Stolen,CA"))
        supervisor = Supervisor()
        supervisor.add(HotlistImportStage(settings, store.database, store.incoming, SystemClock(), records, has_room))
        supervisor.start()
        until(lambda: bool(records.calls))
        assert (importers(), records.calls) == ([], ["begin bolo"])
        until(lambda: "end bolo" in records.calls)
        supervisor.stop.set()
        assert supervisor.join(WAIT_S)
    assert records.calls == ["begin bolo", "begin bolo", "end bolo"]
    assert (lists / "bolo.00000001.list").exists()


def test_a_list_that_is_imported_before_the_clock_is_confirmed_has_its_age_once_it_is(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    source = f'[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nfolder = "{drop}"\n'
    settings = load(write_unit(tmp_path, "car-1", "", more=source))
    clock, confirmed = ReplayedClock(Instant("boot-1", 5 * NS_PER_S)), datetime(2026, 5, 4, 12, tzinfo=UTC)
    with open_store(settings, migrate=True) as store:
        (settings.unit.data_directory / LISTS_DIRECTORY).mkdir(mode=0o700)
        (drop / "list.csv").write_bytes(csv_text("ABC123,Stolen,CA"))
        supervisor = Supervisor()
        supervisor.add(HotlistImportStage(settings, store.database, store.incoming, clock, ShortRecords(), has_room))
        supervisor.start()
        until(lambda: bool(live(store.database)))
        (listed,) = live(store.database)
        assert listed.generation.age(confirmed) is None
        clock.move_to(Instant("boot-1", 605 * NS_PER_S, confirmed, UtcSource.GNSS, 5.0))
        until(lambda: live(store.database)[0].generation.age(confirmed) is not None)
        (listed,) = live(store.database)
        assert listed.generation.age(confirmed) == timedelta(minutes=10)
        assert state_of(store.database, "bolo").taken == listed.generation.imported_at
        supervisor.stop.set()
        assert supervisor.join(WAIT_S)


SOURCES = "".join(
    f'[[hotlist.source]]\nname = "{name}"\nformat = "generic-csv"\nurl = "https://lists.example.org/{name}"\n'
    for name in ("large", "small")
)


def test_of_the_lists_that_wait_the_smallest_is_imported_first(tmp_path: Path) -> None:
    settings = load(write_unit(tmp_path, "car-1", "", more=SOURCES))
    records = ShortRecords()
    with open_store(settings, migrate=True) as store:
        (settings.unit.data_directory / LISTS_DIRECTORY).mkdir(mode=0o700)
        store.incoming.put("large", FeedNote(), csv_text(*(f"{n:07X},Stolen,CA" for n in range(0x1000000, 0x1001000))))
        store.incoming.put("small", FeedNote(), csv_text("ABC123,Stolen,CA"))
        supervisor = Supervisor()
        supervisor.add(HotlistImportStage(settings, store.database, store.incoming, SystemClock(), records, has_room))
        supervisor.start()
        until(lambda: len(live(store.database)) == 2)
        supervisor.stop.set()
        assert supervisor.join(WAIT_S)
    assert records.calls == ["begin small", "end small", "begin large", "end large"]


def test_on_a_full_disk_no_import_begins_and_one_that_is_under_way_ends_and_is_tried_again(tmp_path: Path) -> None:
    source = '[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nurl = "https://lists.example.org/a"\n'
    settings = load(write_unit(tmp_path, "car-1", "", more=source))
    lists, room, checks = settings.unit.data_directory / LISTS_DIRECTORY, threading.Event(), list[bool]()

    def ask_for_room() -> bool:
        checks.append(room.is_set())
        return checks[-1]

    records = ShortRecords()
    with open_store(settings, migrate=True) as store:
        lists.mkdir(mode=0o700)
        feed = csv_text(*(f"{n:07X},Stolen,CA" for n in range(0x1000000, 0x1000000 + 100_000)))
        store.incoming.put("bolo", FeedNote(), feed)
        supervisor = Supervisor()
        supervisor.add(
            HotlistImportStage(settings, store.database, store.incoming, SystemClock(), records, ask_for_room)
        )
        supervisor.start()
        until(lambda: len(checks) >= 2)
        assert (records.calls, importers()) == ([], [])
        room.set()
        until(lambda: bool(importers()))
        room.clear()
        until(lambda: "end bolo" in records.calls)
        assert (importers(), list(refusals(lists)), list(lists.glob("*.list"))) == ([], [], [])
        assert store.incoming.waits("bolo")
        room.set()
        until((lists / "bolo.00000001.list").exists)
        supervisor.stop.set()
        assert supervisor.join(WAIT_S)
        assert supervisor.restarts() == {}
