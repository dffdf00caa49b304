"""A bundle for arm64 on this machine: its release is made and reads a rendered picture, under qemu-user."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.truth import VehicleTruth
from scripts.prove.host import CACHE, ProofError, call, until
from scripts.prove.roots import RELEASE_KEY, SUITE, bundle, digest

PACKAGES = (
    *("base-files", "bash", "coreutils", "dash", "libc-bin", "openssl", "python3", "python3-venv", "tzdata"),
    # numpy's wheel takes it from the system, and apt has brought it to every Debian.
    "libstdc++6",
)
ROOT_ARM64 = CACHE / f"root-arm64-{digest(SUITE, *PACKAGES)}"
BINFMT = Path("/proc/sys/fs/binfmt_misc")
RULE = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")
DEBOOTSTRAP_S_MAX, INSTALL_S_MAX, READ_S_MAX = 1800, 1500, 600
SURROUNDINGS = {"HOME": "/root", "LC_ALL": "C.UTF-8", "PIP_NO_COMPILE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Compiling to bytecode ahead is most of the work of an installation, and here each module is used once at most."""
SEED, SECONDS = 7, 20.0
MAKE = """\
import sys
from pathlib import Path
from scripts.deploy.provision.bundle import checked_copy
from scripts.deploy.update.releases import Releases
with checked_copy(Path("/root/bundle"), Path("/root/release-key.pem"), Path("/root/staging")) as copy:
    print(Releases().make(copy))
"""


def a_bundle_works_on_arm64() -> str:
    """The signature holds, the release is made of its wheels alone, and ``alpr-edge read`` reads a rendered plate."""
    _emulate()
    root = _root()
    bundle_folder = bundle(machine="aarch64")
    for source, target in ((bundle_folder, root / "root" / "bundle"), (RELEASE_KEY, root / "root" / "release-key.pem")):
        call("rm", "-rf", target)
        call("cp", "-a", source, target)
    expected_plate = _picture(root / "root" / "picture.png")
    with _mount_proc(root):
        version = _inside(root, INSTALL_S_MAX, "env", "PYTHONPATH=/root/bundle", "python3", "-c", MAKE).strip()
        program = f"/opt/alpr-edge/releases/{version}/.venv/bin/alpr-edge"
        answer = json.loads(_inside(root, READ_S_MAX, program, "read", "--json", "/root/picture.png"))
    plates_read = [plate["plate_canonical"] for plate in answer["plates"]]
    if expected_plate not in plates_read:
        raise ProofError(f"the picture shows {expected_plate}, and read was {plates_read}")
    machine = _inside(root, 60, "uname", "-m").strip()
    return f"release {version} on {machine} read {', '.join(plates_read)} of a rendered picture"


def _emulate() -> None:
    """Have the kernel run arm64 programs through qemu. Raises ProofError."""
    if not RULE.exists():
        raise ProofError("qemu-user-static is missing: apt install qemu-user-static arch-test")
    if not (BINFMT / "register").exists():
        call("mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT)
    if not (BINFMT / "qemu-aarch64").exists():
        (BINFMT / "register").write_bytes(RULE.read_bytes())


def _root() -> Path:
    """The files of an arm64 Debian, made once; what an earlier proof installed in it goes.

    They are unpacked and not set up: the packages' own scripts would take half an hour under qemu, and do nothing that
    is needed here.
    """
    if not (ROOT_ARM64 / "etc" / "os-release").exists():
        draft = ROOT_ARM64.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        kind = ("--quiet", "--architectures=arm64", "--variant=extract", f"--include={','.join(PACKAGES)}")
        call("mmdebstrap", *kind, SUITE, draft, timeout_s=DEBOOTSTRAP_S_MAX)
        draft.replace(ROOT_ARM64)
    # What setting up ca-certificates would have made: pip does not start without it.
    authorities = sorted((ROOT_ARM64 / "usr" / "share" / "ca-certificates" / "mozilla").glob("*.crt"))
    (ROOT_ARM64 / "etc" / "ssl" / "certs").mkdir(parents=True, exist_ok=True)
    together = b"".join(path.read_bytes() for path in authorities)
    (ROOT_ARM64 / "etc" / "ssl" / "certs" / "ca-certificates.crt").write_bytes(together)
    shutil.rmtree(ROOT_ARM64 / "opt" / "alpr-edge", ignore_errors=True)
    return ROOT_ARM64


def _picture(path: Path) -> str:
    """Write the frame of a rendered drive that shows the widest plate; returns its text."""
    drive = Drive(SEED, SECONDS)

    def widest(vehicle: VehicleTruth) -> float:
        return max(box.width_px for box in vehicle.boxes.values())

    vehicle = max(drive.truth.vehicles, key=widest)
    number = max(vehicle.boxes, key=lambda number: vehicle.boxes[number].width_px)
    pixels = next(pixels for at, pixels, _ in drive.frames() if at == number)
    if not cv2.imwrite(str(path), pixels):
        raise ProofError(f"{path}: cannot be written")
    return vehicle.plate.replace("O", "0")


@contextmanager
def _mount_proc(root: Path) -> Iterator[None]:
    call("mount", "-t", "proc", "proc", root / "proc")
    try:
        yield
    finally:
        until(lambda: call("umount", root / "proc", check=False).returncode == 0, "/proc is left", 10)


def _inside(root: Path, timeout_s: float, *command: str) -> str:
    return call("chroot", root, *command, timeout_s=timeout_s, environment=SURROUNDINGS).stdout
