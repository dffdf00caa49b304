"""Daemons are restarted for settings written since they began; a release's unit files are linked and unlinked."""

import os
from pathlib import Path

import pytest

from scripts.deploy.provision.services import CAPTURE, CONSOLE, TARGET, UNIT_FILES, ReleaseUnitsStep, is_outdated

WRITTEN_S = 1_760_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "alpr-edge.toml"
    path.write_text('[unit]\nid = "car-7"\n')
    os.utime(path, (WRITTEN_S + 0.75, WRITTEN_S + 0.75))
    return path


@pytest.mark.parametrize(
    ("began", "is_stale"),
    [
        (f"@{WRITTEN_S - 1}", True),
        # systemctl shows whole seconds: provisioning itself writes the settings just before it starts a daemon.
        (f"@{WRITTEN_S}", False),
        (f"@{WRITTEN_S + 1}", False),
        ("", False),
    ],
)
def test_settings_written_since_a_daemon_began_outdate_it(settings: Path, began: str, is_stale: bool) -> None:
    assert is_outdated(began, settings) is is_stale


def test_a_daemon_without_settings_is_left_alone(tmp_path: Path) -> None:
    assert not is_outdated("@0", tmp_path / "alpr-edge.toml")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The links of a unit that was provisioned before there was a page."""
    folder = tmp_path / "system"
    folder.mkdir()
    for name in (TARGET, CAPTURE):
        (folder / name).symlink_to(UNIT_FILES / name)
    return folder


def release(folder: Path, *names: str) -> Path:
    (folder / "systemd").mkdir(parents=True)
    for name in names:
        (folder / "systemd" / name).touch()
    return folder


def test_a_release_that_brings_a_unit_has_it_linked(tmp_path: Path, machine: Path) -> None:
    step = ReleaseUnitsStep(release(tmp_path / "new", TARGET, CAPTURE, CONSOLE), machine)
    assert step.pending() == [f"link {machine / CONSOLE}"]


def test_a_release_that_lacks_a_unit_has_its_links_removed(tmp_path: Path, machine: Path) -> None:
    wants = machine / f"{TARGET}.wants"
    wants.mkdir()
    for link in (machine / CONSOLE, wants / CONSOLE):
        link.symlink_to(UNIT_FILES / CONSOLE)
    step = ReleaseUnitsStep(release(tmp_path / "old", TARGET, CAPTURE), machine)
    assert step.pending() == [f"remove {machine / CONSOLE}", f"remove {wants / CONSOLE}"]
    assert ReleaseUnitsStep(release(tmp_path / "same", TARGET, CAPTURE, CONSOLE), machine).pending() == []
