"""The text of a settings file with the renamed keys under their new names, and all else as it was."""

import tomllib
from collections.abc import Iterator
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, Item, SingleKey, Table

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings.loader import NO_SETTINGS, toml_values
from alpr_edge.settings.renames import current_name

KeyPath = tuple[str, ...]


def migrate_text(text: str) -> tuple[str, dict[str, str]]:
    """Rename the old keys of a settings file's text; comments, order and layout stay.

    Returns:
        the text, and the new dotted name by the old one of each key that was renamed.

    Raises:
        SettingsError: it is not TOML, or a table holds a key under both names.
    """
    try:
        return _migrate(text)
    except (tomllib.TOMLDecodeError, TOMLKitError) as error:
        raise SettingsError([f"not valid TOML: {error}"]) from None
    except (ValueError, RecursionError):
        raise SettingsError([NO_SETTINGS]) from None


def _migrate(text: str) -> tuple[str, dict[str, str]]:
    """Do so; raises what the parsers raise."""
    before = toml_values(text)
    document = tomlkit.parse(text)
    names: dict[str, str] = {}
    expected_values = _renamed_values(before, (), names)
    _rename_keys(document, ())
    after = tomlkit.dumps(document)
    if tomllib.loads(after) != expected_values:
        raise SettingsError(["cannot be rewritten; rename by hand: " + ", ".join(sorted(names))])
    return after, names


def _renamed_values(value: Any, path: KeyPath, names: dict[str, str]) -> Any:  # noqa: ANN401 - whatever TOML holds
    """The values as they have to be afterwards; fills ``names``."""
    if isinstance(value, list):
        return [_renamed_values(item, path, names) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, inner in value.items():
        new = current_name((*path, key))
        if new is not None:
            if new in value:
                raise SettingsError([f"{'.'.join((*path, key))}: was renamed to {new}, which is there too; remove one"])
            names[".".join((*path, key))] = ".".join((*path, new))
        result[new or key] = _renamed_values(inner, (*path, key), names)
    return result


def _rename_keys(container: Container, path: KeyPath) -> None:
    """Rename the keys of a table and of all below it."""
    for place, (key, item) in enumerate(container.body):
        if key is None:
            continue
        here = (*path, key.key)
        if (new := current_name(here)) is not None:
            key_text = key.as_string()
            space = key_text[len(key_text.rstrip()) :]
            container.body[place] = (SingleKey(new, sep=key.sep, original=new + space), item)
        for inner in _containers(item):
            _rename_keys(inner, here)


def _containers(item: Item) -> Iterator[Container]:
    """The tables right below a value."""
    if isinstance(item, Table | InlineTable):
        yield item.value
    elif isinstance(item, AoT):
        yield from (table.value for table in item.body)
    elif isinstance(item, Array):
        yield from (element.value for element in item if isinstance(element, InlineTable))
