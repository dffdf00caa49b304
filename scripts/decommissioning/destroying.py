"""Keys are overwritten, data is removed. Whatever of it is gone already is passed over, so it can be done again."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.decommissioning.emptying import digest
from scripts.decommissioning.record import REVOKED
from scripts.provisioning.accounts import AS_UNIT
from scripts.provisioning.machine import ProvisioningError, run, succeeds
from scripts.provisioning.services import CAPTURE, TARGET, UPLINK

CREDENTIALS = Path("/etc/credstore.encrypted")
HOST_KEY = Path("/var/lib/systemd/credential.secret")
"""What credentials are sealed with where there is no TPM."""
SETTINGS_FOLDER = Path("/etc/alpr-edge")
DATA = Path("/var/lib/alpr-edge")
RUNTIME = Path("/run/alpr-edge")
DATABASE = "edge.db"


def stop_units() -> None:
    """Stop the daemons for good."""
    for unit in (TARGET, CAPTURE, UPLINK):
        succeeds("systemctl", "disable", "--quiet", "--now", unit)


def ask_to_revoke() -> str:
    """Ask the department to let this unit in no more; returns what became of it."""
    try:
        run(AS_UNIT, "unit", "retire", "--reason", "decommissioned", timeout_s=120)
    except ProvisioningError as error:
        return f"not revoked: {error}"
    return REVOKED


def secret_files(
    credentials: Path = CREDENTIALS, settings: Path = SETTINGS_FOLDER, host_key: Path = HOST_KEY
) -> list[Path]:
    """What has to be overwritten: sealed keys, the host's key where nothing else is sealed with it, TLS key, settings.

    The settings may hold a camera's password.
    """
    sealed = sorted(credentials.glob("alpr-edge-*"))
    others = [path for path in credentials.glob("*") if path not in sealed] if credentials.is_dir() else []
    plain = sorted(path for path in settings.rglob("*") if path.is_file() and path.suffix in {".key", ".toml", ".next"})
    return [*sealed, *([host_key] if host_key.exists() and not others else []), *plain]


def overwritten(path: Path) -> dict[str, Any]:
    """Overwrite a file where it lies, then remove it; returns its name, size and SHA-256 before."""
    about = {"file": str(path), "bytes": path.stat().st_size, "sha256": digest(path)}
    path.chmod(0o600)
    with path.open("r+b", buffering=0) as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        os.fsync(file.fileno())
    path.unlink()
    return about


def discard() -> None:
    """Tell the drive that the blocks are free, so that it erases them; not every drive and system can."""
    succeeds("fstrim", "--quiet-unsupported", "/", timeout_s=600)


def data_of(folder: Path = DATA) -> dict[str, Any]:
    """How much there is, and the SHA-256 of the encrypted database."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    database = folder / DATABASE
    return {
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
        "database_sha256": digest(database) if database.exists() else "none",
    }


def remove(*folders: Path) -> None:
    """Remove all that is in folders; they themselves stay, as the system makes them. Raises OSError."""
    for path in _inside(folders):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _inside(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_dir():
            yield from sorted(folder.iterdir())
