"""The contents of a bundle beside its wheels: the release's files, its description, and the manifest."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from scripts.deploy.provision.bundle import ABOUT, FORMAT, MANIFEST
from scripts.deploy.provision.machine import ProvisioningError, run
from scripts.deploy.provision.release import COPIED, version_of

IGNORED = ("__pycache__", "runs")


@dataclass(frozen=True, slots=True)
class About:
    """``bundle.json``."""

    version: str
    commit: str
    """The commit it was made from; empty outside of git. A ``+`` says that files were changed since."""
    machines: list[str]
    pythons: list[str]
    format: int = FORMAT

    @classmethod
    def of(cls, source: Path, machines: list[str], pythons: list[str]) -> Self:
        """The description of a checkout's bundle. Raises ProvisioningError."""
        return cls(version_of(source), _commit(source), machines, pythons)


def lay_release(source: Path, bundle: Path, about: About, debs: Path | None) -> None:
    """Copy the release's files and those of Debian packages into a bundle."""
    for name in COPIED:
        copy_tracked(source, name, bundle)
    if debs is not None:
        packages = sorted(debs.glob("*.deb"))
        if not packages:
            raise ProvisioningError(f"{debs}: no Debian packages in it")
        (bundle / "debs").mkdir()
        for package in packages:
            # apt names an epoch's colon %3a, which a manifest does not hold.
            shutil.copyfile(package, bundle / "debs" / package.name.replace("%3a", "."))
    (bundle / ABOUT).write_text(json.dumps(asdict(about), sort_keys=True, indent=1) + "\n", encoding="utf-8")


def copy_tracked(source: Path, name: str, target: Path) -> None:
    """Copy a file or folder of a checkout, of what git tracks; all of it where there is no git.

    Raises:
        ProvisioningError: there is nothing of that name.
    """
    if (source / ".git").exists():
        names = run("git", "-C", source, "ls-files", "-z", "--", name).split("\0")
    else:
        names = [str(path.relative_to(source)) for path in [source / name, *(source / name).rglob("*")]]
    files = [path for path in filter(None, names) if _is_kept(source / path)]
    if not files:
        raise ProvisioningError(f"{source / name}: missing; is the checkout whole?")
    for path in files:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, target / path)


def write_manifest(bundle: Path) -> dict[str, str]:
    """Write the manifest of all files in the bundle; returns SHA-256 by path."""
    paths = sorted(path for path in bundle.rglob("*") if path.is_file() and path != bundle / MANIFEST)
    files = {path.relative_to(bundle).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    lines = [f"{digest}  {name}\n" for name, digest in files.items()]
    (bundle / MANIFEST).write_text("".join(lines), encoding="ascii")
    return files


def _is_kept(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not set(path.parts) & set(IGNORED)


def _commit(source: Path) -> str:
    if not (source / ".git").exists():
        return ""
    changes = run("git", "-C", source, "status", "--porcelain", "--untracked-files=no")
    return run("git", "-C", source, "rev-parse", "HEAD").strip() + ("+" if changes.strip() else "")
