"""Finds out who runs a command, for the records of it."""

import os
import pwd
from pathlib import Path

CALLER = "ALPR_EDGE_CALLER"
"""Set by the unit's own command (``config/system/usr/local/bin/alpr-edge``), behind which no login is left to see."""
CHARACTERS_MAX = 64
_LOGIN = Path("/proc/self/loginuid")
_NO_LOGIN = 2**32 - 1


def caller() -> str:
    """The name of the person: as the unit's command passed it on, of the login, behind sudo, else of this process."""
    name = os.environ.get(CALLER) or _login() or os.environ.get("SUDO_USER") or _user(os.getuid())
    return "".join(character for character in name if character.isprintable())[:CHARACTERS_MAX]


def is_root() -> bool:
    """Whether root runs this, by itself or through the unit's command, which runs it as the unit's user."""
    return os.geteuid() == 0 or (CALLER in os.environ and "CREDENTIALS_DIRECTORY" in os.environ)


def _login() -> str:
    """Who logged in, which stays as it was through sudo and su; empty without a login or where none is kept."""
    try:
        uid = int(_LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return ""
    return "" if uid == _NO_LOGIN else _user(uid)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
