"""Daemons are restarted for settings that were written since they began."""

import os
from pathlib import Path

import pytest

from scripts.deploy.provision.services import is_outdated

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
