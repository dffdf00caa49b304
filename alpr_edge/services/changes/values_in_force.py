"""What a unit works by at present, as named values; each function reads one kind of it."""

import hashlib
from contextlib import suppress
from pathlib import Path

from alpr_edge import __version__
from alpr_edge.domain.access_log.changes import Subject, value_name
from alpr_edge.domain.errors import ModelError, StoreError
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.services.changes.settings_values import settings_values
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.schema import FILE_NAME as ACCOUNTS_FILE
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.generations import live
from alpr_edge.store.keys import KEY_NAMES, load_key
from alpr_edge.vision.model_choice import chosen_files
from alpr_edge.vision.model_folders import model_folders

_CHARACTERS = 16
"""Hexadecimal digits of a digest that are kept: enough to tell apart what was made, not to stand against an attack."""


def change_key(keys_directory: Path) -> bytes:
    """The key of the digests that stand in records in place of secrets and plates.

    Raises:
        StoreError: the access key is missing.
    """
    return derive_key(load_key("access", keys_directory), "recorded changes")


def read_values(settings: Settings, database: Database) -> dict[str, str]:
    """Everything that a unit with these settings works by.

    Args:
        settings: the settings in force.
        database: the unit's database.

    Raises:
        StoreError: a store cannot be read, or the access key is missing.
    """
    return {
        value_name(Subject.RELEASE): __version__,
        **settings_values(settings, change_key(settings.store.keys_directory)),
        **list_values(database),
        **model_values(settings),
        **roster_values(settings),
        **key_values(settings.store.keys_directory),
    }


def list_values(database: Database) -> dict[str, str]:
    """The live generation of each list."""
    return {
        value_name(Subject.LIST, row.generation.source): (
            f"generation {row.generation.serial}, {row.generation.entries} entries, sha256:{row.sha256[:_CHARACTERS]}"
        )
        for row in live(database)
    }


def model_values(settings: Settings) -> dict[str, str]:
    """The file of each network that the unit runs; their bytes are read and hashed."""
    folders = model_folders(settings.vision, settings.unit.data_directory)
    names = settings.vision.detector, settings.vision.reader
    try:
        files = chosen_files(folders, names, settings.unit.data_directory)
    except ModelError as error:
        return {value_name(Subject.MODEL, "unusable"): str(error)[:200]}
    parts = {"detector": files.detector, "near": files.near, "reader": files.reader}
    return {
        value_name(Subject.MODEL, part): f"{model.name}, sha256:{model.sha256[:_CHARACTERS]}"
        for part, model in parts.items()
        if model is not None
    }


def roster_values(settings: Settings) -> dict[str, str]:
    """The roster in force, where the unit has one."""
    directory = settings.unit.data_directory
    if not (directory / ACCOUNTS_FILE).exists():
        return {}
    with open_accounts(directory, settings.store.keys_directory, migrate=False) as store, store.reading() as rows:
        header = rows.roster()
    if header is None:
        return {}
    return {value_name(Subject.ROSTER): f"serial {header.serial} of {header.department_id}"}


def key_values(keys_directory: Path) -> dict[str, str]:
    """A digest of each key that this process may open; it tells nothing of the key."""
    values: dict[str, str] = {}
    for name in KEY_NAMES:
        with suppress(StoreError):
            digest = hashlib.sha256(derive_key(load_key(name, keys_directory), "recorded key")).hexdigest()
            values[value_name(Subject.KEY, name)] = f"sha256:{digest[:_CHARACTERS]}"
    return values
