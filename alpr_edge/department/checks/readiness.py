"""Whether a department can serve, delete and be backed up: a check for each part; one that fails stops no other.

What a check does is undone: an object where pictures lie, a folder where backups go.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from alpr_edge.department.alarms.alarm import AlarmKind, alarms_of
from alpr_edge.department.alarms.channels import alarm_channels, require_secrets
from alpr_edge.department.backups.target import BackupTarget, work_folder
from alpr_edge.department.checks.files import check_folder, check_keys
from alpr_edge.department.checks.maps import check_maps
from alpr_edge.department.checks.named_files import check_named_files, setting_faults
from alpr_edge.department.checks.people import check_people
from alpr_edge.department.checks.website import check_website
from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.http.health import FREE_BYTES_MIN
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.images.choice import image_objects
from alpr_edge.department.images.probe import check_objects
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate
from alpr_edge.department.settings import (
    FILE_NAME,
    DepartmentFileError,
    load_department_file,
    load_periods,
    load_sound_tables,
)
from alpr_edge.department.unit_logs.witness import FILE_NAME as WITNESS_KEY
from alpr_edge.domain.diagnostics.checks import Check, amber, green, red
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.runtime.kernel_clock import uncertainty_ms

SETTINGS = "settings"
"""Name of the checks of :data:`FILE_NAME`."""
UNCERTAINTY_MS_MAX = 10_000.0
"""A clock that may be off by more counts as not set."""


def department_checks(directory: Path) -> Iterator[Check]:
    """Check a department, a part after the other."""
    yield from _of(SETTINGS, lambda: _settings(directory))
    yield from _of("named files", lambda: _named_files(directory))
    yield from check_folder(directory)
    yield from check_keys(directory)
    parts: dict[str, Callable[[], Iterator[Check]]] = {
        "certificate": lambda: _certificate(directory),
        "database": lambda: _database(directory),
        "people": lambda: check_people(directory),
        "images": lambda: _images(directory),
        "backup": lambda: _backup(directory),
        "backup keys": lambda: _backup_keys(directory),
        "alarms": lambda: _alarms(directory),
        "website": lambda: check_website(directory),
        "maps": lambda: check_maps(directory),
        "disk": lambda: _disk(directory),
        "clock": _clock,
        "time zone": lambda: check_time_zone(
            datetime.now(UTC).astimezone(), load_department_file(directory).audits.zone
        ),
    }
    for name, look in parts.items():
        yield from _of(name, look)


def _of(name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    """The checks of a part; an error, whose line says what to do, is one that is red.

    Each fault of the settings is one, of the settings alone: parts that need them would all say the same.
    """
    try:
        return list(look())
    except DepartmentFileError as error:
        if name == SETTINGS:
            return [red(name, fault) for fault in error.faults]
        return [red(name, f"cannot be told: {FILE_NAME} has faults", f"mend them, see {SETTINGS} above")]
    except AlprEdgeError as error:
        return [red(name, str(error))]
    except OSError as error:
        return [red(name, f"{error.filename or name}: {error.strerror}")]


def _settings(directory: Path) -> Iterator[Check]:
    if faults := tuple(setting_faults(load_sound_tables(directory))):
        raise DepartmentFileError.of(directory / FILE_NAME, faults)
    periods = load_periods(directory)
    kept = f"reads are kept for {periods.read_days:g} days, on a list for {periods.hit_days:g}"
    yield green(SETTINGS, f"{FILE_NAME}: {kept}" if (directory / FILE_NAME).exists() else f"no {FILE_NAME}: {kept}")


def _named_files(directory: Path) -> Iterator[Check]:
    try:
        tables = load_sound_tables(directory)
    except DepartmentFileError:
        return  # told by the settings
    yield from check_named_files(tables, directory)


def _certificate(directory: Path) -> Iterator[Check]:
    files, now = TlsFiles(directory), datetime.now(UTC)
    certificate = ServerCertificate.load(files)
    certificate.require_valid(now)
    tls_context(files)
    names = f"for {', '.join(certificate.names)}, until {certificate.valid_until:%Y-%m-%d}"
    warnings = certificate.warnings(now)
    yield amber("certificate", warnings[0]) if warnings else green("certificate", names)


def _database(directory: Path) -> Iterator[Check]:
    """It opens, and what is known of the department says nothing that somebody has to look at first."""
    if not (directory / WITNESS_KEY).exists():
        raise DepartmentError(f"not opened: that would make a new {WITNESS_KEY}, which no unit knows")
    label = engine_of(directory).label
    storage = Storage(directory, create=False)
    try:
        alarms = alarms_of(storage, datetime.now(UTC))
    finally:
        storage.close()
    yield green("database", label)
    told_elsewhere = {AlarmKind.SERVER, AlarmKind.CERTIFICATE, AlarmKind.DISK, AlarmKind.IMAGES}
    yield from (amber(alarm.kind.value, alarm.text) for alarm in alarms if alarm.kind not in told_elsewhere)


def _images(directory: Path) -> Iterator[Check]:
    objects = image_objects(directory)
    check_objects(objects)
    yield green("images", f"{objects.label}: takes, gives and removes objects")


def _backup(directory: Path) -> Iterator[Check]:
    """The target takes a folder, and lies on another disk."""
    target = load_department_file(directory).backup.target
    if not target:
        yield amber("backup", "no target is named", f"name a folder on another disk: [backup] target in {FILE_NAME}")
        return
    path = BackupTarget(Path(target)).path
    with work_folder(path):
        pass
    if path.stat().st_dev == directory.stat().st_dev:
        yield amber("backup", f"{path}: on the same disk as the department", "name a folder on another disk")
    else:
        yield green("backup", f"{path}: takes files")


def _backup_keys(directory: Path) -> Iterator[Check]:
    keys = load_department_file(directory).backup.keys
    if not keys:
        todo = f"copy *.key to a safe place by hand, or name it: [backup] keys in {FILE_NAME}"
        yield amber("backup keys", "keys are not copied by the backup", todo)
        return
    private_directory(Path(keys))
    with work_folder(Path(keys)):
        pass
    yield green("backup keys", f"{keys}: takes files")


def _alarms(directory: Path) -> Iterator[Check]:
    table = load_department_file(directory).alarms
    channels = alarm_channels(table)
    if not channels:
        yield amber("alarms", "nobody is told", f"name who: [alarms] mail_to or webhook_url in {FILE_NAME}")
        return
    require_secrets(table)
    yield green(
        "alarms", f"told by {' and '.join(channel.name for channel in channels)}; try: department alarms --test"
    )


def _disk(directory: Path) -> Iterator[Check]:
    free = shutil.disk_usage(directory).free
    found = f"{free / 1e9:.1f} GB free"
    yield green("disk", found) if free >= FREE_BYTES_MIN else red("disk", found, "make room, or take a larger disk")


def _clock() -> Iterator[Check]:
    off_ms = uncertainty_ms()
    if off_ms is None or off_ms > UNCERTAINTY_MS_MAX:
        todo = "let a time server set it: apt install chrony; chronyc tracking"
        yield amber("clock", "nothing confirms this computer's time", todo)
    else:
        yield green("clock", f"right to {off_ms / 1000:.2f} s")


def check_time_zone(local: datetime, zone: str) -> Iterator[Check]:
    """Check that the page, which shows this computer's time, agrees with days and shifts, which are of the settings."""
    if local.utcoffset() == local.astimezone(ZoneInfo(zone)).utcoffset():
        yield green("time zone", f"{local:%Z}, as {zone} in {FILE_NAME}")
    else:
        todo = f"sudo timedatectl set-timezone {zone}, then restart the services; or set [audits] zone in {FILE_NAME}"
        yield amber("time zone", f"the page shows and takes {local:%Z}; days and shifts are of {zone}", todo)
