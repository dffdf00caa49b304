"""A release on trial: written down before the link is switched, so that whoever starts next knows what to decide."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.update.releases import sync_folder

BOOT_UNIT = Path("/etc/systemd/system/alpr-edge-trial.service")
TAKEN_BACK = 4
"""The exit code of an update that was taken back."""
START_S_MAX = 2400
"""Time in which a trial is decided at a start of the computer, all waits at their longest."""
_BOOT = """\
[Unit]
Description=alpr-edge: keep or take back the release that was on trial when the power went
ConditionPathExists={trial}

[Service]
Type=oneshot
# Both releases' model files may be measured, both may take their time, and what is red is checked again for a while.
TimeoutStartSec={start_s_max}
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
    """Whether nothing was red before."""
    ready_s: float
    tries: int = 0
    """How often it was begun to decide it."""
    is_adapted: bool = False
    """Whether the machine has what the new release needs, and its daemons were restarted; older files say nothing."""
    red_before: tuple[str, ...] = ()
    """The checks that were red before: their faults are not the new release's. Empty of an unfit unit: not known."""

    @classmethod
    def under_way(cls, path: Path) -> "Trial | None":
        """Read the trial that an interrupted update left. Raises ProvisioningError."""
        try:
            trial = cls(**json.loads(path.read_text(encoding="utf-8")))
            return replace(trial, red_before=tuple(trial.red_before))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            raise ProvisioningError(f"{path}: cannot be read; see which release is right, then remove it") from None

    def begin(self, path: Path, program: Path, boot_unit: Path = BOOT_UNIT) -> None:
        """Write it down, and have it decided after a power cut.

        Args:
            path: the file that it is written to.
            program: ``scripts/update`` of the release that decides it.
            boot_unit: the systemd unit that runs it.
        """
        boot_unit.write_text(boot_text(path, program), encoding="ascii")
        run("systemctl", "enable", "--quiet", boot_unit.name)
        os.sync()  # the unit and its link: a trial on the disk without them would never be decided
        _write(self, path)

    def again(self, path: Path) -> "Trial":
        """Count one more attempt to decide it, on a disk that takes no note for this attempt alone."""
        next_trial = replace(self, tries=self.tries + 1)
        with suppress(OSError):
            _write(next_trial, path)
        return next_trial

    def note_adaptation(self, path: Path) -> "Trial":
        """Note that the machine was adapted to the new release and the daemons were restarted. Raises OSError."""
        next_trial = replace(self, is_adapted=True)
        _write(next_trial, path)
        return next_trial


def is_read_by(release: Path) -> bool:
    """Whether the programs of a release know all that a trial notes, its last field too; others cannot read it."""
    code = release / "scripts" / "deploy" / "update" / "trial.py"
    return code.is_file() and f"{fields(Trial)[-1].name}:" in code.read_text(encoding="utf-8")


def boot_text(trial: Path, program: Path) -> str:
    """The systemd unit that decides a trial at the start of the computer."""
    return _BOOT.format(trial=trial, program=program, taken_back=TAKEN_BACK, start_s_max=START_S_MAX)


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
