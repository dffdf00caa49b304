"""That the torture finds what it is there to find: a unit that acknowledges too early, and damage of each kind."""

import contextlib
import itertools
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.keys import load_key
from alpr_edge.store.recovery.row_merge import shapes
from alpr_edge.store.sqlite_forensics.carver import Carver
from alpr_edge.store.sqlite_forensics.pages import Pages
from alpr_edge.store.sqlite_forensics.wal import PAGE_BYTES
from alpr_edge.store.unit_store import open_store
from scripts.faults import records
from scripts.faults.__main__ import QUICK, WHOLE
from scripts.faults.access.check import check_access_log
from scripts.faults.campaign import NOTES_WAITED_MAX, Campaign
from scripts.faults.check import DiskCheck
from scripts.faults.damage import damage
from scripts.faults.faults import InjectedFault
from scripts.faults.ledger import CampaignTally, Ledger
from scripts.faults.notes import (
    AccessShown,
    BatchStored,
    DatabaseMigrated,
    ListActivated,
    ListRequested,
    PicturesStored,
    RecordSetAside,
    VictimFailed,
    VictimStarted,
)
from scripts.faults.plan import Mix, plan
from scripts.faults.refusal import RefusalKind, refusing_department
from scripts.faults.rig import Rig, standing
from scripts.faults.victims import PARTS, Activity, Task, open_unit_store, through
from tests.domain.access_log.entries import entry

ROOT = Path(__file__).parents[3]


