"""A release on trial: written down before the link is switched, so that whoever starts next knows what to decide."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.update.releases import sync_folder

BOOT_UNIT = Path("/etc/systemd/system/alpr-edge-trial.service")
TAKEN_BACK = 4
"""The exit code of an update that was taken back."""
_BOOT = """\
[Unit]
Description=alpr-edge: keep or take back the release that was on trial when the power went
ConditionPathExists={trial}

[Service]
Type=oneshot
TimeoutStartSec=900
# Taken back is decided as well; a failed unit would call for a person.
SuccessExitStatus={taken_back}
ExecStart={program} --resume

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """The state of a trial."""

    before: str
    """The version to go back to."""
    after: str
    was_fit: bool
    """What the unit said of itself before: a fault it had already is not the new release's."""
    ready_s: float
    tries: int = 0
    """How often it was begun to decide it."""

    @classmethod
    def under_way(cls, path: Path) -> "Trial | None":
        """Read the trial that an interrupted update left. Raises ProvisioningError."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            raise ProvisioningError(f"{path}: cannot be read; see which release is right, then remove it") from None

    def begin(self, path: Path, program: Path, boot_unit: Path = BOOT_UNIT) -> None:
        """Write it down, and have it decided after a power cut.

        Args:
            path: the file that it is written to.
            program: ``scripts/update`` of the release before, which is known to work.
            boot_unit: the systemd unit that runs it.
        """
        boot_unit.write_text(boot_text(path, program), encoding="ascii")
        run("systemctl", "enable", "--quiet", boot_unit.name)
        os.sync()  # the unit and its link: a trial on the disk without them would never be decided
        _write(self, path)

    def again(self, path: Path) -> "Trial":
        """Count one more attempt to decide it."""
        next_trial = replace(self, tries=self.tries + 1)
        _write(next_trial, path)
        return next_trial


def boot_text(trial: Path, program: Path) -> str:
    """The systemd unit that decides a trial at the start of the computer."""
    return _BOOT.format(trial=trial, program=program, taken_back=TAKEN_BACK)


def end(path: Path, boot_unit: Path = BOOT_UNIT) -> None:
    """End the trial, which is decided."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
    if boot_unit.exists():
        succeeds("systemctl", "disable", "--quiet", boot_unit.name)
        boot_unit.unlink()


def _write(trial: Trial, path: Path) -> None:
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(trial)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
