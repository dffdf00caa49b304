"""Which steps make a department's server, in which order and why in that one."""

from dataclasses import dataclass, field
from pathlib import Path

from scripts.deploy.department.checks import DepartmentCheckStep
from scripts.deploy.department.folder import DepartmentFolderStep, DepartmentSettingsStep
from scripts.deploy.department.host import COMMAND, USER
from scripts.deploy.department.postgresql import PACKAGE, PostgresqlStep
from scripts.deploy.department.release import DepartmentReleaseStep, ReleaseChange
from scripts.deploy.department.services import DepartmentServicesStep, DropInsStep
from scripts.deploy.department.standstill import Standstill
from scripts.deploy.provision.accounts import AccountsStep
from scripts.deploy.provision.base import OverlayStep, PackagesStep
from scripts.deploy.provision.steps import Step

PACKAGES = ("ca-certificates", "chrony", "openssl", "python3-venv", "unattended-upgrades")
"""Beyond what any Debian has: authorities, time, what reads certificates, the environment, security updates."""


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """The options of setting a department up."""

    source: Path
    """The checkout, or a release."""
    names: list[str] = field(default_factory=list)
    """Names and addresses that units use."""
    with_postgresql: bool = False
    settings: Path | None = None
    target: str = ""
    """The folder of the backups."""
    keys: str = ""
    """The folder that the keys are copied to."""
    bundle: Path | None = None
    """A checked copy of one."""
    change: ReleaseChange = ReleaseChange.NONE
    """Which other release is taken up in place of the one in use."""


def plan(request: SetupRequest, standstill: Standstill | None = None) -> list[Step]:
    """All steps.

    The settings come before the department, which is made by them; the services start when nothing is missing any more;
    then the department's own check says whether all is as it should be. What settings and department refuse is known
    before anything is stopped for another release.

    Args:
        request: what was asked for.
        standstill: the services that are stopped for another release; None: those of this machine.

    Raises:
        ProvisioningError: a file that was named cannot be used.
    """
    system = request.source / "config" / "department"
    with_postgresql = request.with_postgresql
    settings = DepartmentSettingsStep(request.settings, request.target, request.keys)
    department = DepartmentFolderStep(request.names, with_postgresql=with_postgresql)
    return [
        PackagesStep(request.bundle, (*PACKAGES, *([PACKAGE] if with_postgresql else []))),
        AccountsStep(system, USER),
        DepartmentReleaseStep(
            request.source,
            request.bundle,
            change=request.change,
            standstill=standstill,
            later=(settings, department),
        ),
        OverlayStep("command", system, (str(COMMAND).lstrip("/"),)),
        *([PostgresqlStep()] if with_postgresql else []),
        settings,
        department,
        DropInsStep(),
        DepartmentServicesStep(),
        DepartmentCheckStep(),
    ]
