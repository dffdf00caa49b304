"""Where a department lies on its server, and how its command is run."""

from pathlib import Path

from scripts.deploy.provision.machine import run
from scripts.deploy.provision.unit_settings import parse_toml

USER = "alpr-edge-department"
BASE = Path("/opt/alpr-edge-department")
FOLDER = Path("/var/lib/alpr-edge-department/data")
SETTINGS = FOLDER / "department.toml"
COMMAND = Path("/usr/local/bin/alpr-edge-department")
"""Runs a command as the department's user: config/department/usr/local/bin/alpr-edge-department."""
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--reset-env")
BACKUPS = Path("/var/backups/alpr-edge-department")
COMMAND_S_MAX = 600
_NOT_IN_PLACES = frozenset("\"\\' %:")


def is_plain_place(path: str) -> bool:
    """Whether settings, command lines and systemd's files all take the path of a folder as it is.

    systemd splits at blanks and colons and replaces what begins with %; a line break would begin a setting of its own.
    """
    return path.startswith("/") and path.isprintable() and not set(path) & _NOT_IN_PLACES


def run_department(*words: str, timeout_s: float = COMMAND_S_MAX) -> str:
    """Run a command of the department as its user; returns what it prints. Raises ProvisioningError."""
    return run(COMMAND, *words, timeout_s=timeout_s)


def department_settings(path: Path = SETTINGS) -> dict[str, dict[str, object]]:
    """The tables of the department's settings; none where there is no file. Raises ProvisioningError."""
    return parse_toml(path.read_text(encoding="utf-8")) if path.is_file() else {}


def setting(table: str, key: str, path: Path = SETTINGS) -> str:
    """One string of the settings; empty where it is not set. Raises ProvisioningError."""
    value = department_settings(path).get(table, {}).get(key, "")
    return value if isinstance(value, str) else ""
