"""Tell what of the system below a unit is not as a release has it: an update changes no file of /etc and no package.

An update has the new release's own code tell it, which knows what files and packages that release wants.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.deploy.provision.base import PACKAGES, PackagesStep
from scripts.deploy.provision.machine import ProvisioningError, run

ROOT = Path(__file__).parents[3]
BRING = "sudo /opt/alpr-edge/current/scripts/provision"
TELL_S_MAX = 300


def difference_report(release: Path) -> list[str]:
    """Lines for people: what differs from a release and how to bring it; none where nothing differs.

    Args:
        release: the folder of the release.
    """
    surroundings = {"PYTHONPATH": str(release), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    # Of the new release alone, not of a checkout that is installed beside this Python.
    tell = (sys.executable, "-S", "-m", __name__)
    try:
        told = run(*tell, environment=surroundings, timeout_s=TELL_S_MAX).splitlines()
    except ProvisioningError:
        return [f"files of the system may differ from this release, which cannot tell; to bring them: {BRING}"]
    return [*told, f"to bring what differs and what is missing: {BRING}"] if told else []


def differences(release: Path, target: Path = Path("/"), packages: Sequence[str] = PACKAGES) -> list[str]:
    """A line for each file of a release's ``config/system`` that differs on this machine, and each missing package.

    Args:
        release: the folder of the release, or a checkout.
        target: the folder that the files are laid over.
        packages: names of Debian packages.
    """
    system = release / "config" / "system"
    files = [(path, target / path.relative_to(system)) for path in sorted(system.rglob("*")) if path.is_file()]
    lines = [f"{installed}: differs from this release" for path, installed in files if not _is_same(path, installed)]
    return [*lines, *(f"Debian package {name}: missing" for name in PackagesStep(None, packages).missing())]


def _is_same(path: Path, installed: Path) -> bool:
    try:
        return installed.read_bytes() == path.read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in differences(ROOT))
