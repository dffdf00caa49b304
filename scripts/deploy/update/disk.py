"""The disk in an update: the room that it needs, and what went wrong on it in words."""

import os
import shutil
from pathlib import Path

from scripts.deploy.provision.bundle import is_for_others, signed_files
from scripts.deploy.provision.machine import ProvisioningError

SPACE_FACTOR = 5
"""Free space needed, in sizes of the bundle: its copy, and its wheels unpacked."""


def require_space(base: Path, bundle: Path, key: Path) -> None:
    """Refuse an update for which the disk, which the unit's reads share, has too little space.

    Args:
        base: the folder of the releases.
        bundle: the folder of the bundle.
        key: the public key that it has to be signed with.

    Raises:
        ProvisioningError: there is too little, or the bundle is not signed so.
    """
    mine = [bundle / name for name in signed_files(bundle, key) if not is_for_others(name)]
    need = SPACE_FACTOR * sum(path.lstat().st_size for path in mine if os.path.lexists(path))
    free = shutil.disk_usage(base).free
    if free < need:
        raise ProvisioningError(f"{base}: {need / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free")


def fault_words(error: OSError | ProvisioningError) -> str:
    """An error in words."""
    if isinstance(error, OSError):
        return f"{error.filename or 'disk'}: {error.strerror}"
    return str(error)
