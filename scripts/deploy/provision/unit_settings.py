"""The unit's settings: a fleet's file with this unit's id and department written into it."""

import re
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.deploy.provision.accounts import AS_UNIT, UNIT_USER
from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, run

SETTINGS = Path("/etc/alpr-edge/alpr-edge.toml")
_TABLE = re.compile(r"\s*\[")
_OF_ENROLMENT = re.compile(r"alpr-edge: uplink\.(ca|certificate|key)_file: .*: no such file")
UNIT_ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")


def with_value(text: str, table: str, key: str, value: str) -> str:
    """A TOML text with one string set: in its line where there is one, so that comments stay.

    Args:
        text: the text of the file.
        table: a table's name, without brackets.
        key: the key in the table.
        value: the value, without quotes or backslashes.

    Raises:
        ProvisioningError: the key cannot be set so (its table is written inline, for example).
    """
    lines, assignment = text.splitlines(), f'{key} = "{value}"'
    start = next((n for n, line in enumerate(lines) if re.match(rf"\s*\[{re.escape(table)}\]", line)), None)
    if start is None:
        lines += ["", f"[{table}]", assignment]
    else:
        end = next((n for n in range(start + 1, len(lines)) if _TABLE.match(lines[n])), len(lines))
        at = next((n for n in range(start + 1, end) if re.match(rf"\s*{re.escape(key)}\s*=", lines[n])), None)
        lines[start + 1 if at is None else at : start + 1 if at is None else at + 1] = [assignment]
    result = "\n".join(lines) + "\n"
    if parse_toml(result).get(table, {}).get(key) != value:
        raise ProvisioningError(f"the settings' {table}.{key} cannot be set; write it in a line of [{table}]")
    return result


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises ProvisioningError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProvisioningError(f"the settings are no TOML: {error}") from None


def unit_settings(text: str, unit_id: str, department: str) -> str:
    """A fleet's settings with a unit's id and department.

    Args:
        text: the text of the fleet's file.
        unit_id: the id to write; empty keeps the file's.
        department: the address to write; empty keeps the file's.

    Raises:
        ProvisioningError: the id or the address is not valid.
    """
    if unit_id:
        if not UNIT_ID_FORM.fullmatch(unit_id):
            raise ProvisioningError(f'--unit-id {unit_id}: letters, digits, ".", "-" and "_", at most 64')
        text = with_value(text, "unit", "id", unit_id)
    if department:
        if urlsplit(department).scheme != "https" or not urlsplit(department).hostname or '"' in department:
            raise ProvisioningError(f"--department {department}: an address that begins with https://")
        text = with_value(text, "uplink", "url", department)
    return text


def installed_settings(path: Path = SETTINGS) -> dict[str, Any]:
    """The settings on this machine; empty where there are none. Raises ProvisioningError."""
    # A power cut while they are destroyed leaves bytes that are no text.
    return parse_toml(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else {}


def unit_identity(text: str, unit_id: str, department: str, installed: Path = SETTINGS) -> tuple[str, str]:
    """The id and the department to write into a fleet's settings: those given, else those of the settings in place.

    A fleet's file has an id that stands for any car's. Written over a unit's own by a provisioning that is run again,
    it would have the car's reads stored under it.

    Args:
        text: the text of the fleet's file.
        unit_id: the id as given; empty: not given.
        department: the address as given; empty: not given.
        installed: this machine's settings.

    Raises:
        ProvisioningError: the settings in place cannot be read, or name another department than the fleet's file.
    """
    if unit_id and department:
        return unit_id, department
    try:
        settings = installed_settings(installed)
    except ProvisioningError:
        words = "this unit's id and department cannot be read of it; move it away, and pass --unit-id and --department"
        raise ProvisioningError(f"{installed}: {words}") from None
    url, fleet_url = _string(settings, "uplink", "url"), _string(parse_toml(text), "uplink", "url")
    if not department and url and fleet_url not in {"", url}:
        raise ProvisioningError(f"the settings in place name {url}, the fleet's {fleet_url}; say which: --department")
    return unit_id or _string(settings, "unit", "id"), department or url


def _string(settings: dict[str, Any], table: str, key: str) -> str:
    """A string of settings that may be no unit's; empty where there is none."""
    values = settings.get(table)
    value = values.get(key) if isinstance(values, dict) else None
    return value if isinstance(value, str) else ""


class SettingsStep:
    """The settings file.

    Args:
        text: the text to write; empty keeps the file that is there.
    """

    name = "settings"

    def __init__(self, text: str) -> None:
        self._file = ManagedFile(SETTINGS, text.encode(), 0o640, UNIT_USER) if text else None

    def pending(self) -> list[str]:
        """The file, where it is missing or differs."""
        if self._file is None:
            if not SETTINGS.is_file():
                raise ProvisioningError(f"{SETTINGS}: not there yet; name the fleet's file with --settings")
            return []
        return [] if self._file.is_current else [f"write {SETTINGS}"]

    def apply(self, undo: ExitStack) -> None:
        """Write it; settings with a fault are taken back."""
        assert self._file is not None
        self._file.install(undo)
        try:
            run(AS_UNIT, "settings", "check", SETTINGS)
        except ProvisioningError as error:
            if not error.output_lines:
                raise  # it did not come to the check
            # Certificates come with the enrollment, which reads these settings.
            if faults := [line for line in error.output_lines if not _OF_ENROLMENT.match(line)]:
                hint = "; on the fleet's file: alpr-edge settings migrate FILE" if "was renamed to" in faults[0] else ""
                raise ProvisioningError(faults[0].removeprefix("alpr-edge: ") + hint, faults) from None
        self._file.forget_before()
