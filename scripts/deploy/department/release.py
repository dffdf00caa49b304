"""The department's release, and the step from one to the next."""

import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path

from scripts.deploy.department.host import BASE, FOLDER, run_department
from scripts.deploy.department.services import ALARMS, BACKUP, DRILL, EXCHANGE, PURGE
from scripts.deploy.department.standstill import Standstill
from scripts.deploy.provision.machine import ProvisioningError, link, run, succeeds
from scripts.deploy.provision.release import MADE, ReleaseStep, make_release, version_of
from scripts.deploy.provision.steps import Step
from scripts.deploy.update.releases import is_older

JOBS = tuple(f"{name}.service" for name in (PURGE, BACKUP, DRILL, ALARMS, EXCHANGE))
MIGRATE_S_MAX = 6 * 3600
UNFINISHED = "upgrade-unfinished"
"""Lies there from the switch to another release until the database has its tables: a power cut comes between them."""
_MIGRATION = "bring the database to its tables"


class ReleaseChange(StrEnum):
    """Which other release may take the place of the one in use."""

    NONE = "none"
    NEWER = "newer"
    ANY = "any"


class DepartmentReleaseStep:
    """The software; another release than the one in use is taken up when asked for.

    Args:
        source: the checkout, or a release.
        bundle: folder of an offline bundle; None takes packages from the index.
        change: which other release is taken up.
        standstill: the services, which are stopped for another release; None: those of this machine.
        later: steps that may refuse what was named; they are asked before anything is stopped.
        base: the folder of the releases.
    """

    name = "release"

    def __init__(
        self,
        source: Path,
        bundle: Path | None,
        *,
        change: ReleaseChange = ReleaseChange.NONE,
        standstill: Standstill | None = None,
        later: Sequence[Step] = (),
        base: Path = BASE,
    ) -> None:
        self._step = ReleaseStep(source, bundle, base)
        self._base, self._unfinished = base, base / UNFINISHED
        self._source = source
        self._wheels = None if bundle is None else bundle / "wheels"
        self._version = version_of(source)
        self._change = change
        self._standstill = standstill or Standstill()
        self._systemctl = self._standstill.systemctl
        self._later = later

    def pending(self) -> list[str]:
        """Making the release and linking to it.

        Raises:
            ProvisioningError: another one is in use, and nobody asked for this one, or a later step refuses.
        """
        used = self._version_in_use()
        is_other = used not in {"", self._version}
        if is_other:
            self._require_change(used)
        if is_other or self._unfinished.exists():
            for step in self._later:
                step.pending()
        if is_other:
            return [f"make {self._target}", f"stop the server of {used}", _MIGRATION]
        return [*self._step.pending(), *([_MIGRATION] if self._unfinished.exists() else [])]

    def apply(self, undo: ExitStack) -> None:
        """Make it; where it takes another's place, the server stands still from the link until the services' step.

        A release whose tables cannot be made is taken back: the change of the database is one transaction.
        """
        if self._version_in_use() in {"", self._version}:
            self._step.apply(undo)
            if self._unfinished.exists():
                # Nobody knows what ran before the power went: what runs from the start of the computer.
                self._standstill.begin("is-enabled")
                undo.callback(self._standstill.names.clear)  # nothing runs without its tables
                self._migrate()
            return
        self._require_idle()
        if not (self._target / MADE).is_file():
            undo.callback(shutil.rmtree, self._target, ignore_errors=True)
            make_release(self._source, self._target, self._wheels)
        undo.callback(self._standstill.end)
        undo.callback(succeeds, self._systemctl, "daemon-reload")  # once the link is back, before they start
        self._standstill.begin()
        self._require_idle()  # a timer may have started one while the release was made
        self._unfinished.touch()
        undo.callback(self._unfinished.unlink, missing_ok=True)
        os.sync()
        link(self._base / "current", Path("releases") / self._target.name, undo)
        self._migrate()

    def _require_change(self, used: str) -> None:
        """Refuse a release that nobody asked for."""
        if self._change is ReleaseChange.NONE:
            raise ProvisioningError(
                f"release {used} is in use, and this is {self._version}; to take it up: a backup, then --upgrade"
            )
        if self._change is ReleaseChange.NEWER and is_older(self._version, used):
            raise ProvisioningError(
                f"{self._version} is older than {used}, which is in use; --upgrade --allow-downgrade takes it"
            )

    def _require_idle(self) -> None:
        """Refuse while a job is at work, which stopping its timer does not end."""
        if busy := [name for name in JOBS if succeeds(self._systemctl, "is-active", "--quiet", name)]:
            raise ProvisioningError(f"{', '.join(busy)} is at work; run this again when it has ended")

    def _migrate(self) -> None:
        """Bring the database to the tables of the release in use."""
        run(self._systemctl, "daemon-reload")
        if (FOLDER / "server.pem").is_file():
            run_department("migrate", timeout_s=MIGRATE_S_MAX)
        self._unfinished.unlink(missing_ok=True)

    @property
    def _target(self) -> Path:
        return self._base / "releases" / self._version

    def _version_in_use(self) -> str:
        """The version in use; empty where there is none."""
        current = self._base / "current"
        return current.readlink().name if (current / MADE).is_file() else ""
