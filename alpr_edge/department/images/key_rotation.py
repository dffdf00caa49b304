"""Puts a new master key in the place of the old: every key of a day is wrapped anew, and the settings name the new."""

from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import wrap_anew
from alpr_edge.department.db.day_keys.master_keys import MasterKey, load_master_key, read_master_key
from alpr_edge.department.db.day_keys.secret_sources import CREDENTIAL, secret_file
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """A rotation that has ended."""

    wrapped: int
    master_id: str
    next_step: str
    """What a person has to do; empty: nothing."""


def rotate_master_key(directory: Path, file: Path) -> KeyRotation:
    """Wrap every key by the master key of a file; done again for the same file it changes nothing.

    Raises:
        DepartmentError: one of the keys cannot be read, or a key is wrapped by neither.
        StoreError: the database does not answer; nothing was changed.
    """
    new = read_master_key(secret_file(str(file), directory, "--to"))
    old = load_master_key(directory)
    if old is None:
        raise DepartmentError(f"images.key: missing in {FILE_NAME}; name the master key that is in use first")
    database = DepartmentDatabase(directory, create=False)
    try:
        with database.writing() as connection:
            count = wrap_anew(connection, old, new)
    finally:
        database.close()
    return KeyRotation(count, new.master_id, _name_key(directory, file, old, new))


def _name_key(directory: Path, file: Path, old: MasterKey, new: MasterKey) -> str:
    """Have the settings name the new key where they name a file; returns what is left to do."""
    table = load_department_file(directory).images
    if old.master_id == new.master_id:
        return ""
    if table.key_command:
        return f"have the command of images.key_command print the key of {file}, then remove the file"
    if table.key.startswith(CREDENTIAL):
        return f"give the services {file} as the credential of images.key, then start them again"
    path = directory / FILE_NAME
    with io_errors(f"{path}: cannot be written", DepartmentError):
        try:
            document = tomlkit.parse(path.read_text(encoding="utf-8"))
        except TOMLKitError:
            raise DepartmentError(f"{path}: is no TOML; mend it first") from None
        document["images"]["key"] = str(file)
        replace_file(path, tomlkit.dumps(document).encode())
    return ""
