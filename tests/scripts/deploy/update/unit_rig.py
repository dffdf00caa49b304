"""A unit made of files: its releases, settings and daemons, for updates that are tried without a machine."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.release import MADE
from scripts.deploy.update.daemons import SettingsRefusedError
from scripts.deploy.update.releases import Releases

OLD_SETTINGS, NEW_SETTINGS = "[retention]\ndays = 14.0  # d\n", "[retention]\nacknowledged_days_max = 14.0  # d\n"


@dataclass
class FolderDaemons:
    """Daemons of releases made of files: one is ready unless its release holds a file that says why not."""

    releases: Releases
    restarts: list[str] = field(default_factory=list)
    settings_tried: list[Path] = field(default_factory=list)
    choices: list[tuple[str, int]] = field(default_factory=list)
    adapted: list[str] = field(default_factory=list)

    def adapt_machine(self, release: Path) -> None:
        if (release / "no-keys").exists():
            raise ProvisioningError("the keys cannot be sealed")
        self.adapted.append(release.name)

    def choose_models(self) -> bool:
        """The version that chose, and how often the daemons were restarted before."""
        self.choices.append((self.releases.in_use, len(self.restarts)))
        return not (self.releases.folder(self.releases.in_use) / "unmeasured").exists()

    def restart(self) -> None:
        self.restarts.append(self.releases.in_use)

    def wait_ready(self, within_s: float) -> str:
        fault = self.releases.folder(self.releases.in_use) / "fault"
        return fault.read_text() if fault.exists() else ""

    def faults(self) -> dict[str, str]:
        """A line each of a release's file "red" is the name of a check."""
        red = self.releases.folder(self.releases.in_use) / "red"
        return dict.fromkeys(red.read_text().splitlines() if red.exists() else (), "down")

    def lasting_faults(self, known: Collection[str]) -> dict[str, str]:
        return {name: finding for name, finding in self.faults().items() if name not in known}

    def require_readable(self, release: Path, settings: Path) -> None:
        self.settings_tried.append(settings)
        if (release / "too-old").exists():
            raise ProvisioningError("written by a newer release")
        if (release / "other-settings").exists():
            raise SettingsRefusedError("retention: no such key")


def add(releases: Releases, version: str, *files: str, red: str = "") -> None:
    """Make a release of a version, with files of these names, and the names of its red checks, a line each."""
    folder = releases.folder(version)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MADE, *files):
        (folder / name).write_text(name)
    if red:
        (folder / "red").write_text(red)
