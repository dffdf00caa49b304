"""Checks of the files of a department's folder: whose they are, who may read them, and that each key can be used."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from alpr_edge.department.db.sealed_values import KEY_NAME as PEOPLE_KEY
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.department.pki.roster_key import FILE_NAME as ROSTER_KEY
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.unit_logs.witness import FILE_NAME as WITNESS_KEY
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.diagnostics.checks import Check, amber, green, red
from alpr_edge.domain.errors import DepartmentError, StoreError

SECRET_BITS = stat.S_IRWXG | stat.S_IRWXO


def check_folder(directory: Path) -> Iterator[Check]:
    """Check that the folder and the files in it are one user's alone, also after commands that root ran."""
    status = directory.stat()
    if status.st_mode & SECRET_BITS:
        yield red("folder", f"{directory}: others may enter it", f"run: chmod 700 {directory}")
    user = os.geteuid()
    if user not in {0, status.st_uid}:
        yield red(
            "folder", f"{directory}: belongs to user {status.st_uid}, and this is user {user}", "run it as that user"
        )
        return
    wrong = [path for path in sorted(directory.iterdir()) if path.lstat().st_uid != status.st_uid]
    for path in wrong[:10]:
        todo = f"run: chown {status.st_uid}:{status.st_gid} {path}"
        yield red("folder", f"{path.name}: does not belong to the folder's owner", todo)
    if not wrong and not status.st_mode & SECRET_BITS:
        yield green("folder", f"{directory}: its owner's alone")


def check_keys(directory: Path) -> Iterator[Check]:
    """Check that each key can be used, and that nobody else may read it. None is made here."""
    files = TlsFiles(directory)
    uses: dict[str, Callable[[], object]] = {
        "ca.key": lambda: Authority.load(files),
        "media.key": lambda: load_media_key(files),
        ROSTER_KEY: lambda: load_roster_signer(directory),
        WITNESS_KEY: lambda: Witness(directory).key,
    }
    for name, use in uses.items():
        yield _check_key(directory / name, use)
    for path in sorted({files.key, directory / PEOPLE_KEY}):
        if path.exists() and path.stat().st_mode & SECRET_BITS:
            yield _open_key(path)


def _check_key(path: Path, use: Callable[[], object]) -> Check:
    """Check one key; one that is missing is not made."""
    name = f"key {path.name}"
    if not path.exists():
        if path.name == "ca.key":
            todo = "nothing where the agency's own authority signs; else restore it"
            return amber(name, "missing: no unit can be enrolled here", todo)
        return red(name, "missing", "restore it from the copies of the keys")
    if path.stat().st_mode & SECRET_BITS:
        return _open_key(path)
    try:
        use()
    except (DepartmentError, StoreError) as error:
        return red(name, str(error))
    except OSError as error:
        return red(name, f"{path}: {error.strerror}", "run it as the folder's owner")
    return green(name, "can be used")


def _open_key(path: Path) -> Check:
    return red(f"key {path.name}", "others may read it", f"run: chmod 600 {path}")
