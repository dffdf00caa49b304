"""The processes that are cut: each does one thing a unit does, with the product's own parts, until it is stopped.

A victim opens the store as ``alpr-edge run`` does and tells over a pipe what the product acknowledged.
"""

import faulthandler
import itertools
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from sqlalchemy import select

from alpr_edge.app.connections.department import open_department
from alpr_edge.app.factories import open_lists
from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.retention import RetentionLimits
from alpr_edge.hotlist.ingest.importer import ImportRequest, import_feed
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.hotlists import generations
from alpr_edge.store.keys import load_key
from alpr_edge.store.retention.deletion_dates import note_department_date
from alpr_edge.store.retention.purge import Purge
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.uploader import Uploader
from scripts.faults import records
from scripts.faults.access.viewer import look_at_reads
from scripts.faults.notes import (
    BatchStored,
    DatabaseMigrated,
    ListActivated,
    ListRequested,
    Note,
    PicturesStored,
    PurgeAllowed,
    StampedNote,
    VictimFailed,
    VictimStarted,
)
from scripts.faults.rig import LATER_RELEASES, LIST, Rig
from scripts.faults.whole_unit import WholeUnit
from scripts.faults.writer import write_records

LOG = "victims.log"
"""File in the rig's folder that victims' standard error goes to."""
ROLL_BACK_SHARE = 0.3
UPLOADS_A_BATCH = 3
FALSE_DATE = timedelta(days=20_000)
"""Of a receiver that jumped: past every limit of retention."""
_BATCHES_BEFORE_MIGRATION = 8


class Activity(StrEnum):
    """What is going on when the fault comes."""

    CAPTURE = "capture"
    UPLOAD = "upload"
    IMAGES = "image write"
    LISTS = "list swap"
    PURGE = "purge"
    MIGRATION = "migration"
    ACCESS = "look at reads"
    WRITER = "writer"
    """The stage that writes a unit's records, with what it does about those that the store does not take."""
    UNIT = "whole unit"


PARTS = tuple(activity for activity in Activity if activity not in {Activity.WRITER, Activity.UNIT})
"""What is cut, killed, and run on a full disk by itself."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a victim is told."""

    rig: Rig
    disk: Path
    run: int
    """Number of this victim; no two of a campaign have the same."""
    seed: int
    kills: bool = False
    """Whether a whole unit's threads are killed."""


Say = Callable[[Note], None]


def work(activity: Activity, task: Task, pipe: Connection) -> None:
    """Work until stopped; the process's entry point."""
    # What a unit logs while its disk fails is due, and no finding.
    with (task.rig.folder / LOG).open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    faulthandler.enable()
    configure_logs(verbose=False)
    say = through(pipe)
    say(VictimStarted())
    try:
        _ACTIVITIES[activity](task, say)
    except (AlprEdgeError, OSError) as error:
        say(VictimFailed(str(error)))


def through(pipe: Connection) -> Say:
    """What sends a note with its time."""
    return lambda note: pipe.send(StampedNote(note, time.monotonic()))


def open_unit_store(task: Task) -> AbstractContextManager[UnitStore]:
    """The store as the unit opens it."""
    return open_store(task.rig.settings(task.disk), migrate=True, replace_damaged=True)


def _capture(task: Task, say: Say) -> None:
    random = Random(task.seed)
    with open_unit_store(task) as store:
        store.recover()
        _record(store, task, random, say, itertools.count())


def _record(store: UnitStore, task: Task, random: Random, say: Say, numbers: "itertools.count[int] | range") -> None:
    """Decide reads and amend them, and close in each batch those of the batch before."""
    before: list[ReadUpdate] = []
    for number in numbers:
        new_records = records.batch(random, task.run, number)
        store.reads.commit([*(records.closing(random, record) for record in before), *new_records])
        say(_batch_note(new_records, before))
        before = [records.amending(random, record) for record in new_records]
        store.reads.commit(before)


def _batch_note(new_records: list[ReadUpdate], closed: list[ReadUpdate]) -> BatchStored:
    return BatchStored(tuple(it.read.read_id for it in new_records), tuple(it.read.read_id for it in closed))


def _write(task: Task, say: Say) -> None:
    """Give the writer's stage records until told to stop."""
    with open_unit_store(task) as store:
        store.recover()
        write_records(task.rig.settings(task.disk), store, task.run, Random(task.seed), say)


def _unit(task: Task, say: Say) -> None:
    """A whole unit, some or all of whose threads are killed."""
    WholeUnit(task.rig, task.disk, say).run(task.seed, kills=task.kills)


