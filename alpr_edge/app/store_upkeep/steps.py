"""The steps that the upkeep of the store consists of, beside those of lists and people."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from alpr_edge.domain.collection.areas import NoCollectionArea, area_of
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.domain.ports import Clock
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.last_place_file import remove_last_place, write_last_place
from alpr_edge.settings import Settings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.commit_times import CommitTimes
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox import time_corrections

# Tells the uplink where the car was last, for the heartbeat, where the settings allow it (``uplink.heartbeat_place``).
#
# A place is told only by a fix that is trusted and at a time that is: a wrong one would send people looking for a car
# where it is not. In an area in which nothing is collected this is not collected either.

SAME_PLACE = timedelta(seconds=30)
"""Least time between two writings at the same place."""


class LastPlaceFile:
    """Keeps the file of the last place; stepped once a second."""

    def __init__(self, settings: Settings, clock: Clock, fix_history: FixHistory) -> None:
        self._directory = settings.unit.runtime_directory
        self._is_told = bool(settings.uplink.url) and settings.uplink.heartbeat_place
        self._areas: tuple[NoCollectionArea, ...] = tuple(one.area for one in settings.capture.no_collection_areas)
        self._clock = clock
        self._fix_history = fix_history
        self._written: LastPlace | None = None
        self._failure = ""
        if not self._is_told:
            self._remove()

    def step(self) -> None:
        """Write the place if it is another one, or the same half a minute later; a failure is logged once."""
        place = self._place(self._clock.now()) if self._is_told else None
        if place is None or not self._is_due(place):
            return
        try:
            write_last_place(self._directory, place)
        except OSError as error:
            self._log(error.strerror or str(error))
        else:
            self._written, self._failure = place, ""

    def _place(self, now: Instant) -> LastPlace | None:
        position, utc = self._fix_history.at(now), now.trusted_utc
        if position is None or utc is None or area_of(self._areas, position) is not None:
            return None
        return LastPlace.of(position.lat_deg, position.lon_deg, utc)

    def _is_due(self, place: LastPlace) -> bool:
        before = self._written
        return before is None or not place.is_at(before) or abs(place.at - before.at) >= SAME_PLACE

    def _remove(self) -> None:
        """Remove what an earlier start with other settings left."""
        try:
            remove_last_place(self._directory)
        except OSError as error:
            self._log(error.strerror or str(error))

    def _log(self, failure: str) -> None:
        if failure != self._failure:
            log.error("position.place_not_written", failure=failure)
        self._failure = failure


# Writes a byte where nothing else wrote for a while, so that a disk that hangs is told before a read needs it.
#
# On an empty road nothing is stored for minutes, and a card that has died meanwhile would be noticed by the first plate
# that comes. The byte overwrites itself and is flushed without the file's times: one block each time.

FILE_NAME = "disk-probe"
IDLE_S_MAX = 2.0
"""Longest time without a write: a slow disk is told within five seconds, of which it takes one to be slow."""


class DiskProbe:
    """The file that is written, and when."""

    def __init__(self, directory: Path, commits: CommitTimes) -> None:
        self._path = directory / FILE_NAME
        self._commits = commits

    def step(self) -> None:
        """Write if nothing else did lately; a disk that refuses it is told by those who store something."""
        if self._commits.idle_s() < IDLE_S_MAX:
            return
        try:
            with self._commits.timing():
                self._write()
        except OSError:
            return

    def _write(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, b"\0", 0)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


PAIR_FIRST_MS, PAIR_MS = 5_000.0, 60_000.0
"""Time from the first clock pair of a run to the second, and between later ones: early reads need not wait a minute."""

log = structlog.get_logger(__name__)


class ClockPairs:
    """Stores a clock pair at least once a minute while time is trusted."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._last: Instant | None = None
        self._wait_ms = PAIR_FIRST_MS
        self._placed = time_corrections.PlacedReads()

    def step(self) -> None:
        """Store a pair if it is time, and place earlier reads by it; what fails is tried again with the next call."""
        now = self._clock.now()
        if not now.trusted or (self._last is not None and now.ms_since(self._last) < self._wait_ms):
            return
        try:
            clock_pairs.record(self._database, now)
            if self._last is not None:
                self._wait_ms = min(PAIR_MS, self._wait_ms * 2)
            self._last = now
        except StoreError as error:
            log.error("clock.pair_not_stored", failure=str(error))
            return
        try:
            if read_count := time_corrections.place_boot(self._database, now.boot_id, now, self._placed):
                log.info("clock.reads_corrected", reads=read_count)
        except StoreError as error:
            log.error("clock.reads_not_corrected", failure=str(error))


def store_steps(
    settings: Settings, database: Database, clock: Clock, fix_history: FixHistory
) -> tuple[Callable[[], None], ...]:
    """The steps that store clock pairs, tell the last place and probe the disk, in this order."""
    pairs = ClockPairs(database, clock)
    place = LastPlaceFile(settings, clock, fix_history)
    return pairs.step, place.step, DiskProbe(settings.unit.data_directory, database.commits).step
