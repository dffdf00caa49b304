"""The documents of a support bundle, each made of what the unit and its computer tell."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from sqlalchemy import select

from alpr_edge import __version__
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.health import Health, read_health
from alpr_edge.services.changes.settings_values import key_of_setting, settings_values
from alpr_edge.services.disk_usage import disk_usage
from alpr_edge.services.unit_health.daemons import DAEMONS
from alpr_edge.services.unit_health.overview import unit_health
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.schema import FILE_NAME as ACCOUNTS_FILE
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME as LOG_FILE
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import meta
from alpr_edge.store.unit_store import UnitStore

HIDDEN = "hidden"
JOURNAL_LINES_MAX = 5000
JOURNAL_S_MAX = 60.0
UNITS = ("alpr-edge", "alpr-edge-uplink", "alpr-edge-console", "alpr-edge-metrics", "alpr-edge-horn")
KERNEL_FILES = (
    "/etc/os-release", "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo", "/proc/pressure/cpu",
    "/proc/pressure/memory", "/proc/pressure/io",
)  # fmt: skip
FILE_BYTES_MAX = 65_536


def health_document(settings: Settings) -> dict[str, Any]:
    """What each daemon wrote of itself last, and the parts of the unit by it."""
    health = unit_health(settings)
    daemons = {}
    for daemon in DAEMONS:
        told = read_health(settings.unit.runtime_directory, daemon.name)
        daemons[daemon.name] = None if told is None else _fields(told)
    parts = [
        {"name": part.name, "state": part.state.value, "finding": part.finding, "todo": part.todo}
        for part in health.parts
    ]
    return {"unit": health.unit_id, "parts": parts, "daemons": daemons}


def settings_document(settings: Settings) -> dict[str, str]:
    """Every setting with its value; of addresses the login and the query are hidden."""
    values = settings_values(settings, lambda _: HIDDEN)
    return {key_of_setting(name): value for name, value in sorted(values.items())}


def versions_document() -> dict[str, Any]:
    """Versions of the program, of Python and of every package beside it."""
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    return {
        "alpr-edge": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "packages": dict(sorted(packages.items())),
    }


def database_document(settings: Settings, store: UnitStore | None) -> dict[str, Any]:
    """The files of the data folder with their sizes, the schemas of the databases, and what is kept, in counts."""
    folder = settings.unit.data_directory
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
    free = shutil.disk_usage(folder)
    about: dict[str, Any] = {"files": sizes, "disk_bytes": free.total, "disk_free_bytes": free.free}
    about["schemas"] = {name: _schema(read) for name, read in _schema_readers(settings, store)}
    if store is not None:
        about["kept"] = disk_usage(store, settings, lambda _: None)
    return about


def kernel_document() -> str:
    """What the kernel tells of load, memory and pressure, and which system it is."""
    texts = [f"processors {os.cpu_count()}\n"]
    for name in KERNEL_FILES:
        try:
            with Path(name).open(encoding="utf-8", errors="replace") as file:
                texts.append(f"== {name}\n{file.read(FILE_BYTES_MAX)}\n")
        except OSError as error:
            texts.append(f"== {name}: {error.strerror}\n")
    return "".join(texts)


def journal_document() -> str:
    """The newest lines of the journal of the unit's services, or why there are none."""
    program = shutil.which("journalctl")
    if program is None:
        return "there is no journalctl on this computer\n"
    words = [word for unit in UNITS for word in ("--unit", unit)]
    command = [program, *words, "--lines", str(JOURNAL_LINES_MAX), "--no-pager", "--output", "short-iso-precise"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            command, capture_output=True, timeout=JOURNAL_S_MAX, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"the journal did not answer within {JOURNAL_S_MAX:g} s\n"
    return (done.stdout + done.stderr).decode(errors="replace")


def _fields(health: Health) -> dict[str, Any]:
    stamp = health.stamp
    return {
        "ready": health.ready,
        "working": health.working,
        "troubles": health.troubles,
        "warnings": health.warnings,
        "figures": health.figures,
        "written": None if stamp is None else stamp.written,
        "version": None if stamp is None else stamp.version,
    }


def _schema_readers(settings: Settings, store: UnitStore | None) -> Iterator[tuple[str, Callable[[], int]]]:
    if store is not None:
        yield store.database.path.name, lambda: _schema_in(store.database)
    folder, keys = settings.unit.data_directory, settings.store.keys_directory
    if (folder / ACCOUNTS_FILE).exists():
        yield ACCOUNTS_FILE, lambda: _schema_of_accounts(folder, keys)
    yield LOG_FILE, lambda: _schema_of_log(settings)


def _schema(read: Callable[[], int]) -> int | str:
    try:
        return read()
    except StoreError as error:
        return str(error)


def _schema_of_accounts(folder: Path, keys: Path) -> int:
    with open_accounts(folder, keys, migrate=False) as accounts:
        return _schema_in(accounts.database)


def _schema_of_log(settings: Settings) -> int:
    with open_access_log(settings, migrate=False) as log:
        return _schema_in(log.database)


def _schema_in(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(meta.c.value).where(meta.c.name == "schema")).scalar_one())
