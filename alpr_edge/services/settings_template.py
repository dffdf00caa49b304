"""Writes the settings file that came with the software: every key with its default and its meaning."""

import os
import sys
from pathlib import Path

from alpr_edge.domain.errors import SettingsError

NAME = "alpr-edge.toml"
MODE = 0o644


def settings_template() -> Path:
    """The path of the file that came with the software, in a checkout or where the wheel put it."""
    checkout = Path(__file__).parents[2] / "config" / NAME
    return checkout if checkout.is_file() else Path(sys.prefix) / "share" / "alpr-edge" / NAME


def write_settings_template(path: Path) -> None:
    """Write a new settings file.

    Raises:
        SettingsError: there is one already, or it cannot be written.
    """
    try:
        content = settings_template().read_bytes()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise SettingsError([f"{path}: exists already; give another name, or check it: settings check"]) from None
    except FileNotFoundError as error:
        raise SettingsError([f"{error.filename}: {error.strerror}; make the folder first"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be written: {error.strerror}"]) from None
