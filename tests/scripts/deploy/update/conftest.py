"""A unit with three releases, and what a power cut leaves of a trial."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from scripts.deploy.update.releases import Releases
from scripts.deploy.update.settings_file import SettingsFile
from scripts.deploy.update.updater import Update
from tests.scripts.deploy.update.unit_rig import OLD_SETTINGS, FolderDaemons, add


@pytest.fixture
def unit(tmp_path: Path) -> Update:
    releases = Releases(tmp_path / "opt")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        add(releases, version)
    (releases.base / "current").symlink_to("releases/1.1.0")
    (releases.base / "previous").symlink_to("releases/1.0.0")
    settings = SettingsFile(tmp_path / "etc" / "alpr-edge.toml")
    settings.path.parent.mkdir()
    settings.path.write_text(OLD_SETTINGS)
    settings.path.chmod(0o640)
    boot_unit = tmp_path / "alpr-edge-trial.service"
    return Update(releases, FolderDaemons(releases), lambda line: None, 1.0, boot_unit, settings)


@pytest.fixture
def on_trial(unit: Update) -> Callable[..., None]:
    """What is on the disk when the power goes before the switch, or after it: once the daemons restarted, or before."""

    def begin(
        *,
        is_switched: bool,
        tries: int = 0,
        was_fit: bool = True,
        is_adapted: bool = True,
        red_before: Sequence[str] = (),
    ) -> None:
        state = {"before": "1.1.0", "after": "1.2.0", "was_fit": was_fit, "ready_s": 1.0, "tries": tries}
        # Left out where it is not so, as the previous release does.
        state |= {"is_adapted": True} if is_adapted else {}
        state |= {"red_before": list(red_before)} if red_before else {}
        (unit.releases.base / "trial.json").write_text(json.dumps(state))
        if is_switched:
            unit.releases.use("1.2.0")

    return begin
