"""What units sealed on a medium, taken in at the depot."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli.department.app import app
from alpr_edge.department.ingest.media import ImportResult, MediumImport
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.settings import UplinkSettings
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for
from tests.uplink.items import hit_item, image_item, item, read_item, stored_digests
from tests.uplink.media import import_medium, path_of, write_items

BATCH = [hit_item(), read_item(), image_item(), item("unit-1:entry", ItemKind.ACCESS, b"{}")]

pytestmark = pytest.mark.review(13)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return initialise(tmp_path / "department", ["127.0.0.1"]).directory


@pytest.fixture
def units(directory: Path, tmp_path: Path) -> dict[str, UplinkSettings]:
    """Settings of units that the department knows."""
    return {
        unit_id: settings_for("", enrol_unit(directory, unit_id, tmp_path / unit_id))
        for unit_id in ("unit-1", "unit-2")
    }


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    new_storage = Storage(directory)
    yield new_storage
    new_storage.close()


@pytest.fixture
def medium(units: dict[str, UplinkSettings], tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    write_items(folder, units["unit-1"], "unit-1", BATCH)
    return folder


def troubles(result: ImportResult) -> list[str]:
    """Without the names of files."""
    return sorted(trouble.partition(": ")[2] for trouble in result.troubles)


def test_every_item_arrives_once_however_often_the_medium_is_read(
    storage: Storage, directory: Path, medium: Path
) -> None:
    for _ in range(2):
        assert import_medium(storage, directory, medium) == ImportResult(stored=4, receipts=4)
    assert stored_digests(directory) == {each.item_id: each.sha256 for each in BATCH}


def test_what_also_came_over_the_network_is_not_doubled(
    storage: Storage, directory: Path, medium: Path, units: dict[str, UplinkSettings]
) -> None:
    import_medium(storage, directory, medium)
    write_items(medium, units["unit-1"], "unit-1", [read_item(1), read_item(2)])
    assert import_medium(storage, directory, medium).stored == 5
    assert len(stored_digests(directory)) == 5


def test_an_item_that_was_never_finished_is_left_out(storage: Storage, directory: Path, medium: Path) -> None:
    whole = path_of(medium, "unit-1", read_item())
    whole.rename(whole.with_name(f".{whole.name}.new"))
    assert import_medium(storage, directory, medium) == ImportResult(stored=3, receipts=3)


def test_damaged_and_linked_files_are_told_and_do_not_stop_the_rest(
    storage: Storage, directory: Path, medium: Path, tmp_path: Path
) -> None:
    paths = [path_of(medium, "unit-1", each) for each in BATCH]
    content = paths[0].read_bytes()
    paths[0].write_bytes(content[: len(content) // 2])
    paths[1].write_bytes(b"rot")
    secret = tmp_path / "secret.item"
    secret.write_bytes(paths[2].read_bytes())
    paths[2].unlink()
    paths[2].symlink_to(secret)
    (medium / "unit-3").symlink_to(medium / "unit-1")
    result = import_medium(storage, directory, medium)
    assert (result.stored, result.refused) == (1, 2)
    assert troubles(result) == [
        "cut off",
        "not a file of this kind and version",
        "not looked at: a link, which is not followed here",
    ]
    assert "7ABC123" not in str(result)


def test_an_item_changed_in_any_place_is_refused(storage: Storage, directory: Path, medium: Path) -> None:
    path = path_of(medium, "unit-1", read_item())
    content = path.read_bytes()
    for place in (40, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        result = import_medium(storage, directory, medium)
        assert (result.stored, result.refused) == (3, 1), place
    assert read_item().item_id not in stored_digests(directory)


def test_what_another_unit_wrote_or_signed_is_refused(
    storage: Storage, directory: Path, medium: Path, units: dict[str, UplinkSettings], tmp_path: Path
) -> None:
    # In a folder that is not the writer's, about another unit, and by a unit that nobody enrolled.
    write_items(medium, units["unit-2"], "unit-2", [read_item(2)], folder="unit-1")
    write_items(medium, units["unit-2"], "unit-2", [read_item(3)])
    write_items(medium, units["unit-2"], "unit-1", [read_item(4)])
    stranger = initialise(tmp_path / "elsewhere", ["127.0.0.1"]).directory
    settings = settings_for("", enrol_unit(stranger, "unit-1", tmp_path / "stranger"))
    mine = settings.model_copy(update={"media_key_file": units["unit-1"].media_key_file})
    write_items(medium, mine, "unit-1", [read_item(5)])
    result = import_medium(storage, directory, medium)
    assert (result.stored, result.refused) == (4, 4)
    assert troubles(result) == [
        "422 unit_id: not that of the item or the connection",
        "lies in the folder of another unit than wrote it",
        "signed with a certificate that is not on record for this unit",
        "signed with a certificate that is not on record for this unit",
    ]


def test_what_was_sealed_for_another_department_is_refused(
    storage: Storage, directory: Path, medium: Path, units: dict[str, UplinkSettings], tmp_path: Path
) -> None:
    elsewhere = initialise(tmp_path / "elsewhere", ["127.0.0.1"])
    other = enrol_unit(elsewhere.directory, "unit-1", tmp_path / "other") / "department-media.pem"
    theirs = units["unit-1"].model_copy(update={"media_key_file": other})
    write_items(medium, theirs, "unit-1", [read_item(6)])
    result = import_medium(storage, directory, medium)
    assert (result.stored, result.refused) == (4, 1)
    assert troubles(result) == ["sealed for another department, or for a key that this one no longer has"]


def test_a_revoked_unit_counts_only_when_somebody_says_so(storage: Storage, directory: Path, medium: Path) -> None:
    storage.units.revoke("unit-1", "stolen")
    result = import_medium(storage, directory, medium)
    assert (result.stored, result.refused) == (0, 4)
    assert all("--accept-revoked unit-1" in trouble for trouble in result.troubles)
    assert import_medium(storage, directory, medium, "unit-1").stored == 4


def test_a_certificate_that_ended_since_still_counts(
    storage: Storage, directory: Path, medium: Path, tmp_path: Path
) -> None:
    old_settings = settings_for("", enrol_unit(directory, "unit-1", tmp_path / "ended", days=-1))
    write_items(medium, old_settings, "unit-1", [read_item(8)])
    assert import_medium(storage, directory, medium).stored == 5


@pytest.mark.review(16)
def test_receipts_are_written_beside_a_link_that_waits_for_them(
    storage: Storage, directory: Path, medium: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("shadow")
    for name in ("receipts-0001.signed", ".receipts-0001.signed.new"):
        (medium / "unit-1" / name).symlink_to(victim)
    assert import_medium(storage, directory, medium).receipts == 4
    assert victim.read_text() == "shadow"
    assert not (medium / "unit-1" / "receipts-0001.signed").is_symlink()


def test_receipts_that_cannot_be_written_are_told(storage: Storage, directory: Path, medium: Path) -> None:
    (medium / "unit-1" / "receipts-0001.signed").mkdir()
    result = import_medium(storage, directory, medium)
    assert (result.stored, result.refused, result.receipts) == (4, 0, 0)
    assert troubles(result) == ["receipts cannot be written on the medium: Is a directory"]


def test_no_medium_is_told_in_a_line(storage: Storage, directory: Path, tmp_path: Path, medium: Path) -> None:
    with pytest.raises(DepartmentError, match="cannot be read: No such file or directory"):
        import_medium(storage, directory, tmp_path / "nowhere")
    (medium / "alpr-edge-medium.json").unlink()
    with pytest.raises(DepartmentError, match="no medium that a unit wrote to"):
        import_medium(storage, directory, medium)


def test_without_its_key_nothing_is_taken_in(storage: Storage, directory: Path, units: dict[str, object]) -> None:
    assert units
    (directory / "media.key").unlink()
    with pytest.raises(DepartmentError, match="make one: alpr-edge department key"):
        MediumImport(storage, TlsFiles(directory))


def test_without_a_key_to_sign_with_there_are_no_receipts(storage: Storage, directory: Path, medium: Path) -> None:
    (directory / "server.key").write_text("no key")
    result = import_medium(storage, directory, medium)
    assert (result.stored, result.refused, result.receipts) == (4, 0, 0)
    assert "cannot sign receipts; run: alpr-edge department init" in result.troubles[0]


def test_the_command_tells_what_came_of_it(directory: Path, medium: Path) -> None:
    arguments = ["import", str(medium), "--directory", str(directory), "--json"]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, outcome.stderr
    assert json.loads(outcome.stdout) == {"stored": 4, "refused": 0, "receipts": 4, "troubles": []}
    path_of(medium, "unit-1", read_item()).write_bytes(b"rot")
    outcome = CliRunner().invoke(app, arguments[:-1])
    assert outcome.exit_code == 1
    assert outcome.stdout == "3 items stored or stored before, 3 receipts left on the medium\n"
    assert "not a file of this kind and version" in outcome.stderr


def test_the_command_prints_one_key_for_good(tmp_path: Path, directory: Path) -> None:
    outcomes = [CliRunner().invoke(app, ["key", "--directory", str(directory)]) for _ in range(2)]
    assert outcomes[0].stdout == outcomes[1].stdout
    assert outcomes[0].stdout.startswith("-----BEGIN PUBLIC KEY-----")
    assert (directory / "media.key").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(directory)
    assert CliRunner().invoke(app, ["key", "--directory", str(directory)]).exit_code == 1
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names alone
