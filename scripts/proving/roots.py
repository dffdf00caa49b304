"""Clean file systems of Debian 13, made once and copied for each car; and the wheels of the lock, fetched once."""

import hashlib
import shutil
from pathlib import Path

from scripts.proving.host import CACHE, ROOT, authorities, call, package_index
from scripts.provisioning.base import PACKAGES
from scripts.provisioning.release import builders_lock

SUITE = "trixie"
BARE = ("ca-certificates", "dbus", "iproute2", "procps", "python3", "systemd", "systemd-sysv", "udev")
"""What any installation has, and python3: the one thing that provisioning asks for."""


def clean_root(*, prepared: bool) -> Path:
    """A file system that nobody has started yet; not to be changed.

    Args:
        prepared: with the packages that provisioning would install.
    """
    packages = sorted({*BARE, *(PACKAGES if prepared else ())})
    root = CACHE / f"root-{_digest(SUITE, *packages)}"
    if not (root / "etc" / "os-release").exists():
        draft = root.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        call("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", SUITE, draft)
        # Each car is a machine of its own.
        (draft / "etc" / "machine-id").write_text("uninitialized\n")
        draft.replace(root)
    return root


def copied(root: Path, name: str) -> Path:
    """A copy of a file system, for one car; an earlier one of that name goes."""
    car = CACHE / "cars" / name
    call("rm", "-rf", "--one-file-system", car)
    car.parent.mkdir(parents=True, exist_ok=True)
    call("cp", "-a", "--reflink=auto", root, car)
    return car


def put_checkout(car: Path) -> None:
    """Lay this working tree, without what git ignores, into a car's /root/alpr-edge."""
    target = car / "root" / "alpr-edge"
    listed = call("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def bundle() -> Path:
    """A folder with ``wheels``: all that the lock names and what builds the product, for the car's own Python."""
    locks = (ROOT / "requirements.lock").read_text(), builders_lock((ROOT / "requirements-dev.lock").read_text())
    folder = CACHE / f"bundle-{_digest(SUITE, *locks)}"
    if not folder.exists():
        draft = folder.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "wheels").mkdir(parents=True)
        (draft / "all.lock").write_text("".join(locks))
        _download(draft)
        draft.replace(folder)
    return folder


def _download(folder: Path) -> None:
    """With pip of the clean root, which picks what fits its Python; the root stays as it is."""
    steps = "python3 -m venv /tmp/pip && /tmp/pip/bin/pip --quiet --disable-pip-version-check download "
    steps += "--require-hashes --only-binary :all: --dest /bundle/wheels --requirement /bundle/all.lock"
    index = [f"--setenv={name}={value}" for name, value in package_index().items()]
    trusted = authorities()
    root = (
        "--directory",
        clean_root(prepared=True),
        "--volatile=overlay",
        "--register=no",
        "--keep-unit",
        "--console=pipe",
    )
    binds = (f"--bind={folder}:/bundle", f"--bind-ro={trusted}", "--resolv-conf=copy-host")
    call("systemd-nspawn", "--quiet", *root, *binds, *index, "--", "bash", "-euc", steps)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
