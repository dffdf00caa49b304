"""The department's folder: its settings, its authority and certificates, and its database."""

import re
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from scripts.deploy.department import postgresql
from scripts.deploy.department.checks import failed_checks
from scripts.deploy.department.host import (
    AS_USER,
    BACKUPS,
    FOLDER,
    SETTINGS,
    run_department,
    setting,
)
from scripts.deploy.provision import no_follow
from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.provision.unit_settings import parse_toml, with_value

SETTINGS_BYTES_MAX = 1_000_000
CERTIFICATE = FOLDER / "server.pem"
_PUT = 'umask 077 && mkdir -p "$(dirname "$1")" && cat >"$1.new" && sync "$1.new" && mv "$1.new" "$1"'
"""Writes a file as the department's user: root opens nothing in a folder of another's."""


class DepartmentSettingsStep:
    """``department.toml``: the agency's file on the first day, and where backups and keys go.

    Args:
        file: the agency's settings; None: the file that is there, or none.
        target: the folder of the backups; empty: as the settings have it.
        keys: the folder that the keys are copied to; likewise.
        path: where the settings are.
    """

    name = "settings"

    def __init__(self, file: Path | None, target: str, keys: str, path: Path = SETTINGS) -> None:
        self._path = path
        self._first = "" if file is None else _read(file)
        self._file = file
        self._places = {"target": target, "keys": keys}

    def pending(self) -> list[str]:
        """The file, where it is missing or names other places.

        Raises:
            ProvisioningError: the settings that were named are not those that are there.
        """
        self._require_same()
        return [] if self._text() == self._present() else [f"write {self._path}"]

    def apply(self, undo: ExitStack) -> None:
        """Write it; settings with a fault are taken back."""
        before, text = self._present(), self._text()
        if before:
            undo.callback(_put, self._path, before)
        else:
            undo.callback(succeeds, *AS_USER, "rm", "-f", self._path)
        _put(self._path, text)
        if fault := failed_checks().get("settings"):
            raise ProvisioningError(fault)

    def _present(self) -> str:
        return self._path.read_text(encoding="utf-8") if self._path.is_file() else ""

    def _text(self) -> str:
        text = self._present() or self._first
        for key, value in self._places.items():
            if value:
                text = with_value(text, "backup", key, value)
        if not parse_toml(text).get("backup", {}).get("target"):
            text = with_value(text, "backup", "target", str(BACKUPS))
        return text

    def _require_same(self) -> None:
        """Never pass over settings that somebody named: what is there may have been changed since."""
        if self._file is None or not self._path.is_file():
            return
        named, present = _bare(parse_toml(self._first)), _bare(parse_toml(self._present()))
        if named != present:
            raise ProvisioningError(
                f"{self._path}: is there and not as {self._file}; change it there, and leave --settings out"
            )


def _one_form(name: str) -> str:
    """A name or address in a form that it shares with its other spellings: openssl writes IPv6 in one of its own."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()


def _bare(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings without what setting up writes itself."""
    backup = {key: value for key, value in settings.get("backup", {}).items() if key not in {"target", "keys"}}
    return {**settings, "backup": backup, "database": {}}


def _read(path: Path) -> str:
    try:
        with no_follow.opened_folder(path.parent) as folder:
            text = no_follow.read_file(folder, path.name, SETTINGS_BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ProvisioningError(f"{path}: cannot be read: {reason}") from None
    parse_toml(text)
    return text


def _put(path: Path, text: str) -> None:
    run(*AS_USER, "sh", "-c", _PUT, "put", path, stdin=text.encode())


class DepartmentFolderStep:
    """Authority, keys, server certificate and database, as ``department init`` makes them.

    Args:
        names: names and addresses that units use.
        with_postgresql: keep reads in PostgreSQL, not in the folder.
        certificate: the server's certificate.
    """

    name = "department"

    def __init__(self, names: list[str], *, with_postgresql: bool, certificate: Path = CERTIFICATE) -> None:
        self._names = names
        self._with_postgresql = with_postgresql
        self._certificate = certificate

    def pending(self) -> list[str]:
        """Making it, or names that its certificate lacks.

        Raises:
            ProvisioningError: it has no name, or another database.
        """
        if not self._certificate.is_file():
            if not self._names:
                raise ProvisioningError("no department yet: give each name and address that units use, with --name")
            return [f"make the department in {FOLDER}, for {', '.join(self._names)}"]
        if self._with_postgresql and not setting("database", "url"):
            move = f'alpr-edge-department copy --to "{postgresql.URL}"'
            raise ProvisioningError(f"{FOLDER}: has its database in the folder; move it: {move}")
        return [f"add the name {name} to the server's certificate" for name in self._missing_names()]

    def apply(self, undo: ExitStack) -> None:
        """Make it, or its certificate anew; half of a new one is removed, its settings stay."""
        if self._certificate.is_file():
            run_department("renew", *(f"--name={name}" for name in self._missing_names()))
            return
        # A server's certificate is what tells a whole department: without it the next run goes on, with the same keys.
        undo.callback(succeeds, *AS_USER, "rm", "-f", self._certificate)
        database = ("--database", postgresql.URL) if self._with_postgresql else ()
        run_department("init", *(f"--name={name}" for name in self._names), *database)

    def _missing_names(self) -> list[str]:
        text = run("openssl", "x509", "-in", self._certificate, "-noout", "-ext", "subjectAltName")
        present = {_one_form(match) for match in re.findall(r"(?:DNS|IP Address):([^\s,]+)", text)}
        return [name for name in self._names if _one_form(name) not in present]
