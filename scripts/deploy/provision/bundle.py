"""An offline bundle: a release with its wheels in a folder, signed by whoever makes releases.

``MANIFEST`` names every file and its SHA-256, as ``sha256sum --check`` reads it; ``MANIFEST.sig`` is an Ed25519
signature (RFC 8032) over it, 64 bytes or their base64, as hotlists have it. Nothing of a bundle is used where it lies:
a medium may change under the reader. Each file is copied, and the bytes copied are the ones that were checked.
"""

import base64
import binascii
import hashlib
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, file_mode, run, succeeds

MANIFEST, SIGNATURE, ABOUT = "MANIFEST", "MANIFEST.sig", "bundle.json"
RELEASE_KEY = Path("/etc/alpr-edge/release-key.pem")
"""The public key that this unit takes releases from."""
FORMAT = 1
SIGNATURE_BYTES = 64
MANIFEST_BYTES_MAX, SMALL_BYTES_MAX = 1_000_000, 4096
CHUNK_BYTES = 1 << 20
MACHINES = ("x86_64", "aarch64")
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._+~-]+(?:/[A-Za-z0-9._+~-]+)*)")
"""A line of the manifest; Debian's versions have a tilde (``openssl_3.5.4-1~deb13u1_amd64.deb``)."""

Progress = Callable[[int, int], None]
"""A function that receives how many bytes of how many are checked."""


def release_key(named_key: Path | None, unit_key: Path = RELEASE_KEY) -> Path:
    """The key that bundles are checked with: the one this unit holds, else the one that was given.

    Raises:
        ProvisioningError: there is none, or they are two different ones.
    """
    if named_key is None and not unit_key.exists():
        raise ProvisioningError(f"{unit_key}: no key of whoever makes releases yet; name it with --release-key")
    if named_key is not None and unit_key.exists() and _small(named_key) != _small(unit_key):
        raise ProvisioningError(
            f"{named_key}: not the key this unit holds; to take another for good, remove {unit_key} first"
        )
    return unit_key if unit_key.exists() else named_key or unit_key


@contextmanager
def checked_copy(bundle: Path, key: Path, beside: Path, progress: Progress | None = None) -> Iterator[Path]:
    """A checked copy of what this machine needs of a bundle, and of its manifest; gone at the end.

    Args:
        bundle: the folder.
        key: the public key of whoever makes releases.
        beside: folder on the disk that takes the copy.
        progress: receives the progress of the checking.

    Raises:
        ProvisioningError: it is not signed with that key, a file is changed, missing or too many (which one is said),
            or it is for other machines.
    """
    files = signed_files(bundle, key)
    check_listing(bundle, files)
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=beside) as folder:
        copy = Path(folder)
        # What pip and the unit's user read of it is not secret.
        copy.chmod(0o755)
        copy_checked(bundle, files, copy, progress)
        (copy / MANIFEST).write_text("".join(f"{digest}  {name}\n" for name, digest in files.items()), encoding="ascii")
        require_fit(copy)
        yield copy


def signed_files(bundle: Path, key: Path) -> dict[str, str]:
    """SHA-256 of each file by its path, once the signature holds.

    Raises:
        ProvisioningError: the signature does not hold.
    """
    manifest = _read_bounded(bundle / MANIFEST, MANIFEST_BYTES_MAX, "no bundle of scripts/bundle")
    with tempfile.TemporaryDirectory() as scratch:
        # openssl reads what is read here, whatever becomes of the medium meanwhile.
        read, beside = Path(scratch, "read"), Path(scratch, "signature")
        read.write_bytes(manifest)
        beside.write_bytes(_signature(bundle / SIGNATURE))
        require_ed25519(key)
        try:
            run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", read, "-sigfile", beside)
        except ProvisioningError as error:
            if "no such program" in str(error):
                raise ProvisioningError("openssl: missing, and checks the bundle: apt install openssl") from None
            raise ProvisioningError(f"{bundle / MANIFEST}: not signed with {key}; do not use this bundle") from None
    return _parse_manifest(bundle / MANIFEST, manifest)


def require_ed25519(key: Path, *, private: bool = False) -> None:
    """Refuse a key of another kind, and a private one where a public one belongs. Raises ProvisioningError."""
    options = ("-text_pub",) if private else ("-pubin", "-text")
    try:
        is_half = b"PRIVATE" in _small(key) if private else _is_public(_small(key))
        is_one = is_half and "ED25519" in run("openssl", "pkey", "-in", key, "-noout", *options).upper()
    except ProvisioningError as error:
        if "no such program" in str(error):
            raise ProvisioningError("openssl: missing, and checks the bundle: apt install openssl") from None
        is_one = False
    if not is_one:
        make = "make one: openssl genpkey -algorithm ed25519 -out KEY" if private else "ask whoever makes releases"
        raise ProvisioningError(f"{key}: no Ed25519 {'private' if private else 'public'} key in PEM; {make}")


def require_release_key(named_key: Path, unit_key: Path = RELEASE_KEY) -> None:
    """Refuse what is no key to check bundles with, above all the half that signs them, which belongs on no unit.

    What kind of key it is openssl says, where it is installed yet; before that its text has to do.

    Raises:
        ProvisioningError: it is no public key, of another kind, or not the one this unit holds.
    """
    if not _is_public(_small(named_key)):
        raise ProvisioningError(f"{named_key}: no public key in PEM; bring the public half, and keep the other away")
    release_key(named_key, unit_key)
    if succeeds("openssl", "version"):
        require_ed25519(named_key)