def _upload(task: Task, say: Say) -> None:
    """Record and send by turns; what the department holds is looked up there, not told."""
    random, settings = Random(task.seed), task.rig.settings(task.disk)
    department = open_department(settings)
    with open_unit_store(task) as store:
        store.reads.close_open_reads()
        uploader = Uploader(store.outbox, department, settings.uplink, SystemClock(), random.random)
        for number in itertools.count():
            new_records = records.batch(random, task.run, number)
            store.reads.commit([*new_records, *(records.closing(random, record) for record in new_records)])
            say(_batch_note(new_records, new_records))
            for _ in range(UPLOADS_A_BATCH):
                uploader.step()


def _purge(task: Task, say: Say) -> None:
    """Record, send, and delete what has receipts, as the disk's stage does when there is no room."""
    random, settings = Random(task.seed), task.rig.settings(task.disk)
    department = open_department(settings)
    with open_unit_store(task) as store:
        store.recover()
        uploader = Uploader(store.outbox, department, settings.uplink, SystemClock(), random.random)
        purge = Purge(store.database, store.reads, RetentionLimits(timedelta(days=30), timedelta(days=3650)))
        now = records.later(timedelta(days=400))
        _bear_out(store, now)
        for number in itertools.count():
            new_records = records.batch(random, task.run, number)
            store.reads.commit([*new_records, *(records.closing(random, record) for record in new_records)])
            say(_batch_note(new_records, new_records))
            for _ in range(UPLOADS_A_BATCH):
                uploader.step()
            say(PurgeAllowed(_with_receipts(store)))
            purge.step(records.later(FALSE_DATE), 0)  # a receiver's that jumped: nothing may go by it
            purge.step(now, 0)


def _bear_out(store: UnitStore, now: Instant) -> None:
    """Let a date delete: this boot's pairs and the department agree on it."""
    for before_ms in (60_000.0, 0.0):
        clock_pairs.record(store.database, now.shift(-before_ms))
    assert now.utc is not None, "a later moment has a UTC"
    note_department_date(store.database, DepartmentDate(now.utc, now))


def _with_receipts(store: UnitStore) -> tuple[str, ...]:
    query = select(outbox.c.item_id).where(outbox.c.kind == ItemKind.READ, outbox.c.state == "delivered")
    with store.database.read() as connection:
        return tuple(connection.scalars(query))


def _images(task: Task, say: Say) -> None:
    """Write images as a commit does before its rows; the rows never come."""
    random = Random(task.seed)
    with open_unit_store(task) as store:
        while True:
            say(PicturesStored(tuple(store.images.put_all(records.pictures(random)))))


def _lists(task: Task, say: Say) -> None:
    """Import lists; now and then roll one back."""
    random, settings = Random(task.seed), task.rig.settings(task.disk)
    with open_unit_store(task) as store:
        lists, _ = open_lists(settings, store.database)
        while True:
            serial = generations.next_serial(store.database, LIST)
            feed = task.rig.feed(serial)
            say(ListRequested(serial))
            request = ImportRequest(feed, LIST, FormatName.GENERIC_CSV, accept_shrink=True)
            import_feed(request, lists, datetime.now(UTC))
            say(ListActivated(serial))
            feed.unlink()
            # The serials have gaps: one that a stored hit names is not used.
            earlier = [stored.generation.serial for stored in generations.all_generations(store.database, LIST)][1:]
            if earlier and random.random() < ROLL_BACK_SHARE:
                say(ListRequested(earlier[0]))
                generations.activate(store.database, LIST, earlier[0], lists.directory)
                say(ListActivated(earlier[0]))


def _migrate(task: Task, say: Say) -> None:
    """Start a new unit, record, and bring its database to release after release; then record on."""
    random, settings = Random(task.seed), task.rig.settings(task.disk)
    with open_unit_store(task) as store:
        _record(store, task, random, say, range(_BATCHES_BEFORE_MIGRATION))
    key = load_key("outbox", settings.store.keys_directory)
    for later in range(1, LATER_RELEASES + 1):
        release = task.rig.release(later)
        Database.open(settings.unit.data_directory, key, migrate=True, release=release).close()
        say(DatabaseMigrated(later))
    with open_unit_store(task) as store:
        _record(store, task, random, say, itertools.count(_BATCHES_BEFORE_MIGRATION))


def _look(task: Task, say: Say) -> None:
    """Look at reads, each on record before it is shown."""
    look_at_reads(task.rig.settings(task.disk), say)


_ACTIVITIES: dict[Activity, Callable[[Task, Say], None]] = {
    Activity.CAPTURE: _capture,
    Activity.UPLOAD: _upload,
    Activity.IMAGES: _images,
    Activity.LISTS: _lists,
    Activity.PURGE: _purge,
    Activity.MIGRATION: _migrate,
    Activity.ACCESS: _look,
    Activity.WRITER: _write,
    Activity.UNIT: _unit,
}
