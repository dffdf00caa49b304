"""What a unit's spool wrote, taken in at the depot."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli.department import app
from alpr_edge.department.media import TakenIn, take_in
from alpr_edge.department.storage import Storage
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.wire import ItemKind
from alpr_edge.uplink.spool import DirectorySpool
from tests.uplink.items import hit_item, image_item, item, read_item, stored

BATCH = [hit_item(), read_item(), image_item(), item("unit-1:entry", ItemKind.ACCESS, b"{}")]


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(tmp_path / "department")
    yield opened
    opened.close()


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    made = tmp_path / "medium"
    made.mkdir()
    DirectorySpool(made, "unit-1").deliver(BATCH)
    return made


def taken(storage: Storage, medium: Path) -> TakenIn:
    return take_in(storage, medium, lambda _: None)


def test_every_item_arrives_once_however_often_the_medium_is_read(
    storage: Storage, medium: Path, tmp_path: Path
) -> None:
    assert taken(storage, medium) == taken(storage, medium) == TakenIn(stored=4)
    assert stored(tmp_path / "department") == {sent.item_id: sent.sha256 for sent in BATCH}


def test_what_also_came_over_the_network_is_not_doubled(storage: Storage, medium: Path, tmp_path: Path) -> None:
    taken(storage, medium)
    DirectorySpool(medium, "unit-1").deliver([read_item(1), read_item(2)])
    assert taken(storage, medium).stored == 5
    assert len(stored(tmp_path / "department")) == 5


def test_an_item_that_was_never_finished_is_left_out(storage: Storage, medium: Path) -> None:
    (medium / "unit-1" / "read-9.read").write_bytes(read_item(9).body)
    assert taken(storage, medium) == TakenIn(stored=4)


def test_damaged_missing_foreign_and_linked_files_are_told_and_do_not_stop_the_rest(
    storage: Storage, medium: Path, tmp_path: Path
) -> None:
    (medium / "unit-1" / "read-1.read").write_bytes(b"rot")
    (medium / "unit-1" / "hit-1.hit").unlink()
    DirectorySpool(medium, "unit-2").deliver([read_item(3)])
    secret = tmp_path / "secret"
    secret.write_text("{}")
    (medium / "unit-2" / "read-3.read").unlink()
    (medium / "unit-2" / "read-3.read").symlink_to(secret)
    DirectorySpool(medium, "unit-3").deliver([read_item(4)])
    found = taken(storage, medium)
    assert (found.stored, found.refused) == (2, 4)
    shown = "\n".join(found.troubles)
    for expected in (
        "hit-1.hit: cannot be read: No such file",
        "read-1.read: 400 body: changed on the way",
        "read-3.read: cannot be read: Too many levels of symbolic links",
        "read-4.read: 422 unit_id: not that of the item",
    ):
        assert expected in shown
    assert "7ABC123" not in shown


def test_no_medium_is_told_in_a_line(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="cannot be read: No such file or directory"):
        taken(storage, tmp_path / "nowhere")


def test_the_command_tells_what_came_of_it(storage: Storage, medium: Path, tmp_path: Path) -> None:
    arguments = ["import", str(medium), "--directory", str(tmp_path / "department"), "--json"]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0
    assert json.loads(outcome.stdout) == {"stored": 4, "refused": 0, "troubles": []}
    (medium / "unit-1" / "read-1.read").write_bytes(b"rot")
    outcome = CliRunner().invoke(app, arguments[:-1])
    assert outcome.exit_code == 1
    assert outcome.stdout == "3 items stored or stored before\n"
    assert "read-1.read: 400 body: changed on the way" in outcome.stderr