def check_listing(bundle: Path, files: dict[str, str]) -> None:
    """Refuse a bundle with a file less or more than its manifest, or with links. Raises ProvisioningError."""
    for path in sorted(bundle.rglob("*")):
        if path.is_symlink():
            raise ProvisioningError(f"{path}: a link has no place in a bundle; do not use this bundle")
    with no_follow.opened_folder(bundle) as top:
        names = {file.path.as_posix() for file in no_follow.files_below(top)}
    for name in files:
        if name not in names:
            raise ProvisioningError(f"{bundle / name}: missing from the bundle; copy it again")
    for name in sorted(names - set(files) - {MANIFEST, SIGNATURE}):
        raise ProvisioningError(f"{bundle / name}: not in the bundle's manifest; do not use this bundle")


def copy_checked(bundle: Path, files: dict[str, str], target: Path, progress: Progress | None = None) -> None:
    """Check every file, and copy those that this machine needs.

    Raises:
        ProvisioningError: one differs from the manifest, or cannot be read or written.
    """
    try:
        total = sum((bundle / name).lstat().st_size for name in files)
        done = 0
        with no_follow.opened_folder(bundle) as top:
            for name, digest in files.items():
                copy = None if is_for_others(name) else target / name
                for size in _copy_file(bundle / name, no_follow.open_file(top, name), copy, digest):
                    done += size
                    if progress is not None:
                        progress(done, total)
    except OSError as error:
        raise ProvisioningError(f"{error.filename}: {error.strerror}") from None


def require_fit(bundle: Path) -> dict[str, Any]:
    """The description of a checked bundle.

    Raises:
        ProvisioningError: it is not for this machine and this Python.
    """
    about: dict[str, Any] = json.loads((bundle / ABOUT).read_text(encoding="utf-8"))
    machine, python = platform.machine(), f"{sys.version_info.major}.{sys.version_info.minor}"
    if about.get("format") != FORMAT:
        raise ProvisioningError(f"the bundle has format {about.get('format')}, and this release knows {FORMAT}")
    if machine not in about["machines"] or python not in about["pythons"]:
        made_for = f"{', '.join(about['machines'])} with Python {', '.join(about['pythons'])}"
        raise ProvisioningError(f"the bundle is for {made_for}; this is {machine} with Python {python}")
    return about


class ReleaseKeyStep:
    """The key that updates have to be signed with.

    Args:
        key: file of the public key.
        unit_key: the file that the unit keeps it in.
    """

    name = "release-key"

    def __init__(self, key: Path, unit_key: Path = RELEASE_KEY) -> None:
        self._file = ManagedFile(unit_key, _small(key), 0o644)

    def pending(self) -> list[str]:
        """The file, where it is missing."""
        return [] if self._file.is_current else [f"write {self._file.target}"]

    def apply(self, undo: ExitStack) -> None:
        """Write the key's file; one of another kind is taken back. By now openssl is installed."""
        self._file.install(undo)
        require_ed25519(self._file.target)
        self._file.forget_before()


def _copy_file(source: Path, descriptor: int, copy: Path | None, digest: str) -> Iterator[int]:
    """Copy a file while it is hashed; yields the size of each chunk, and closes its descriptor."""
    sha = hashlib.sha256()
    with ExitStack() as files:
        reading: BinaryIO = files.enter_context(os.fdopen(descriptor, "rb"))
        writing: BinaryIO | None = None
        if copy is not None:
            copy.parent.mkdir(parents=True, exist_ok=True)
            writing = files.enter_context(copy.open("wb"))
            copy.chmod(0o644)
        while chunk := reading.read(CHUNK_BYTES):
            if writing is not None and not writing.tell():
                os.fchmod(writing.fileno(), file_mode(chunk))
            sha.update(chunk)
            if writing is not None:
                writing.write(chunk)
            yield len(chunk)
    if sha.hexdigest() != digest:
        raise ProvisioningError(f"{source}: changed since the bundle was signed; do not use this bundle")


def is_for_others(name: str) -> bool:
    """Whether a file is a wheel of another kind of machine: checked, and not copied."""
    others = [machine for machine in MACHINES if machine != platform.machine()]
    return name.endswith(tuple(f"_{machine}.whl" for machine in others))


def _parse_manifest(path: Path, manifest: bytes) -> dict[str, str]:
    files = {}
    for line in manifest.decode(errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or ".." in match[2].split("/") or match[2] in files:
            raise ProvisioningError(f"{path}: no manifest of a bundle: {line[:80]!r}")
        files[match[2]] = match[1]
    if ABOUT not in files:
        raise ProvisioningError(f"{path}: no manifest of a bundle: {ABOUT} is not in it")
    return files


def _signature(path: Path) -> bytes:
    data = _read_bounded(path, SMALL_BYTES_MAX, "the bundle is not signed; make it with scripts/bundle --sign KEY")
    if len(data) == SIGNATURE_BYTES:
        return data
    try:
        data = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        data = b""
    if len(data) != SIGNATURE_BYTES:
        raise ProvisioningError(f"{path}: no Ed25519 signature; it is 64 bytes or their base64")
    return data


def _is_public(content: bytes) -> bool:
    """Whether a file holds the public half of a key, and not the private one as well."""
    return b"BEGIN PUBLIC KEY" in content and b"PRIVATE" not in content


def _small(path: Path) -> bytes:
    return _read_bounded(path, SMALL_BYTES_MAX, "the public key of whoever makes releases belongs there")


def _read_bounded(path: Path, bytes_max: int, otherwise: str) -> bytes:
    try:
        with no_follow.opened_folder(path.parent) as folder:
            data = no_follow.read_file(folder, path.name, bytes_max + 1)
    except OSError as error:
        raise ProvisioningError(f"{path}: {error.strerror}; {otherwise}") from None
    if len(data) > bytes_max:
        raise ProvisioningError(f"{path}: longer than {bytes_max} bytes; {otherwise}")
    return data
