"""A read-only file system is told before an update makes anything, with what to do."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.deploy.provision.machine import ProvisioningError, require_writable
from scripts.deploy.update.releases import Releases
from scripts.deploy.update.updater import Update


@pytest.fixture
def read_only(tmp_path: Path, can_mount: None) -> Iterator[Path]:
    folder = tmp_path / "read-only"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_folder_that_can_be_written_or_made_passes(tmp_path: Path) -> None:
    require_writable(tmp_path, tmp_path / "not" / "there" / "yet")


def test_a_read_only_root_refuses_an_update_before_its_bundle_is_looked_at(unit: Update, read_only: Path) -> None:
    todo = f"{read_only} is mounted read-only; to make it writable: sudo mount -o remount,rw {read_only}"
    services = read_only / "system"
    with pytest.raises(ProvisioningError) as error:
        replace(unit, boot_unit=services / "alpr-edge-trial.service").take(Path("none"), Path("none"), downgrade=False)
    assert str(error.value) == f"{services}: {todo}"
    with pytest.raises(ProvisioningError) as error, Releases(read_only).alone():
        pass
    assert str(error.value) == f"{read_only}: {todo}"
