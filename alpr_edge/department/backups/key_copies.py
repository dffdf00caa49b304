"""Copies of the department's keys, in a place of their own: whoever has a backup alone opens nothing that is sealed."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import private_directory, replace_file
from alpr_edge.runtime.io_errors import io_errors

_DIGITS = 12
"""Of a key's digest, behind the name of one that another took the place of."""


def require_apart(what: str, folder: Path, others: Mapping[str, Path]) -> None:
    """Refuse a folder in which others lie, or that lies in one of them."""
    for name, other in others.items():
        one, two = folder.resolve(), other.resolve()
        if one.is_relative_to(two) or two.is_relative_to(one):
            raise DepartmentError(f"{folder}: {what} belong apart from {name} in {other}; name another disk")


def copy_keys(directory: Path, digests: Mapping[str, str], to: Path) -> None:
    """Copy keys; one that is there and differs stays beside the new one, for the backups that need it.

    Args:
        digests: SHA-256 of the keys by name.
        to: the folder of the keys; made with mode 0700 when missing.
    """
    private_directory(to)
    with io_errors(f"{to}: a key cannot be copied", StoreError):
        for name, sha256 in digests.items():
            content, path = (directory / name).read_bytes(), to / name
            if _digest(content) != sha256:
                raise StoreError(f"{directory / name}: changed meanwhile; back up again")
            if path.exists():
                present = path.read_bytes()
                if present == content:
                    continue
                replace_file(_older(to, name, _digest(present)), present)
            replace_file(path, content)


def find_keys(folder: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    """The keys that belong to a backup.

    Args:
        digests: SHA-256 of the keys by name.
    """
    found = {}
    with io_errors(f"{folder}: a key cannot be read", StoreError):
        for name, sha256 in digests.items():
            contents = [path.read_bytes() for path in (folder / name, _older(folder, name, sha256)) if path.exists()]
            fitting = next((each for each in contents if _digest(each) == sha256), None)
            if fitting is None:
                what = "another one than the backup's" if contents else "missing"
                raise DepartmentError(f"{folder / name}: {what}; name the folder with the keys of that time: --keys")
            found[name] = fitting
    return found


def _older(folder: Path, name: str, sha256: str) -> Path:
    return folder / f"{name}.{sha256[:_DIGITS]}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
