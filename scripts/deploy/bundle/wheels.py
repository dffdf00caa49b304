"""The wheels of a bundle: what the lock names, as pip on the unit would pick them, and the product's own."""

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.deploy.bundle.contents import copy_tracked
from scripts.deploy.provision.machine import ProvisioningError, run

GLIBC_MINOR = 36
"""The C library of Debian 12; Debian 13 has a newer one."""
FETCH_S_MAX = 3600
DONE = ".complete"
BUILT_FROM = ("alpr_edge", "models", "pyproject.toml", "README.md", "LICENSE")


def fetch_wheels(lock: Path, machine: str, python: str, cache: Path, target: Path) -> None:
    """Put the wheels of one kind of machine into a bundle; fetched once, checked against the lock each time.

    Args:
        lock: requirements with hashes.
        machine: the kind of machine as ``uname -m`` names it.
        python: "3.13".
        cache: the folder in which fetched wheels stay for the next bundle.
        target: the bundle's folder of wheels.

    Raises:
        ProvisioningError: a package has no wheel for that machine, or the index does not answer.
    """
    text = lock.read_text(encoding="ascii")
    folder = cache / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}-{machine}-{python}"
    if not (folder / DONE).exists():
        _download(lock, machine, python, folder)
    hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
    target.mkdir(exist_ok=True)
    for wheel in sorted(folder.glob("*.whl")):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in hashes:
            raise ProvisioningError(f"{wheel}: not what the lock names; remove {folder} and try again")
        shutil.copyfile(wheel, target / wheel.name)


def _download(lock: Path, machine: str, python: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The markers of the lock are of the platform, never of the machine: this Python judges them for all.
    fetch: tuple[str | Path, ...] = (
        "download",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        folder,
    )
    places = [word for name in platforms(machine) for word in ("--platform", name)]
    selection: tuple[str | Path, ...] = (
        "--implementation",
        "cp",
        "--python-version",
        python,
        *places,
        "--requirement",
        lock,
    )
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", *fetch, *selection, timeout_s=FETCH_S_MAX)
    (folder / DONE).touch()


def platforms(machine: str) -> Iterator[str]:
    """Names of platforms that run there, the best first, as pip on such a machine has them."""
    for minor in range(GLIBC_MINOR, 16, -1):
        yield f"manylinux_2_{minor}_{machine}"
    yield f"manylinux2014_{machine}"
    if machine == "x86_64":
        yield from ("manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64")


def own_wheel(source: Path, target: Path) -> Path:
    """Build the product's wheel, models and all, with the locked builder of this environment.

    It comes out the same each time: hatchling stamps its files with one date.
    """
    with tempfile.TemporaryDirectory() as scratch:
        checkout = Path(scratch, "checkout")
        for name in BUILT_FROM:
            copy_tracked(source, name, checkout)
        build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", scratch, checkout)
        run(sys.executable, "-m", "pip", "--disable-pip-version-check", *build)
        (wheel,) = Path(scratch).glob("alpr_edge-*.whl")
        target.mkdir(exist_ok=True)
        return Path(shutil.move(wheel, target / wheel.name))