RUNS = itertools.count(1000)
"""All tests share a department: no two may make the same reads, nor those of a campaign, which counts from 1."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with standing(tmp_path_factory.mktemp("rig")) as standing_rig:
        yield standing_rig


class Scene:
    """A unit that kept three reads, the ledger of it, and what a check finds after something was done to it."""

    def __init__(self, rig: Rig, disk: Path, run: int) -> None:
        self.rig, self.disk, self.data = rig, disk, disk / "data"
        self.ledger, self.tally = Ledger(), CampaignTally()
        random = Random(run)
        with open_store(rig.settings(disk), migrate=True) as store:
            for number in range(3):
                new_records = records.batch(random, run, number)
                store.reads.commit([*new_records, *(records.closing(random, record) for record in new_records)])
                ids = tuple(record.read.read_id for record in new_records)
                self.ledger.take([BatchStored(ids, ids)])

    def change(self, *statements: str) -> None:
        with open_store(self.rig.settings(self.disk), migrate=True) as store, store.database.write() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for statement in statements:
                connection.execute(text(statement))

    def image(self) -> Path:
        return next(path for path in sorted((self.data / "images").glob("*/*")))

    @property
    def key(self) -> bytes:
        return load_key("outbox", self.rig.settings(self.disk).store.keys_directory)

    def page_of_reads(self) -> int:
        with open_store(self.rig.settings(self.disk), migrate=False) as store, store.database.read() as connection:
            table_shapes = shapes(connection)
        with Pages(self.data / "edge.db", self.key) as pages:
            return next(row.page for row in Carver(pages, table_shapes).rows() if row.table == "reads")

    def check(self) -> CampaignTally:
        DiskCheck(self.rig, self.disk, self.ledger, self.tally, set()).run()
        return self.tally


@pytest.fixture
def scene(rig: Rig, tmp_path: Path) -> Scene:
    return Scene(rig, tmp_path, next(RUNS))


def test_a_whole_unit_is_found_whole_and_reaches_the_department(scene: Scene) -> None:
    DiskCheck(scene.rig, scene.disk, scene.ledger, scene.tally, set()).send_all()
    assert scene.check().is_clean, scene.tally


def test_a_read_that_is_gone_is_lost(scene: Scene) -> None:
    scene.ledger.take([BatchStored(("9.9.0.1",), ())])
    assert scene.check().losses == ["read 9.9.0.1"]
    DiskCheck(scene.rig, scene.disk, scene.ledger, scene.tally, set()).send_all()
    assert scene.tally.losses == ["read 9.9.0.1", "read 9.9.0.1 is not at the department"]


def test_the_end_of_a_read_that_came_undone_is_lost(scene: Scene) -> None:
    scene.change("UPDATE reads SET vote_count = 1 WHERE seq = 1")
    (loss,) = scene.check().losses
    assert loss.startswith("the end of read ")


def test_a_read_that_is_not_queued_is_lost(scene: Scene) -> None:
    scene.change("DELETE FROM outbox WHERE seq = (SELECT min(seq) FROM outbox WHERE kind = 'read')")
    assert len(scene.check().losses) == 1
    assert scene.tally.losses[0].endswith("never leaves")


def test_a_batch_in_part_is_corrupt(scene: Scene) -> None:
    scene.ledger.reads.clear()
    scene.ledger.closed.clear()
    first = "read_id = (SELECT read_id FROM reads WHERE seq = 1)"
    statements = [
        f"UPDATE {table} SET read_id = '1.2.0.7' WHERE {first}" for table in ("evidence", "alerts", "hits", "reads")
    ]
    scene.change(*statements)
    assert any("1.2.7 is there in part" in line for line in scene.check().corrupt)


def test_a_read_stored_twice_under_two_ids_is_doubled(scene: Scene) -> None:
    scene.change("UPDATE reads SET first_frame = (SELECT first_frame FROM reads WHERE seq = 1) WHERE seq = 2")
    assert len(scene.check().duplicates) == 1


def test_a_receipt_for_what_the_department_lacks_is_a_loss(scene: Scene) -> None:
    scene.change("UPDATE outbox SET state = 'delivered' WHERE seq = 1")
    assert any("has a receipt only" in line for line in scene.check().losses)


def test_damaged_missing_and_forgotten_images_are_corrupt(scene: Scene) -> None:
    scene.image().write_bytes(b"damaged")
    scene.ledger.take([PicturesStored(("f" * 64,))])
    corruptions = scene.check().corrupt
    assert any("was changed" in line for line in corruptions)
    assert any("is missing" in line for line in corruptions)


def test_a_damaged_page_of_the_database_is_corrupt(scene: Scene) -> None:
    database = scene.data / "edge.db"
    content = bytearray(database.read_bytes())
    content[-2000] ^= 1
    database.write_bytes(content)
    assert scene.check().corrupt


def test_a_list_or_a_migration_that_came_undone_is_lost(scene: Scene) -> None:
    scene.ledger.take([ListRequested(1), ListActivated(1), DatabaseMigrated(1)])
    assert set(scene.check().losses) == {"no list is live", "migration 1 was undone"}


def test_damage_promises_no_read_that_was_not_acknowledged(scene: Scene) -> None:
    acknowledged_reads = set(sorted(scene.ledger.reads)[:1])
    assert damage(InjectedFault.LOG, scene.data, scene.key, Random(1), acknowledged_reads) == acknowledged_reads


def test_a_read_of_which_damage_left_the_item_alone_is_not_lost(scene: Scene) -> None:
    with (scene.data / "edge.db").open("r+b") as database:
        database.seek((scene.page_of_reads() - 1) * PAGE_BYTES)
        database.write(bytes(PAGE_BYTES))
    check = DiskCheck(scene.rig, scene.disk, scene.ledger, scene.tally, set())
    check.go_on(set(), next(RUNS), Random(1))
    assert scene.ledger.excused_reads
    check.run()
    check.send_all()
    assert scene.tally.is_clean, scene.tally


@pytest.mark.review(1)
def test_a_record_that_stays_aside_or_is_gone_from_there_is_found(scene: Scene) -> None:
    with open_store(scene.rig.settings(scene.disk), migrate=True) as store:
        spoilt = records.batch(Random(1), next(RUNS), 0)[0]
        store.refused_records.add(
            [replace(spoilt, read=replace(spoilt.read, confidence=float("nan")))], "no row can hold it"
        )
    missing_id = f"9.9.{records.SPOILT_PLACE}.1"
    scene.ledger.take([RecordSetAside((missing_id,))])
    assert scene.check().losses == [f"read {missing_id} is not aside any more"]
    assert scene.tally.corrupt == [f"read {spoilt.read.read_id} stays aside"]


@pytest.mark.review(8)
@pytest.mark.parametrize("refusal", RefusalKind)
def test_an_item_that_is_refused_is_set_aside_alone_and_others_beside_it_are_found(
    scene: Scene, refusal: RefusalKind
) -> None:
    check = DiskCheck(scene.rig, scene.disk, scene.ledger, scene.tally, set())
    with refusing_department(scene.rig.department, refusal, ItemKind.READ) as (url, storage):
        check.outlast(url, storage)
    assert storage.failures > 0
    assert scene.tally.is_clean, scene.tally
    scene.change("UPDATE outbox SET state = 'quarantined' WHERE seq = 1")
    with refusing_department(scene.rig.department, refusal, ItemKind.ACCESS) as (url, storage):
        check.outlast(url, storage)
    assert [line.split()[-1] for line in scene.tally.losses] == ["one"]


def test_the_quick_run_holds_every_fault() -> None:
    assert {fault for fault, _ in plan(QUICK, Random(1))} == set(InjectedFault)
    trials = plan(WHOLE.scale_to(200), Random(1))
    assert {fault for fault, _ in trials} == set(InjectedFault)
    assert 200 <= len(trials) < 210


def hasty(activity: Activity, task: Task, pipe: Connection) -> None:
    """A unit that acknowledges before it commits, and does not commit."""
    del activity
    say = through(pipe)
    say(VictimStarted())
    with open_unit_store(task):
        for number in range(100):
            new_records = records.batch(Random(task.seed), task.run, number)
            say(BatchStored(tuple(record.read.read_id for record in new_records), ()))


def misled_unit(activity: Activity, task: Task, pipe: Connection) -> None:
    """A unit that acknowledges what it wrote into a file system whose power is off."""
    del activity
    say = through(pipe)
    for _ in range(NOTES_WAITED_MAX):
        say(VictimStarted())
    with contextlib.suppress(OSError):
        while True:
            (task.disk / "written").write_bytes(b"")
    say(BatchStored((f"{task.run}.0.0.1",), ()))
    time.sleep(60)


def test_a_unit_that_acknowledges_too_early_is_caught(rig: Rig, can_mount: None) -> None:
    campaign = Campaign(rig, Random(1), hasty)
    list(campaign.run([(InjectedFault.CUT, Activity.CAPTURE)]))
    assert campaign.tally.losses
    assert campaign.survival_counts[InjectedFault.CUT, Activity.CAPTURE] == 0


def blind_writer(activity: Activity, task: Task, pipe: Connection) -> None:
    """A writer that ends at the first folder that it cannot write."""
    del activity
    say = through(pipe)
    with open_unit_store(task) as store:
        for _ in range(NOTES_WAITED_MAX + 1):
            say(VictimStarted())
        with contextlib.suppress(PictureError):
            while True:
                store.images.put_all(records.pictures(Random()))
    say(VictimFailed("a folder cannot be written"))
    time.sleep(60)


@pytest.mark.review(1)
def test_a_writer_that_a_folder_blinds_is_caught(rig: Rig, can_mount: None) -> None:
    campaign = Campaign(rig, Random(1), blind_writer)
    list(campaign.run([(InjectedFault.FOLDERS, Activity.WRITER)]))
    caught = {  # by its own word, or by what it left undone, whichever is seen first
        "the writer ended: a folder cannot be written",
        "the writer kept nothing beside folders that it cannot write",
    }
    assert caught.intersection(campaign.tally.blind)
    assert not campaign.tally.is_clean


@pytest.mark.slow  # .ci/run has scripts/torture --quick do the same to a unit, and more often
@pytest.mark.review(3)
def test_every_other_fault_is_survived_and_counted(tmp_path: Path, can_mount: None) -> None:
    trials = plan(Mix(0, 0, 0, folders=2, refusals=1, units=3), Random(2))
    with standing(tmp_path) as rig:  # a department of its own: campaigns make the same reads
        campaign = Campaign(rig, Random(2))
        assert list(campaign.run(trials)) == trials
    assert campaign.tally.is_clean, campaign.tally
    figures = campaign.tally.figures()
    assert figures["folders_unwritable"] == 2
    figure_names = ("departments_refusing", "future_dates", "receivers_flooding", "units_with_threads_killed")
    assert [figures[name] for name in figure_names] == [1, 1, 1, 1]
    assert figures["threads_killed"] >= 9
    assert figures["set_aside"] + figures["without_pictures"] > 0


def test_what_is_acknowledged_while_the_power_goes_off_is_not_promised(rig: Rig, can_mount: None) -> None:
    campaign = Campaign(rig, Random(1), misled_unit)
    list(campaign.run([(InjectedFault.CUT, Activity.CAPTURE)] * 3))
    assert campaign.tally.is_clean, campaign.tally
    assert campaign.tally.acknowledgements == 0


def test_an_access_that_was_shown_and_has_no_record_is_lost(scene: Scene) -> None:
    settings = scene.rig.settings(scene.disk)
    with open_access_log(settings, migrate=True) as log:
        scene.ledger.take([AccessShown(log.log_id, 0)])
        check_access_log(settings, scene.ledger, scene.tally)
        assert scene.tally.losses == ["access 0 was shown and has no record"]
        log.append(entry(), SystemClock().now())
    check_access_log(settings, scene.ledger, scene.tally)
    assert (len(scene.tally.losses), scene.tally.corrupt) == (1, [])


def test_every_activity_survives_a_cut_and_a_kill_and_every_damage_is_salvaged(rig: Rig, can_mount: None) -> None:
    campaign = Campaign(rig, Random(2))
    trials = plan(Mix(7, 7, 6), Random(2))
    assert {activity for _, activity in trials} == set(PARTS)
    assert {fault for fault, _ in trials} >= {fault for fault in InjectedFault if fault.is_damage}
    assert list(campaign.run(trials)) == trials
    assert campaign.tally.is_clean, campaign.tally
    assert campaign.tally.reads_salvaged > 0
    figures = campaign.tally.figures()
    assert (figures["cuts"], figures["faults"]) == (7, 20)
    with contextlib.closing(sqlite3.connect(rig.department / DATABASE_NAME)) as department:
        assert department.execute("SELECT count(*) FROM reads").fetchone()[0] > 0


def test_without_root_it_says_so_in_one_line() -> None:
    program = "import os; from scripts.faults.__main__ import main; os.getuid() or os.setuid(65534); main()"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "alpr-edge: mounting a file system needs root and a loop device; run it with sudo"
    ]
