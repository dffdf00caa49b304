"""Reads a settings file, and checks its values into settings with absolute paths."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings.base import Section
from alpr_edge.settings.cameras import doubled_ids
from alpr_edge.settings.faults import faults_of
from alpr_edge.settings.profiles.barred_reasons import barred_reason_faults
from alpr_edge.settings.schema import UNIT_FILE, Settings

BYTES_MAX = 1024 * 1024
"""Largest settings file read; a full one has some kilobytes."""
ENCODING = "utf-8-sig"
"""UTF-8; some editors put a byte order mark at its beginning, which TOML does not have."""
NO_SETTINGS = "no settings: values nested hundreds deep, or a number of thousands of digits, which Python does not read"
_DEEP_KEY = re.compile(r"""(?:\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*){100}""")
"""A key of a hundred names: over one of thousands Python's parser takes minutes. tomlkit has the same bound."""


def read_values(path: Path) -> dict[str, Any]:
    """Read the values of a settings file, none of which is checked.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
    try:
        return read_values_if_any(path)
    except FileNotFoundError:
        raise SettingsError([f"{path}: no such file; write one with: alpr-edge settings init {path}"]) from None


def read_values_if_any(path: Path) -> dict[str, Any]:
    """Read the values of a file that may be missing, none of which is checked.

    Raises:
        FileNotFoundError: it is missing.
        SettingsError: it cannot be read, or is not TOML.
    """
    try:
        return toml_values(_text(path))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path}: not valid TOML: {error}"]) from None
    except (ValueError, RecursionError):
        raise SettingsError([f"{path}: {NO_SETTINGS}"]) from None


def parse(raw: dict[str, Any], base: Path) -> Settings:
    """Check parsed TOML; relative paths are taken from ``base``.

    Raises:
        SettingsError: with every fault found.
    """
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        faults = faults_of(error, UNIT_FILE)
        raise SettingsError([*faults, *(line for line in doubled_ids(raw) if line not in faults)]) from None
    if barred := barred_reason_faults("hotlist.source", dict(enumerate(settings.hotlist.source)), settings.policy):
        raise SettingsError(barred)
    return _with_absolute_paths(settings, base.resolve())


def toml_values(text: str) -> dict[str, Any]:
    """The values of TOML.

    Raises:
        tomllib.TOMLDecodeError: it is none.
        ValueError: a number has thousands of digits.
        RecursionError: values or keys are nested hundreds deep.
    """
    if _DEEP_KEY.search(text):
        raise RecursionError
    return tomllib.loads(text)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(BYTES_MAX + 1)
    if len(data) > BYTES_MAX:
        raise SettingsError([f"{path}: over {BYTES_MAX} bytes; this is no settings file"])
    return data.decode(ENCODING)


def _with_absolute_paths(settings: Settings, base: Path) -> Settings:
    """The settings with every path absolute."""

    def absolute(value: Any) -> Any:  # noqa: ANN401 - walks values of any type
        if isinstance(value, Path):
            return base / value
        if isinstance(value, tuple):
            return tuple(absolute(item) for item in value)
        if isinstance(value, Section):
            return value.model_copy(update={name: absolute(getattr(value, name)) for name in type(value).model_fields})
        return value

    absolute_settings = absolute(settings)
    assert isinstance(absolute_settings, Settings)
    return absolute_settings
