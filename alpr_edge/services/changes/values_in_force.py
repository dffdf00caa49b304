"""What a unit works by at present, as named values; each function reads one kind of it."""

import hashlib
from contextlib import suppress
from pathlib import Path

from alpr_edge import __version__
from alpr_edge.domain.access_log.changes import NONE, Subject, value_name, value_text
from alpr_edge.domain.errors import ModelError, StoreError
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.services.changes.department_settings import department_values
from alpr_edge.services.changes.settings_values import Digest, settings_values
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.schema import FILE_NAME as ACCOUNTS_FILE
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.generations import live
from alpr_edge.store.keys import KEY_NAMES, load_key
from alpr_edge.vision.model_files.choice import ModelChoice, used_models
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import ModelFile

_CHARACTERS = 16
"""Hexadecimal digits of a digest that are kept: enough to tell apart what was made, not to stand against an attack."""


def read_values(settings: Settings, database: Database, digest: Digest) -> dict[str, str]:
    """Everything that a unit with these settings works by.

    Args:
        digest: makes what stands in place of a secret.

    Raises:
        StoreError: a store cannot be read.
    """
    return {
        value_name(Subject.RELEASE): __version__,
        **settings_values(settings, digest),
        **department_values(settings),
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


def list_value(database: Database, source: str) -> dict[str, str]:
    """The live generation of one list; empty where none is live."""
    name = value_name(Subject.LIST, source)
    return {name: list_values(database).get(name, NONE)}


def model_values(settings: Settings) -> dict[str, str]:
    """The networks that a unit with these settings runs, with the digests of their files, which are read and hashed."""
    folders = model_folders(settings.vision, settings.unit.data_directory)
    try:
        models = used_models(folders, settings.vision.detector, settings.vision.reader)
    except ModelError as error:
        return {value_name(Subject.MODEL, "unusable"): value_text(str(error))}
    return {value_name(Subject.MODEL, name): model_text(model) for name, model in models.items()}


def model_text(model: ModelFile) -> str:
    """A network as a record has it."""
    int8 = model.entry.get("int8")
    digest = str(int8.get("sha256"))[:_CHARACTERS] if isinstance(int8, dict) else ""
    return f"{model.name}, sha256:{model.sha256[:_CHARACTERS]}" + f", int8 sha256:{digest}" * bool(digest)


def choice_values(choice: ModelChoice) -> dict[str, str]:
    """What was chosen for each network."""
    return {value_name(Subject.MODEL_CHOICE, part.part): part.taken for part in choice.parts}


def roster_values(settings: Settings) -> dict[str, str]:
    """The department's roster in force; of a unit's own accounts each change of a person is on record by itself."""
    directory = settings.unit.data_directory
    if not (directory / ACCOUNTS_FILE).exists():
        return {}
    with open_accounts(directory, settings.store.keys_directory, migrate=False) as store, store.reading() as rows:
        header = rows.roster()
    if header is None or header.department_id == settings.unit.id:
        return {}
    text = f"{header.department_id} {header.serial}, to {header.valid_until:%Y-%m-%d}"
    return {value_name(Subject.ROSTER): text}


def key_values(keys_directory: Path) -> dict[str, str]:
    """A digest of each key that this process may open; it tells nothing of the key."""
    values: dict[str, str] = {}
    for name in KEY_NAMES:
        with suppress(StoreError):
            digest = hashlib.sha256(derive_key(load_key(name, keys_directory), "recorded key")).hexdigest()
            values[value_name(Subject.KEY, name)] = f"sha256:{digest[:_CHARACTERS]}"
    return values
