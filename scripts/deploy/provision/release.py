"""The release: this checkout in ``/opt/alpr-edge/releases/<version>``, with an environment of the locked packages."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import tomllib
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.bundle import ABOUT, MANIFEST
from scripts.deploy.provision.machine import ProvisioningError, link, run

BASE = Path("/opt/alpr-edge")
MADE = "release.json"
"""Written last: a release without this file is not whole."""
PICAMERA = Path("/usr/lib/python3/dist-packages/picamera2")
COPIED = ("systemd", "scripts", "config", "README.md", "LICENSE", "pyproject.toml", "requirements.lock")
BUILDERS = ("hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers")
"""What builds the product's wheel, by the hashes of the development lock."""
PIP_S_MAX = 3600
"""Over a slow link, or onto a slow card, the packages take long."""


class ReleaseStep:
    """The software.

    Args:
        source: the checkout, or a release.
        bundle: folder of an offline bundle with ``wheels``; None takes them from the package index.
        base: the folder of the releases.
    """

    name = "release"

    def __init__(self, source: Path, bundle: Path | None, base: Path = BASE) -> None:
        self._source = source
        self._wheels = None if bundle is None else bundle / "wheels"
        self._current = base / "current"
        self._target = base / "releases" / version_of(source)

    def pending(self) -> list[str]:
        """Nothing once a whole release is in use: another one is an update's to take up."""
        if (self._current / MADE).is_file():
            return []
        make = [] if (self._target / MADE).is_file() else [f"make {self._target}"]
        return [*make, f"link {self._current} to {self._target}"]

    def apply(self, undo: ExitStack) -> None:
        """Make it in its final place (an environment cannot be moved), then link to it."""
        if not (self._target / MADE).is_file():
            undo.callback(shutil.rmtree, self._target, ignore_errors=True)
            make_release(self._source, self._target, self._wheels)
        link(self._current, Path("releases") / self._target.name, undo)


def version_of(source: Path) -> str:
    """The version of a checkout or release.

    Raises:
        ProvisioningError: the folder is neither.
    """
    try:
        project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        version = str(project["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        raise ProvisioningError(f"{source}: no checkout of alpr-edge") from None
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", version):
        raise ProvisioningError(f"{source}/pyproject.toml: {version!r} is no version")
    return version


def make_release(source: Path, target: Path, wheels: Path | None) -> None:
    """Make a whole release of a checkout.

    Args:
        source: the checkout.
        target: the folder to make; what an earlier, unfinished attempt left in it is removed.
        wheels: folder to take every package from; None asks the package index.

    Raises:
        ProvisioningError: a package is missing or is not the locked one.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in COPIED:
        _copy(source / name, target / name)
    environment = target / ".venv"
    # On a Raspberry Pi picamera2 is the system's: it has to fit the system's libcamera.
    system = ("--system-site-packages",) if PICAMERA.is_dir() else ()
    run(sys.executable, "-m", "venv", *system, environment)
    origin = _origin(wheels)
    # The locks hold all there is; an older pip would resolve a package's extra anew, and refuse it as not locked.
    install = ("install", "--no-deps", "--require-hashes", *origin, "--requirement")
    _pip(environment, *install, source / "requirements.lock")
    with tempfile.TemporaryDirectory() as scratch:
        wheel = _own_wheel(source, wheels, Path(scratch))
        _pip(environment, "install", "--no-deps", "--no-index", wheel)
    (target / "models").symlink_to(Path(".venv") / "share" / "alpr-edge" / "models")
    version = run(environment / "bin" / "alpr-edge", "--version").split()[-1]
    if version != target.name:
        raise ProvisioningError(f"{target}: the software in it calls itself {version}")
    # Its mark reaches the disk after all it vouches for.
    os.sync()
    note = {"version": version, "python": sys.version.split()[0], **origin_of(source)}
    (target / MADE).write_text(json.dumps(note) + "\n")
    os.sync()


def origin_of(source: Path) -> dict[str, str]:
    """The commit of the checked copy of a bundle and the SHA-256 of its manifest; empty for any other folder."""
    if not (source / MANIFEST).is_file():
        return {}
    commit = json.loads((source / ABOUT).read_text(encoding="utf-8")).get("commit", "")
    return {"commit": commit, "manifest": hashlib.sha256((source / MANIFEST).read_bytes()).hexdigest()}


def _own_wheel(source: Path, wheels: Path | None, scratch: Path) -> Path:
    """The product's wheel: the bundle's, else built from the checkout."""
    version = version_of(source)
    if wheels is not None and (own := sorted(wheels.glob(f"alpr_edge-{version}-*.whl"))):
        return own[0]
    builders = scratch / "builders.lock"
    builders.write_text(builders_lock((source / "requirements-dev.lock").read_text(encoding="ascii")))
    run(sys.executable, "-m", "venv", scratch / "build")
    _pip(scratch / "build", "install", "--no-deps", "--require-hashes", *_origin(wheels), "--requirement", builders)
    checkout = scratch / "checkout"
    checkout.mkdir()
    for name in ("alpr_edge", "models", "pyproject.toml", "README.md", "LICENSE"):
        _copy(source / name, checkout / name)
    _pip(scratch / "build", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", scratch, checkout)
    return next(scratch.glob("alpr_edge-*.whl"))


def builders_lock(lock: str) -> str:
    """Those entries of a lock that build a wheel, hashes and all."""
    entries = re.findall(r"(?m)^[a-z0-9._-]+==.*\n(?:    .*\n?)*", lock)
    return "".join(entry for entry in entries if entry.split("==")[0] in BUILDERS)


def _origin(wheels: Path | None) -> tuple[str | Path, ...]:
    return () if wheels is None else ("--no-index", "--find-links", wheels)


def _pip(environment: Path, *arguments: str | Path) -> None:
    pip = (environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
    run(*pip, *arguments, timeout_s=PIP_S_MAX)


def _copy(source: Path, target: Path) -> None:
    try:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "runs", "*.log", ".*"))
        else:
            shutil.copy(source, target)
    except shutil.Error as error:
        raise ProvisioningError(f"{source}: cannot be copied: {error.args[0][0][2]}") from None
