"""A damaged database is told from a wrong key, a full disk and a newer schema, and set aside; nothing else is."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.domain.hits import Generation
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.migrate import RELEASE
from alpr_edge.store.hotlists import generations
from alpr_edge.store.recovery.damaged_databases import LISTS_LEFT, MOVED, damaged_databases, set_aside, waiting
from alpr_edge.store.recovery.key_check import MARK_NAME, KeyMark
from tests.store.damage import KEY, PAGE, READS, commit, copy_open_folder, fill, overwrite, overwrite_page, record, unit
from tests.store.records import START, closed, plate_read

WAL, SHM = f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"
FRAME = PAGE + 24


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit with reads, made once."""
    folder = tmp_path_factory.mktemp("template") / "data"
    fill(folder)
    return folder


@pytest.fixture
def full_data(template: Path, data: Path) -> Path:
    return shutil.copytree(template, data)


def truncation(length: Callable[[int], int]) -> Callable[[Path], None]:
    def damage(data: Path) -> None:
        file = data / DATABASE_NAME
        os.truncate(file, length(file.stat().st_size))

    return damage


def replace_content(data: Path, content: bytes) -> None:
    (data / DATABASE_NAME).write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "page 1": lambda data: overwrite_page(data, 1),
    "its salt alone": lambda data: overwrite(data / DATABASE_NAME, 0, 16),
    "page 2": lambda data: overwrite_page(data, 2),
    "a page in the middle": lambda data: overwrite_page(data, 40),
    "the last page": lambda data: overwrite(data / DATABASE_NAME, (data / DATABASE_NAME).stat().st_size - PAGE),
    "eight bytes": lambda data: overwrite(data / DATABASE_NAME, 40 * PAGE + 100, 8),
    "half is gone": truncation(lambda size: size // 2),
    "a page is gone": truncation(lambda size: size - PAGE),
    "all but a sector is gone": truncation(lambda size: 512),
    "all is gone": truncation(lambda size: 0),
    "the file is gone": lambda data: (data / DATABASE_NAME).unlink(),
    "no database": lambda data: replace_content(data, b"no database at all " * 1000),
    "zeros": lambda data: replace_content(data, bytes((data / DATABASE_NAME).stat().st_size)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_sets_the_database_aside_and_a_new_one_takes_reads(
    full_data: Path, damage: Callable[[Path], None]
) -> None:
    damage(full_data)
    left = (full_data / DATABASE_NAME).read_bytes() if (full_data / DATABASE_NAME).exists() else None
    with unit(full_data) as store:
        assert [aside.report for aside in store.asides] == [None]
        commit(store, range(READS, READS + 20))
        assert store.ids() == {f"read-{number}" for number in range(READS, READS + 20)}
        aside = store.asides[0]
        assert (aside.database.read_bytes() if aside.database.exists() else None) == left
    with unit(full_data) as store:  # and it is this one from now on
        assert len(store.ids()) == 20
        assert len(waiting(full_data)) == 1


def test_a_whole_database_stays_where_it_is(full_data: Path) -> None:
    with unit(full_data) as store:
        assert len(store.ids()) == READS
        assert store.asides == []


@pytest.mark.parametrize("with_mark", [True, False])
@pytest.mark.parametrize("damage", [None, *DAMAGES.values()], ids=["whole", *DAMAGES.keys()])
def test_a_wrong_key_never_sets_anything_aside(
    full_data: Path, damage: Callable[[Path], None] | None, with_mark: bool
) -> None:
    if damage is not None:
        damage(full_data)
    if not with_mark:
        (full_data / MARK_NAME).unlink()
        if not (full_data / DATABASE_NAME).exists() or not (full_data / DATABASE_NAME).stat().st_size:
            return  # nothing tells that there was a database
    before = {path.name: path.read_bytes() for path in full_data.iterdir() if path.is_file()}
    with pytest.raises(StoreError, match="restore the outbox key"), unit(full_data, b"x" * 32):
        pass
    after = {path.name: path.read_bytes() for path in full_data.iterdir() if path.is_file()}
    assert {name: after[name] for name in before if name in MOVED} == {
        name: content for name, content in before.items() if name in MOVED
    }
    assert damaged_databases(full_data) == []


def test_without_its_mark_any_page_that_opens_proves_the_key(full_data: Path) -> None:
    (full_data / MARK_NAME).unlink()
    overwrite(full_data / DATABASE_NAME, 100)  # page 1 but for the salt
    with unit(full_data) as store:
        assert len(store.asides) == 1


@pytest.mark.parametrize("content", [b"", b"AEKM", b"AEKM\x01" + bytes(36)])
def test_a_damaged_mark_says_nothing_and_is_made_anew(full_data: Path, content: bytes) -> None:
    (full_data / MARK_NAME).write_bytes(content)
    assert KeyMark.read(full_data) is None
    with unit(full_data) as store:
        assert store.asides == []
    mark = KeyMark.read(full_data)
    assert mark is not None
    assert mark.is_of(KEY)
    assert not mark.is_of(b"x" * 32)


def test_a_newer_schema_is_no_damage(full_data: Path) -> None:
    with unit(full_data) as store, store.database.write() as connection:
        connection.execute(text(f"UPDATE meta SET value = '{RELEASE.schema + 7}'"))
    with pytest.raises(StoreError, match="install that release again") as excinfo, unit(full_data):
        pass
    assert not isinstance(excinfo.value, DamagedError)
    assert damaged_databases(full_data) == []


def test_a_release_rolled_back_opens_the_newer_database_in_place(full_data: Path) -> None:
    with unit(full_data) as store, store.database.write() as connection:
        connection.execute(text(f"UPDATE meta SET value = '{RELEASE.schema + 7}' WHERE name = 'schema'"))
        connection.execute(text("ALTER TABLE reads ADD COLUMN later TEXT"))
    with unit(full_data) as store:
        assert len(store.ids()) == READS
        commit(store, range(READS, READS + 20))
        assert store.asides == []


@pytest.fixture(scope="module")
def killed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a kill leaves: a database, its log with several commits that were not copied back, and its index."""
    folder = tmp_path_factory.mktemp("killed")
    fill(folder / "data", 20)
    with unit(folder / "data") as store:
        commit(store, range(20, 60))
        return copy_open_folder(folder / "data", folder / "killed")


@pytest.fixture
def killed_data(killed_template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(killed_template, tmp_path / "killed")


LOG_DAMAGES: dict[str, Callable[[Path], None]] = {
    "its header": lambda data: overwrite(data / WAL, 0, 32),
    "its first page": lambda data: overwrite(data / WAL, 32, FRAME),
    "a page in the middle": lambda data: overwrite(data / WAL, 32 + 9 * FRAME + 100, 8),
    "the header of a frame": lambda data: overwrite(data / WAL, 32 + 9 * FRAME, 24),
    "its last page": lambda data: overwrite(data / WAL, (data / WAL).stat().st_size - FRAME, FRAME),
    "its end is gone": lambda data: os.truncate(data / WAL, (data / WAL).stat().st_size - 2 * FRAME),
    "it is empty": lambda data: os.truncate(data / WAL, 0),
    "it is gone": lambda data: (data / WAL).unlink(),
}


@pytest.mark.parametrize("damage", LOG_DAMAGES.values(), ids=LOG_DAMAGES.keys())
def test_a_log_that_lacks_what_was_committed_is_damage(killed_data: Path, damage: Callable[[Path], None]) -> None:
    damage(killed_data)
    with pytest.raises(DamagedError, match=r"edge\.db-wal: it is damaged; start alpr-edge run"):
        Database.open(killed_data, KEY, migrate=False)
    with unit(killed_data) as store:
        assert len(store.asides) == 1
        assert store.ids() == set()
    assert (damaged_databases(killed_data)[0].folder / SHM).exists()


def test_a_log_left_by_a_kill_is_no_damage(killed_data: Path) -> None:
    with unit(killed_data) as store:
        assert len(store.ids()) == 60
        assert store.asides == []


def test_without_the_index_a_torn_last_commit_is_no_damage_and_two_commits_are(killed_data: Path) -> None:
    (killed_data / SHM).unlink()
    length = (killed_data / WAL).stat().st_size
    with (killed_data / WAL).open("r+b") as log:
        log.seek(length - 2 * FRAME)
        log.write(bytes(FRAME))  # never written: the disk shows zeros there
    before = (killed_data / WAL).read_bytes()
    with unit(killed_data) as store:
        assert store.asides == []
    (killed_data / WAL).write_bytes(before)
    overwrite(killed_data / WAL, 32 + FRAME, FRAME)
    with unit(killed_data) as store:
        assert len(store.asides) == 1


def test_a_cut_while_setting_aside_leaves_nothing_behind(full_data: Path) -> None:
    overwrite_page(full_data, 40)
    set_aside(full_data)
    (full_data / MARK_NAME).write_bytes(
        (damaged_databases(full_data)[0].folder / MARK_NAME).read_bytes()
    )  # the last to go
    with unit(full_data) as store:
        assert len(store.asides) == 2
        assert store.salvage(store.asides[0]).new_rows["reads"] > READS - 40
        assert not store.salvage(store.asides[1]).new_rows


def take_in_lists(data: Path) -> list[generations.StoredGeneration]:
    """Two generations of a list, the second live; returns what is live."""
    with unit(data) as store:
        for serial in (1, 2):
            one = Generation("doj-svs", serial, START, START, 72)
            generations.record_and_activate(store.database, one, f"doj-svs.{serial:08}.list", "0" * 64)
        return generations.live(store.database)


def test_the_live_lists_come_over_at_once(full_data: Path) -> None:
    before = take_in_lists(full_data)
    overwrite_page(full_data, 40)
    with unit(full_data) as store:
        assert generations.live(store.database) == before
        assert generations.next_serial(store.database, "doj-svs") == 3
        assert not store.asides[0].has_lists_left


@pytest.mark.parametrize("has_new_database", [False, True])
def test_the_live_lists_come_over_after_a_cut_that_came_before_them(full_data: Path, *, has_new_database: bool) -> None:
    before = take_in_lists(full_data)
    overwrite_page(full_data, 40)
    set_aside(full_data, note=LISTS_LEFT)
    if has_new_database:
        Database.open(full_data, KEY, migrate=True).close()
    with unit(full_data) as store:
        assert generations.live(store.database) == before
        assert not store.asides[0].has_lists_left


def test_damage_that_shows_while_it_is_open_is_exchanged_and_the_batch_is_kept(full_data: Path) -> None:
    with unit(full_data) as store:
        first = record(READS)
        store.reads.commit([first])
        store.database.close()
    with unit(full_data) as store:
        for page in range(2, (full_data / DATABASE_NAME).stat().st_size // PAGE + 1):
            overwrite_page(full_data, page)
        closing = closed(replace(first.read, vote_count=11))
        with pytest.raises(DamagedError):
            store.reads.commit([record(READS + 1), closing])
        assert store.database.damage
        store.replacement.replace(store.database)
        assert store.database.damage is None
        store.reads.commit([record(READS + 1), closing])
        assert store.ids() == {f"read-{READS}", f"read-{READS + 1}"}
        assert store.queue_ids("read") == {f"read-{READS}"}
        before = store.reads.get(f"read-{READS}")
        store.reads.commit([closed(plate_read(f"read-{READS}"))])
        assert store.reads.get(f"read-{READS}") == before, "closed already"


def test_who_has_it_open_elsewhere_learns_of_it_and_spoils_nothing(full_data: Path) -> None:
    with unit(full_data) as store:
        uplink = Database.open(full_data, KEY, migrate=False)
        whole = (full_data / DATABASE_NAME).read_bytes()
        for page in range(2, len(whole) // PAGE + 1):
            overwrite_page(full_data, page)
        with pytest.raises(DamagedError):
            store.reads.commit([record(READS)])
        (full_data / DATABASE_NAME).write_bytes(whole)  # a card that gives its sectors back, and too late
        store.replacement.replace(store.database)
        store.reads.commit([record(READS)])
        assert uplink.is_replaced()
        assert not store.database.is_replaced()
        with uplink.write() as connection:
            connection.execute(text("UPDATE outbox SET attempts = 9"))
        uplink.close()
        store.reads.commit([record(READS + 1)])
        assert len(store.ids()) == 2
    with unit(full_data) as store:
        assert len(store.ids()) == 2
        assert store.salvage().new_rows["reads"] == READS


def test_only_the_unit_sets_aside(full_data: Path) -> None:
    overwrite_page(full_data, 1)
    for migrate in (True, False):
        with pytest.raises(DamagedError):
            Database.open(full_data, KEY, migrate=migrate)
    assert damaged_databases(full_data) == []
