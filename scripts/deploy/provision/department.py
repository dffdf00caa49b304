"""The steps that join a unit to its department: enrollment, models, lists, check; all run the unit's own command."""

import json
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.accounts import AS_UNIT
from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.provision.unit_settings import installed_settings

DATABASE = Path("/var/lib/alpr-edge/edge.db")
TLS_FILES = {"ca_file": "department-ca.pem", "certificate_file": "unit.pem", "key_file": "unit.key"}
TLS_FOLDER = Path("/etc/alpr-edge/tls")
LISTS_S_MAX, CHECK_S_MAX, CHOOSE_S_MAX = 1800, 300, 300
CHOOSE = "measure which model files this computer runs"
SETTLING_S_MAX, AGAIN_S = 180.0, 5.0


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a department gives a unit to enroll with."""

    code: str = ""
    fingerprint: str = ""
    """SHA-256 of the department's authority."""
    port: int = 0
    """The port on which it enrolls; 0: the usual one."""


class EnrolmentStep:
    """Certificates of the department for this unit.

    Args:
        department: its address; empty when this run was not told to enroll.
        invitation: the code and fingerprint that ``alpr-edge-department code`` printed there.
    """

    name = "enrolment"

    def __init__(self, department: str, invitation: Invitation) -> None:
        self._department = department
        self._invitation = invitation

    def pending(self) -> list[str]:
        """Enrolling, where a department is set and a certificate file is missing."""
        uplink = installed_settings().get("uplink", {})
        url = self._department or uplink.get("url", "")
        if not url:
            return []
        missing = [path for path in _tls_files(uplink) if not path.exists()]
        return [f"enroll at {url}"] if missing else []

    def apply(self, undo: ExitStack) -> None:
        """Enroll."""
        invitation = self._invitation
        if not invitation.code or not invitation.fingerprint:
            raise ProvisioningError(
                "not enrolled yet: pass --code and --ca-fingerprint, as printed at the department by: "
                "sudo alpr-edge-department code UNIT_ID"
            )
        uplink = installed_settings().get("uplink", {})
        for path in _tls_files(uplink):
            if not path.exists():
                undo.callback(_remove, path)
        where = ["--department", self._department or uplink["url"], "--ca-fingerprint", invitation.fingerprint]
        where += ["--enroll-port", str(invitation.port)] if invitation.port else []
        # Through a pipe: a command line can be seen by every user.
        run(AS_UNIT, "unit", "enroll", *where, "--code", "-", stdin=f"{invitation.code}\n".encode(), timeout_s=120)


class ModelsStep:
    """Check that the models are the ones their manifest names, and measure which file of each this computer runs.

    Args:
        command: the unit's own command.
    """

    name = "models"

    def __init__(self, command: Path = AS_UNIT) -> None:
        self._command = command

    def pending(self) -> list[str]:
        """The choice between float32 and int8, where none fits; a model that differs cannot be mended here.

        Raises:
            ProvisioningError: one differs.
        """
        if not self._command.exists():
            return [CHOOSE]
        run(self._command, "models", "verify", timeout_s=120)
        return [] if succeeds(self._command, "models", "choice", timeout_s=120) else [CHOOSE]

    def apply(self, undo: ExitStack) -> None:
        """Measure; a choice that does not fit any more is nothing to bring back."""
        del undo
        run(self._command, "models", "choose", timeout_s=CHOOSE_S_MAX)


class ListsStep:
    """The hotlists of the settings, before the unit starts; from then on its uplink keeps them."""

    name = "lists"

    def pending(self) -> list[str]:
        """The sources of which the unit has no list yet."""
        return [f"fetch the list {name}" for name in self._missing()]

    def apply(self, undo: ExitStack) -> None:
        """Download and import the lists; makes the database if there is none."""
        del undo
        run(AS_UNIT, "hotlist", "sync", *self._missing(), timeout_s=LISTS_S_MAX)

    @staticmethod
    def _missing() -> list[str]:
        sources = [
            source["name"] for source in installed_settings().get("hotlist", {}).get("source", []) if "name" in source
        ]
        if not sources or not DATABASE.exists():
            return sources
        status: dict[str, Any] = json.loads(run(AS_UNIT, "hotlist", "status", "--json", timeout_s=120))
        live = {row["source"] for row in status["lists"]}
        return [name for name in sources if name not in live]


class UnitCheckStep:
    """Run the unit's own check, last of all. Cameras are checked in the car, once they are aimed.

    What is red is checked again for a while: a clock is trusted only minutes after its receiver's first fix.
    """

    name = "check"

    def pending(self) -> list[str]:
        """No changes: a fault is named, not mended.

        Raises:
            ProvisioningError: the unit is not fit to drive.
        """
        deadline_s = time.monotonic() + SETTLING_S_MAX
        while AS_UNIT.exists():
            try:
                run(AS_UNIT, "unit", "check", "--json", "--skip", "camera,card", timeout_s=CHECK_S_MAX)
            except ProvisioningError as error:
                if time.monotonic() >= deadline_s:
                    raise ProvisioningError(red(error)) from None
                time.sleep(AGAIN_S)
            else:
                break
        return []

    def apply(self, undo: ExitStack) -> None:
        """Do nothing."""
        del undo


def red(error: ProvisioningError) -> str:
    """The red checks of a failed ``unit check`` in one line; its own error where it printed no checks."""
    if not (checks := red_checks(error)):
        return str(error)
    return f"the unit works and is not fit: {check_text(checks)}; see: sudo alpr-edge unit check"


def red_checks(error: ProvisioningError) -> dict[str, str]:
    """What a failed ``unit check --json`` found, by the names of the red checks; empty where it printed no checks."""
    for line in (*error.output_lines, *error.stdout_lines):
        with suppress(KeyError, TypeError, ValueError):
            return {check["name"]: check["said"] for check in json.loads(line)["checks"] if check["verdict"] == "red"}
    return {}


def check_text(checks: Mapping[str, str]) -> str:
    """Red checks and what they found, for a line."""
    return "; ".join(f"{name}: {finding}" for name, finding in checks.items())


def _remove(path: Path) -> None:
    """Remove a file in a folder of the unit's user."""
    with suppress(FileNotFoundError), no_follow.opened_folder(path.parent) as folder:
        no_follow.remove_file(folder, path.name)


def _tls_files(uplink: dict[str, Any]) -> list[Path]:
    """Where the settings have the certificates, relative to their own folder."""
    return [TLS_FOLDER.parent / uplink.get(key, str(TLS_FOLDER / name)) for key, name in TLS_FILES.items()]
