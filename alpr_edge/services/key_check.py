"""Finds the keys that a daemon would refuse at its start: of another length, or readable by others."""

import os
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.store.keys import KEY_NAMES, load_key


def key_faults(directory: Path) -> list[str]:
    """One line for each key that is there and cannot be used.

    A key that is not there is no fault: each program gets only the keys that it needs.
    """
    return [fault for name in KEY_NAMES if (fault := _fault(name, directory))]


def _fault(name: str, directory: Path) -> str:
    path = directory / f"{name}.key"
    try:
        with io_errors(f"{path}: the key cannot be looked at", StoreError, "run it as the owner of the keys"):
            if _is_there(name, path):
                load_key(name, directory)
    except StoreError as error:
        return f"store.keys_directory: {error}"
    return ""


def _is_there(name: str, path: Path) -> bool:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return path.exists() or (credentials is not None and (Path(credentials) / f"alpr-edge-{name}").exists())
