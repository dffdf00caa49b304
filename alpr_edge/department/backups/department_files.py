"""What of a department's folder belongs into a backup, and which of its files are secrets that do not.

Everything does that is not named here, so that what a later release adds is not forgotten. A key never lies beside what
it opens: files of keys, files of passwords that the settings name, and whatever begins like a private key stay out.
"""

import hashlib
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.department.backups.file_list import files_in
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.images.choice import IMAGES_NAME
from alpr_edge.department.retention.deletion_mark import FILE_NAME as MARK_NAME
from alpr_edge.department.serving import LOCK_NAME, PACKAGES_NAME, PAGE_LOCK_NAME, PORTS_NAME, SESSIONS_NAME
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import TEMPORARY_PREFIX
from alpr_edge.runtime.io_errors import io_errors

KEY_ENDING = ".key"
_PASSING = {LOCK_NAME, PAGE_LOCK_NAME, PORTS_NAME, MARK_NAME}
_SECRET_MARKS = (b"PRIVATE KEY-----", b"PRIVATE+KEY+")
_MARK_BYTES_MAX = 200
"""Of a file's beginning, in which a private key says that it is one."""


@dataclass(frozen=True, slots=True)
class FolderContent:
    """The files of a department's folder, as a backup sees them; all by name."""

    files: tuple[str, ...]
    """What is copied beside the pictures and the database; relative paths."""
    keys: tuple[str, ...]
    """What has to be kept elsewhere."""
    secrets: tuple[str, ...]
    """Files of passwords and further keys, which nobody copies."""


def folder_content(directory: Path) -> FolderContent:
    """Sort the files of a department's folder."""
    named = _named_secrets(directory)
    files, keys, secrets = list[str](), list[str](), list[str]()
    with io_errors(f"{directory}: cannot be read", StoreError):
        for name in _candidates(directory):
            path = directory / name
            if path.resolve() in named:
                secrets.append(name)
            elif name.endswith(KEY_ENDING) and "/" not in name:
                keys.append(name)
            elif name.endswith(KEY_ENDING) or _begins_like_a_key(path):
                secrets.append(name)
            else:
                files.append(name)
    return FolderContent(tuple(files), tuple(keys), tuple(secrets))


def key_digests(directory: Path, keys: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of each key; of 256 random bits it tells nothing."""
    with io_errors(f"{directory}: a key cannot be read", StoreError):
        return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in keys}


def require_owner(directory: Path) -> None:
    """Refuse root where the folder is somebody else's, whose next backup could not use what root made."""
    if not directory.is_dir():
        raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
    owner = directory.stat().st_uid
    if owner == os.geteuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    raise DepartmentError(f"{directory}: is {name}'s; run this as that user: sudo -u '{name}' ...")


def _candidates(directory: Path) -> Iterator[str]:
    """Everything but pictures, the database, and what is of the moment: who serves, is signed in, waiting packages."""
    for name in files_in(directory):
        top = name.split("/", 1)[0]
        base = name.rsplit("/", 1)[-1]
        if top in {IMAGES_NAME, SESSIONS_NAME, PACKAGES_NAME} or base.startswith(TEMPORARY_PREFIX) or name in _PASSING:
            continue
        if name == DATABASE_NAME or name.startswith((f"{DATABASE_NAME}-", f"{DATABASE_NAME}.")):
            continue
        yield name


def _named_secrets(directory: Path) -> set[Path]:
    """Files that the settings name: passwords and keys of the database, of a bucket, and of those who are told."""
    settings = load_department_file(directory)
    named = [settings.images.credentials, settings.alarms.smtp_password_file, settings.alarms.webhook_key_file]
    named.append(settings.page.key)
    named += [str(each.password_file) for each in settings.feed if each.password_file is not None]
    if settings.database.url:
        parameters = dict(parse_location(settings.database.url).parameters)
        named += [parameters.get("passfile", ""), parameters.get("sslkey", "")]
    return {(directory / name).resolve() for name in named if name}


def _begins_like_a_key(path: Path) -> bool:
    with path.open("rb") as file:
        beginning = file.read(_MARK_BYTES_MAX)
    return any(mark in beginning for mark in _SECRET_MARKS)
