"""Root in the unit's folders: whatever its user laid there in place of a file or folder, root's own files stay."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.app.store_upkeep.steps import FILE_NAME as PROBE_NAME
from alpr_edge.app.store_upkeep.steps import DiskProbe
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.hotlist.ingest.import_lock import import_lock
from alpr_edge.power.files import write_word
from alpr_edge.runtime.durable_files import give_to_owner_of
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.store.db.commit_times import CommitTimes
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.evidence.images import PREFIXES, ImageStore
from alpr_edge.store.hotlists.download_spool import INCOMING, DownloadSpool, FeedNote
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from alpr_edge.store.recovery.key_check import MARK_NAME, KeyMark
from alpr_edge.store.retention.ballast import BALLAST_NAME, Ballast

KEY = bytes(range(32))
UNIT = 65534

pytestmark = pytest.mark.review(16)


@dataclass
class Victim:
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "shadow"


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """Root's own folder and file, as they have to be afterwards."""
    new_victim = Victim(tmp_path / "victim")
    new_victim.folder.mkdir(mode=0o700)
    new_victim.file.write_text("secret")
    (new_victim.folder / ("ab" * 32)).write_text("named like an image")
    before = facts(new_victim.folder)
    yield new_victim
    assert facts(new_victim.folder) == before


def facts(folder: Path) -> list[tuple[object, ...]]:
    entries: list[tuple[object, ...]] = []
    for path in (folder, *sorted(folder.iterdir())):
        about = path.lstat()
        content = b"" if path.is_dir() else path.read_bytes()
        entries.append((path.name, about.st_uid, about.st_mode, about.st_mtime_ns, content))
    return entries


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The unit's data folder, its user's own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, UNIT, UNIT)
    return folder


def make_database(data: Path) -> None:
    Database.open(data, KEY, migrate=True).close()


def open_database(data: Path) -> None:
    Database.open(data, KEY, migrate=False).close()


def lay_ballast(data: Path) -> None:
    ballast = Ballast(data, 4096)
    ballast.tend()


def write_images(data: Path) -> None:
    store = ImageStore(data / "images", KEY)
    for number in range(3):
        with suppress(AlprEdgeError):
            store.put(b"\xff\xd8\xff" + bytes([number]) * 100)


def draft(data: Path) -> None:
    DownloadSpool(data, KEY).start("ncic", FeedNote()).close()


def hold(data: Path) -> None:
    with instance_lock(data):
        pass


def lock_lists(data: Path) -> None:
    with import_lock(data / "lists"):
        pass


def probe_disk(data: Path) -> None:
    DiskProbe(data, CommitTimes(itertools.count(0, 10).__next__)).step()


def say_health(data: Path) -> None:
    write_health(data, Health("run", ready=True, troubles=(), figures={}))


FILES: list[tuple[str, Callable[[Path], object]]] = [
    (DATABASE_NAME, make_database),
    (DATABASE_NAME, open_database),
    ("edge.lock", make_database),
    ("run.lock", hold),
    (BALLAST_NAME, lay_ballast),
    (PROBE_NAME, probe_disk),
    (MARK_NAME, lambda data: KeyMark(bytes(16), bytes(8)).write(data)),
    (f"{INCOMING}/ncic.part", draft),
    ("lists/.import.lock", lock_lists),
    ("run.json", say_health),
    (".run.json.new", say_health),
    ("ignition", lambda data: write_word(data, is_on=True)),
    (".ignition.new", lambda data: write_word(data, is_on=True)),
]


PASSING_NAMES = {PROBE_NAME, ".run.json.new", ".ignition.new"}
"""Files that are there only while the work goes on."""


@pytest.mark.parametrize(("name", "work"), [one for one in FILES if one[0] not in PASSING_NAMES])
def test_without_a_link_there_is_a_file_of_this_name(name: str, work: Callable[[Path], object], data: Path) -> None:
    for folder in (data / name).parent.relative_to(data).parts:
        (data / folder).mkdir(mode=0o700)
    if work is open_database:
        make_database(data)
    work(data)
    assert (data / name).exists()


@pytest.mark.parametrize(("name", "work"), FILES)
def test_a_link_in_place_of_a_file(name: str, work: Callable[[Path], object], data: Path, victim: Victim) -> None:
    for folder in (data / name).parent.relative_to(data).parts:
        (data / folder).mkdir(mode=0o700)
    (data / name).symlink_to(victim.file)
    with suppress(AlprEdgeError, OSError):
        work(data)


@pytest.mark.parametrize(("name", "work"), [one for one in FILES if "json" not in one[0] or one[0] == "run.json"])
def test_a_link_to_where_nothing_is_yet(name: str, work: Callable[[Path], object], data: Path, victim: Victim) -> None:
    for folder in (data / name).parent.relative_to(data).parts:
        (data / folder).mkdir(mode=0o700)
    (data / name).symlink_to(victim.folder / "made-by-root")
    with suppress(AlprEdgeError, OSError):
        work(data)


@pytest.mark.parametrize(
    ("name", "work"),
    [(INCOMING, draft), ("lists", lock_lists), ("images", write_images)],
)
def test_a_link_in_place_of_a_folder(name: str, work: Callable[[Path], object], data: Path, victim: Victim) -> None:
    (data / name).symlink_to(victim.folder)
    with pytest.raises(AlprEdgeError, match="a link, which is not followed here"):
        work(data)


def test_links_in_place_of_the_images_folders(data: Path, victim: Victim) -> None:
    images = data / "images"
    images.mkdir(mode=0o700)
    os.chown(images, UNIT, UNIT)
    for prefix in PREFIXES:
        (images / prefix).symlink_to(victim.folder)
    write_images(data)
    store = ImageStore(images, KEY)
    assert store.orphans(()) == []
    assert store.remove_temporaries() == 0


def test_a_link_in_place_of_a_database_set_aside_is_none(data: Path, victim: Victim) -> None:
    (data / "damaged-20260302T170000Z").symlink_to(victim.folder)
    assert damaged_databases(data) == []


def test_what_took_the_place_of_a_file_of_root_s_is_not_given_away(data: Path, victim: Victim) -> None:
    (data / "link").symlink_to(victim.file)
    with pytest.raises(OSError, match="symbolic links"):
        give_to_owner_of(data, data / "link")
    os.link(victim.file, data / "second-name")
    give_to_owner_of(data, data / "second-name")
    (data / "second-name").unlink()
    (data / "mine").write_text("made by root")
    give_to_owner_of(data, data / "mine")
    assert (data / "mine").stat().st_uid == UNIT
