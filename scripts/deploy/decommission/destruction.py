"""Overwrite a unit's keys and remove its data. What is gone already is passed over, so it can be done again.

The unit's user may write some of these folders: root follows no link in them.
"""

import os
import secrets
from pathlib import Path
from typing import Any

from scripts.deploy.decommission.handover import digest
from scripts.deploy.decommission.record import REVOKED
from scripts.deploy.provision import no_follow
from scripts.deploy.provision.accounts import AS_UNIT
from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.provision.services import CAPTURE, CONSOLE, TARGET, UPLINK

CREDENTIALS = Path("/etc/credstore.encrypted")
SEALED_KEYS = ("alpr-edge-", ".alpr-edge-")
"""How their names begin; those with a dot are copies and drafts that a power cut left while they were sealed anew."""
HOST_KEY = Path("/var/lib/systemd/credential.secret")
"""What credentials are sealed with where there is no TPM."""
SETTINGS_FOLDER = Path("/etc/alpr-edge")
DATA = Path("/var/lib/alpr-edge")
RUNTIME = Path("/run/alpr-edge")
DATABASE = "edge.db"
CHUNK_BYTES = 1 << 20
SECRET_SUFFIXES = {".key", ".toml", ".next", ".new"}
"""Also with another behind it: updates keep ``alpr-edge.toml.release-0.1.0``."""
PEM_BYTES_MAX = 65_536
DISCARD_S_MAX = 600
NOT_YET, ASKED, REFUSED = "not erased yet; run it again", "erased where the drive can", "not erased; fstrim failed"
"""What became of the free blocks, for the record."""


def stop_units() -> None:
    """Stop the daemons for good."""
    for unit in (TARGET, CAPTURE, UPLINK, CONSOLE):
        succeeds("systemctl", "disable", "--quiet", "--now", unit)


def ask_to_revoke() -> str:
    """Ask the department to let this unit in no more; returns what became of it."""
    try:
        run(AS_UNIT, "unit", "retire", "--yes", "--reason", "decommissioned", timeout_s=120)
    except ProvisioningError as error:
        return f"not revoked: {error}"
    return REVOKED


def secret_files(
    credentials: Path = CREDENTIALS, settings: Path = SETTINGS_FOLDER, host_key: Path = HOST_KEY
) -> list[Path]:
    """The files to overwrite: sealed keys, the host's key where nothing else is sealed with it, TLS keys, settings.

    The page's key lies in one file with its certificate, and the settings may hold a camera's password, those of before
    an update as well. A link is none of these: it goes with the data, and what it leads to stays. Raises OSError.
    """
    sealed_keys = [
        path for path in _files(credentials) if path.parent == credentials and path.name.startswith(SEALED_KEYS)
    ]
    others = set(credentials.glob("*")) - set(sealed_keys) if credentials.is_dir() else set()
    plain = [path for path in _files(settings) if SECRET_SUFFIXES & set(path.suffixes) or _holds_key(path)]
    return [*sealed_keys, *([host_key] if host_key.is_file() and not others else []), *plain]


def overwritten(path: Path) -> dict[str, Any]:
    """Overwrite a file where it lies, then remove it; returns its name, size and SHA-256 before.

    A hard link to a file of somebody other than the folder's owner is removed, and that file keeps its content.
    Raises OSError.
    """
    with no_follow.opened_folder(path.parent) as folder:
        sha256, size = digest(no_follow.open_file(folder, path.name))
        descriptor = no_follow.open_file(folder, path.name, os.O_RDWR)
        try:
            if _is_theirs(descriptor, folder):
                _overwrite(descriptor)
        finally:
            os.close(descriptor)
        no_follow.remove_file(folder, path.name)
        # After a power cut a key of the record that is there again is a new unit's.
        os.fsync(folder)
    return {"file": str(path), "bytes": size, "sha256": sha256}


def discard(fstrim: str | Path = "fstrim") -> str:
    """Tell the drive which blocks are free, so that it erases them, and return what became of it; not every one can."""
    return ASKED if succeeds(fstrim, "--quiet-unsupported", "/", timeout_s=DISCARD_S_MAX) else REFUSED


def data_of(folder: Path = DATA) -> dict[str, Any]:
    """Number and size of the data files, and the SHA-256 of the encrypted database. Raises OSError."""
    about: dict[str, Any] = {"files": 0, "bytes": 0, "database_sha256": "none"}
    if not folder.is_dir():
        return about
    with no_follow.opened_folder(folder) as top:
        for file in no_follow.files_below(top):
            about["files"] += 1
            about["bytes"] += os.stat(file.path.name, dir_fd=file.folder, follow_symlinks=False).st_size
            if file.path == Path(DATABASE):
                about["database_sha256"], _ = digest(file.open())
    return about


def remove(*folders: Path) -> None:
    """Remove all that is in folders; they themselves stay, as the system makes them. Raises OSError."""
    for path in folders:
        if path.is_dir():
            with no_follow.opened_folder(path) as folder:
                no_follow.empty_folder(folder)


def _files(folder: Path) -> list[Path]:
    """The regular files below a folder, links left out; none where there is no folder."""
    if not folder.is_dir():
        return []
    with no_follow.opened_folder(folder) as top:
        return sorted(folder / file.path for file in no_follow.files_below(top))


def _holds_key(path: Path) -> bool:
    with no_follow.opened_folder(path.parent) as folder:
        return b"PRIVATE KEY-----" in no_follow.read_file(folder, path.name, PEM_BYTES_MAX)


def _is_theirs(descriptor: int, folder: int) -> bool:
    """Whether overwriting a file takes nothing from anybody but the folder's owner."""
    about = os.fstat(descriptor)
    return about.st_nlink == 1 or about.st_uid == os.fstat(folder).st_uid


def _overwrite(descriptor: int) -> None:
    left = os.fstat(descriptor).st_size
    while left:
        left -= os.write(descriptor, secrets.token_bytes(min(left, CHUNK_BYTES)))
    os.fsync(descriptor)
