"""Finds the keys that a daemon would refuse at its start: missing, of another length, or readable by others."""

import os
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.keys import KEY_NAMES, load_key


def key_faults(directory: Path) -> list[str]:
    """One line for each key that cannot be used; none where there is no folder, which the settings' check tells."""
    if not directory.is_dir() and "CREDENTIALS_DIRECTORY" not in os.environ:
        return []
    return [fault for name in KEY_NAMES if (fault := _fault(name, directory))]


def _fault(name: str, directory: Path) -> str:
    try:
        load_key(name, directory)
    except StoreError as error:
        return f"store.keys_directory: {error}"
    return ""
