"""After a start the upkeep looks through the images, a folder at a time and in another order at each start."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.app.store_upkeep.image_reconciliation import ImageReconciliation
from alpr_edge.domain.protocol.items import digest
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.settings import load
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.rig import daemon, wait_for_health, write_frames, write_settings
from tests.store.damage import overwrite_page
from tests.units import write_bare_unit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True, replace_damaged=True) as unit_store:
        yield unit_store


def leave_orphans(images: Path) -> None:
    """An image without a row in each folder, as power cuts leave them."""
    for prefix in PREFIXES:
        (images / prefix).mkdir(mode=0o700, parents=True, exist_ok=True)
        (images / prefix / f"{prefix}{digest(prefix.encode())[2:]}").write_bytes(b"")


def folders_left(images: Path) -> set[str]:
    """The folders that still have their image."""
    return {path.parent.name for path in images.glob("*/*")}


def test_each_folder_is_looked_at_once_and_the_first_is_not_always_the_same(store: UnitStore) -> None:
    images, firsts = store.images.directory, set[str]()
    for _ in range(4):
        leave_orphans(images)
        reconciliation = ImageReconciliation(store)
        reconciliation.step()
        (first,) = set(PREFIXES) - folders_left(images)
        firsts.add(first)
    assert len(firsts) > 1
    for _ in PREFIXES[1:]:
        reconciliation.step()
    assert (folders_left(images), reconciliation.faults) == (set(), [])
    leave_orphans(images)
    reconciliation.step()
    assert folders_left(images) == set(PREFIXES), "the next look comes with the next start"


def test_folders_that_cannot_be_looked_into_are_one_fault_and_the_others_are_looked_at(store: UnitStore) -> None:
    images = store.images.directory
    leave_orphans(images)
    for prefix in PREFIXES[:8]:
        next((images / prefix).iterdir()).unlink()
        (images / prefix).rmdir()
        (images / prefix).write_bytes(b"")
    reconciliation = ImageReconciliation(store)
    for _ in PREFIXES:
        reconciliation.step()
    (fault,) = reconciliation.faults
    assert fault.endswith("cannot be looked into: Not a directory")
    assert folders_left(images) == set()


def test_damage_that_a_look_meets_is_left_to_the_round_and_lets_no_image_go(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True) as store, store.database.read() as connection:
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'images'").scalar_one()
    overwrite_page(settings.unit.data_directory, page)
    with open_store(settings, migrate=False) as store:
        images, reconciliation = store.images.directory, ImageReconciliation(store)
        leave_orphans(images)
        reconciliation.step()
        assert store.database.damage
        DatabaseHealth(store).mend()
        for _ in PREFIXES:
            reconciliation.step()
        assert reconciliation.faults == []
        assert folders_left(images) == set(PREFIXES)


def test_the_daemon_of_the_cameras_looks_through_images_while_it_reads_plates(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)))
    images = load(settings).unit.data_directory / "images"
    private_directory(images.parent)
    private_directory(images)
    leave_orphans(images)
    orphans = set(images.glob("*/*"))
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=unit.started")
        removed = orphans - set(images.glob("*/*"))
        assert len(removed) < len(orphans) / 2, "the start looks through none of them"
        wait_for_health(tmp_path, lambda _: len(orphans - set(images.glob("*/*"))) > len(removed))
        assert run.end(signal.SIGTERM) == 0
