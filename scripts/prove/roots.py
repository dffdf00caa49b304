"""Clean file systems of Debian 13, made once and copied for each car; and bundles to provision them from."""

import hashlib
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path

from scripts.prove.host import CACHE, ROOT, call

SUITE = "trixie"
PYTHON = "3.13"
"""Of that suite."""
SIGNING_KEY, RELEASE_KEY = CACHE / "signing-key.pem", CACHE / "release-key.pem"
BARE = ("ca-certificates", "dbus", "iproute2", "procps", "python3", "systemd", "systemd-sysv", "udev")
"""What any installation has, and python3: the one thing that provisioning asks for."""


def clean_root(packages: Sequence[str] = ()) -> Path:
    """A file system that nobody has started yet; not to be changed.

    Args:
        packages: those that it has beside :data:`BARE`; none where provisioning shall install them.
    """
    packages = sorted({*BARE, *packages})
    root = CACHE / f"root-{digest(SUITE, *packages)}"
    if not (root / "etc" / "os-release").exists():
        draft = root.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        call("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", SUITE, draft)
        # Each car is a machine of its own.
        (draft / "etc" / "machine-id").write_text("uninitialized\n")
        draft.replace(root)
    return root


def copy_root(root: Path, name: str) -> Path:
    """A copy of a file system, for one car; an earlier one of that name goes."""
    car = CACHE / "cars" / name
    call("rm", "-rf", "--one-file-system", car)
    car.parent.mkdir(parents=True, exist_ok=True)
    call("cp", "-a", "--reflink=auto", root, car)
    return car


def put_checkout(car: Path, source: Path = ROOT) -> None:
    """Lay a checkout, without what git ignores, into a car's /root/alpr-edge."""
    put_tree(car / "root" / "alpr-edge", source)


def put_tree(target: Path, source: Path = ROOT) -> None:
    """Copy a checkout, without what git ignores."""
    names = call("git", "-C", source, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    for name in filter(None, names):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)


def bundle(version: str = "", *, machine: str = "", source: Path = ROOT) -> Path:
    """A signed bundle of a checkout, made by ``scripts/bundle``; :data:`RELEASE_KEY` is the key's public half.

    Args:
        version: names the folder; this checkout's.
        machine: the kind of machine, where it is another than this one.
        source: the checkout.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    if not SIGNING_KEY.exists():
        call("openssl", "genpkey", "-algorithm", "ed25519", "-out", SIGNING_KEY)
        call("openssl", "pkey", "-in", SIGNING_KEY, "-pubout", "-out", RELEASE_KEY)
    folder = CACHE / f"bundle{version and '-'}{version}{machine and '-'}{machine}"
    made_for = ("--platform", machine or platform.machine(), "--python", PYTHON)
    call(ROOT / "scripts" / "bundle", folder, *made_for, "--sign", SIGNING_KEY, "--source", source, timeout_s=1200)
    return folder


def digest(*parts: str) -> str:
    """A name for what was made of these."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
