"""Every stored body and image is compared with its digest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import READ_ITEMS, Storage
from alpr_edge.department.ingest.verification import Verification, verify
from tests.department.engines import OTHER_BODY, EngineUnderTest, query
from tests.uplink.items import image_item, read_item

READS = READ_ITEMS + 3


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    storage = Storage(directory)
    items = [*(read_item(number) for number in range(READS)), image_item(1), image_item(2)]
    storage.store("unit-1", [Part(item.item_id, item.kind.value, item.body, item.sha256) for item in items])
    yield storage
    storage.close()


def image_path(directory: Path, number: int) -> Path:
    sha256 = image_item(number).sha256
    return directory / "images" / sha256[:2] / f"{sha256}.jpg"


def result_of(storage: Storage) -> Verification:
    ticks: list[tuple[int, int]] = []
    result = verify(storage, lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (READS + 2, READS + 2)
    return result


def test_what_is_whole_is_counted(storage: Storage) -> None:
    result = result_of(storage)
    assert (result.bodies, result.images, result.is_whole, result.examples) == (READS, 2, True, ())


def test_each_damage_is_counted_by_its_kind_and_no_plate_is_shown(storage: Storage, directory: Path) -> None:
    image_path(directory, 1).write_bytes(b"\xff\xd8\xff something else")
    image_path(directory, 2).unlink()
    query(directory, f"UPDATE items SET body = {OTHER_BODY} WHERE item_id = '{read_item(3).item_id}'")
    result = result_of(storage)
    assert (result.damaged_images, result.missing_images, result.damaged_bodies) == (1, 1, 1)
    assert not result.is_whole
    assert sorted(line.rpartition(": ")[2] for line in result.examples) == [
        "its body is damaged",
        "its file is damaged",
        "its file is missing",
    ]
    assert "7ABC" not in " ".join(result.examples)


def test_a_picture_that_is_deleted_meanwhile_is_not_missing(storage: Storage, directory: Path) -> None:
    first, last = sorted((1, 2), key=lambda number: image_item(number).sha256)

    def delete_last(done: int, _: int) -> None:
        if done == 1:
            query(directory, f"DELETE FROM items WHERE item_id = '{image_item(last).sha256}'")
            image_path(directory, last).unlink()

    result = verify(storage, delete_last)
    assert (result.bodies, result.images, result.is_whole, result.examples) == (READS, 1, True, ())
    assert image_path(directory, first).is_file()
