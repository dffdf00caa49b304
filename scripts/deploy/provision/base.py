"""The system below the unit: packages, and the files laid over /."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, file_mode, run, succeeds
from scripts.deploy.provision.program import require_root

PACKAGES = (
    "alsa-utils", "ca-certificates", "chrony", "espeak-ng", "nftables", "polkitd", "python3-venv",
    "unattended-upgrades",
)  # fmt: skip
"""Beyond what any Debian has: tones, time, speech, firewall, leave to turn off, the environment, security updates."""


class PackagesStep:
    """Debian packages.

    Args:
        bundle: folder of an offline bundle; its ``debs`` are installed instead of the mirror's.
        packages: their names.
    """

    name = "packages"

    def __init__(self, bundle: Path | None, packages: Sequence[str] = PACKAGES) -> None:
        self._bundle = bundle
        self._packages = packages

    def pending(self) -> list[str]:
        """The packages that are missing."""
        return [f"install {package}" for package in self.missing()]

    def apply(self, undo: ExitStack) -> None:
        """Install them; what apt leaves half done, it undoes or finishes the next time."""
        del undo
        missing = self.missing()
        debs = [] if self._bundle is None else sorted((self._bundle / "debs").glob("*.deb"))
        if self._bundle is not None and not debs:
            raise ProvisioningError(f"{self._bundle}: has no debs, and this machine lacks {', '.join(missing)}")
        if not debs:
            run("apt-get", "update", "-q")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        sources = [str(deb.resolve()) for deb in debs] or missing
        # A file of /etc that somebody made before its package came stays as it is; dpkg would stop to ask.
        keep = ("--option=Dpkg::Options::=--force-confdef", "--option=Dpkg::Options::=--force-confold")
        run("apt-get", "install", "-q", "--yes", "--no-install-recommends", *keep, *sources, environment=quiet)

    def missing(self) -> list[str]:
        """The names of the packages that are missing."""
        return [name for name in self._packages if not _is_installed(name)]


class OverlayStep:
    """Files of ``config/system``, each laid at the same path below /, and what makes them count.

    Args:
        name: the name of the step.
        root: the folder ``config/system``.
        paths: the paths of the files below that folder.
        after: commands that are run once the files changed.
        target: the folder that they are written to.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        paths: Sequence[str],
        *,
        after: Sequence[Sequence[str]] = (),
        target: Path = Path("/"),
    ) -> None:
        self.name = name
        self._after = after
        self._files = [_managed_file(root / path, target / path) for path in paths]

    def pending(self) -> list[str]:
        """The files that are missing or differ."""
        return [f"write {file.target}" for file in self._files if not file.is_current]

    def apply(self, undo: ExitStack) -> None:
        """Write the files, then run the commands; when it is undone, the commands are run again."""
        for command in self._after:
            undo.callback(succeeds, *command)
        for file in self._files:
            file.install(undo)
        for command in self._after:
            run(*command)
        for file in self._files:
            file.forget_before()


def _is_installed(package: str) -> bool:
    """Whether a Debian package is there; of one that was removed dpkg may know the settings still."""
    try:
        return run("dpkg-query", "--show", "--showformat=${db:Status-Status}", package, timeout_s=60) == "installed"
    except ProvisioningError:
        return False


def _managed_file(source: Path, target: Path) -> ManagedFile:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise ProvisioningError(f"{source}: cannot be read: {error.strerror}; is the checkout whole?") from None
    return ManagedFile(target, content, file_mode(content))


def require_fit_machine(release: Path = Path("/etc/os-release")) -> None:
    """Refuse a system that is no running Debian. Raises ProvisioningError."""
    require_root("provisioning changes the whole system")
    try:
        lines = set(release.read_text(encoding="utf-8").splitlines())
    except OSError:
        lines = set()
    if not lines & {"ID=debian", "ID=raspbian", 'ID_LIKE="debian"', "ID_LIKE=debian"}:
        raise ProvisioningError("this is no Debian: provisioning needs Debian 13 or Raspberry Pi OS of the same year")
    if not Path("/run/systemd/system").is_dir():
        raise ProvisioningError("systemd does not run here as process 1: provisioning needs a machine that has started")
