"""Writes the site into a folder that a web server serves; the signed list of its files comes last."""

import os
from pathlib import Path

from alpr_edge.department.website.site_check import listed_paths
from alpr_edge.department.website.site_files import MANIFEST, MANIFEST_NOTE
from alpr_edge.domain.errors import AuditError, DepartmentError
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

_READABLE_FILE, _READABLE_FOLDER = 0o644, 0o755
"""Everything here is for everybody, whatever the umask of whoever writes it."""


def prepare_folder(folder: Path) -> set[str]:
    """Make the folder of the site unless it is there; returns the files of the site that lies in it.

    Raises:
        DepartmentError: the folder holds something else, or cannot be written.
    """
    with io_errors(f"{folder}: cannot be written", DepartmentError):
        _make_public(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise DepartmentError(f"{folder}: cannot be written; let it belong to the department's user")
        return _earlier_paths(folder)


def write_site(folder: Path, files: dict[str, bytes]) -> int:
    """Write the site; files of an earlier one that are no part of it any more are removed. Returns how many changed.

    Args:
        folder: the folder, made when missing; it is empty, or holds an earlier site.

    Raises:
        DepartmentError: the folder holds something else, or cannot be written.
    """
    earlier = prepare_folder(folder)
    with io_errors(f"{folder}: cannot be written", DepartmentError):
        _open_to_readers(folder)
        for inner in {(folder / path).parent for path in files} - {folder}:
            _make_public(inner)
            if inner.stat().st_mode & 0o777 != _READABLE_FOLDER:
                inner.chmod(_READABLE_FOLDER)
        last = [MANIFEST, MANIFEST_NOTE]
        paths = [path for path in files if path not in last] + last
        changed = sum(_write(folder / path, files[path]) for path in paths)
        for path in sorted(earlier - files.keys()):
            (folder / path).unlink(missing_ok=True)
        return changed


def _earlier_paths(folder: Path) -> set[str]:
    """The files of the site that lies there; none where the folder is empty."""
    if not any(folder.iterdir()):
        return set()
    try:
        return set(listed_paths(folder)) | {MANIFEST, MANIFEST_NOTE}
    except AuditError:
        raise DepartmentError(f"{folder}: holds something else than the site; name an empty folder") from None


def _make_public(folder: Path) -> None:
    """Make a folder, and those above it that are missing; those that are there keep their modes."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            each.mkdir()
            each.chmod(_READABLE_FOLDER)


def _open_to_readers(folder: Path) -> None:
    """Let a web server into a folder of this user that is for nobody else, as earlier releases made it."""
    status = folder.stat()
    if status.st_uid == os.geteuid() and not status.st_mode & 0o077:
        folder.chmod(_READABLE_FOLDER)


def _write(path: Path, content: bytes) -> bool:
    """Write a file unless it is there as it should be; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    replace_file(path, content)
    path.chmod(_READABLE_FILE)
    return True
