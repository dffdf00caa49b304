"""Whether a department can serve, delete and be backed up: a check for each part; one that fails stops no other.

What a check does is undone: an object where pictures lie, a folder where backups go.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from alpr_edge.department.alarms.alarm import AlarmKind, alarms_of
from alpr_edge.department.alarms.channels import alarm_channels, require_secrets
from alpr_edge.department.backups.target import BackupTarget, work_folder
from alpr_edge.department.checks.website import check_website
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.secret_sources import CREDENTIAL, has_credentials
from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.db.sealed_values import KEY_NAME as PEOPLE_KEY
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.http.health import FREE_BYTES_MIN
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.images.choice import image_objects
from alpr_edge.department.images.probe import check_objects
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.interchange.carriers import open_carrier
from alpr_edge.department.page.maps.site_maps import open_maps
from alpr_edge.department.page.server import ServedCertificate
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.department.people.people_rows import all_entries
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.department.pki.roster_key import FILE_NAME as ROSTER_KEY
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.pki.server_certificate import ServerCertificate
from alpr_edge.department.provisioning.scim_endpoint import load_token_sha256
from alpr_edge.department.settings import (
    FILE_NAME,
    DepartmentFileError,
    SoundTables,
    fault_of_periods,
    load_department_file,
    load_periods,
    load_sound_tables,
)
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from alpr_edge.department.unit_logs.witness import FILE_NAME as WITNESS_KEY
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.diagnostics.checks import Check, amber, green, red
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError, FeedError, StoreError
from alpr_edge.domain.people.person import Person
from alpr_edge.hotlist.ingest.source_feed import format_fault, read_password
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.runtime.kernel_clock import uncertainty_ms
from alpr_edge.settings.lists import FeedSource

NAMED_MAX = 20
"""Most people who are named; the last line counts the others."""
_UNNAMED = f"name the department: [people] name in {FILE_NAME}"
_REMEDY = f"alpr-edge department people suspend, or an exception in {FILE_NAME}: [[outside_organisation]]"


def check_people(directory: Path) -> Iterator[Check]:
    """Name whoever has an account of another organisation and no exception."""
    organisations, now = Organisations.of(load_department_file(directory)), datetime.now(UTC)
    with closing(DepartmentDatabase(directory, create=False)) as database, database.reading() as connection:
        people = [entry.person for entry in all_entries(connection)]
    if people and not organisations.names:
        yield amber("people", "whose organisation accounts name is compared with nothing", _UNNAMED)
        return
    outside = organisations.outsiders(people, now)
    faults = [person for person in outside if organisations.fault(person)]
    for person in faults[:NAMED_MAX]:
        yield amber("people", f"{_words(person)}: an account of another agency is a standing share", _REMEDY)
    if len(faults) > NAMED_MAX:
        yield amber("people", f"{len(faults) - NAMED_MAX} more accounts of other organisations", _REMEDY)
    if not faults:
        by_exception = f", {len(outside)} by an exception" if outside else ""
        yield green("people", f"accounts of this department alone{by_exception}")


def _words(person: Person) -> str:
    ori = f", ORI {person.ori}" if person.ori else ""
    return f"{person.name}, badge {person.badge}, of {person.organisation!r}{ori}"


# Checks what the settings name and only its use would find: formats, templates, secrets, certificates, programs.
#
# Each table without a fault is checked, also where others have faults, so that all of them are told at once.


def setting_faults(tables: SoundTables) -> Iterator[str]:
    """Yield faults of settings that a server runs with although their use is refused, one line each with its key."""
    yield from tables.faults
    if fault := fault_of_periods(tables.file.retention):
        yield fault
    for index, feed in tables.feeds.items():
        yield from (f"feed[{index}].{fault}" for fault in _feed_faults(feed))


def check_named_files(tables: SoundTables, directory: Path) -> Iterator[Check]:
    """Name each file, secret and program of the settings that cannot be used; nothing is sent and nobody is asked."""
    file = tables.file
    uses: list[tuple[str, tuple[str, str], Callable[[], object]]] = [
        (f"exchange {table.name}", (table.key, table.token), partial(_open_carrier, table, directory))
        for table in file.exchange
        if table.url
    ]
    if file.single_sign_on.issuer:
        provider = partial(ProviderClient, file.single_sign_on, directory)
        uses.append(("single sign-on", (file.single_sign_on.client_secret, ""), provider))
    if file.provisioning.token:
        load_token = partial(load_token_sha256, file.provisioning, directory)
        uses.append(("provisioning", (file.provisioning.token, ""), load_token))
    if file.page.certificate:
        uses.append(("page", ("", ""), partial(ServedCertificate, directory, file.page)))
    for name, secrets, use in uses:
        try:
            use()
        except AlprEdgeError as error:
            # Services alone are given credentials: by hand such a secret cannot be checked.
            is_out_of_reach = any(each.startswith(CREDENTIAL) for each in secrets) and not has_credentials()
            verdict = amber if is_out_of_reach else red
            yield verdict(name, str(error), f"see {FILE_NAME}")
    if (scanner := file.releases.scan_command) and not os.access(scanner[0], os.X_OK):
        yield red(
            "releases", f"{scanner[0]}: no program that can be run", f"see [releases] scan_command in {FILE_NAME}"
        )


def _open_carrier(table: ExchangeTable, directory: Path) -> None:
    with open_carrier(table, directory, ""):
        pass


def _feed_faults(feed: FeedSource) -> Iterator[str]:
    if fault := format_fault(feed):
        yield f"format: {fault}"
    if feed.signing_key_file is not None and not feed.signing_key_file.is_file():
        yield f"signing_key_file: {feed.signing_key_file}: there is no such file"
    if feed.password_file is not None:
        try:
            read_password(feed.password_file)
        except FeedError as error:
            yield f"password_file: {error}"


def check_maps(directory: Path) -> Iterator[Check]:
    """Check the files of maps."""
    with open_maps(directory) as maps:
        outlines = "of the department" if maps.outlines is not None else "of states and counties"
        streets = "with" if maps.streets is not None else "without"
        yield green("maps", f"outlines {outlines}, {streets} streets")


SECRET_BITS = stat.S_IRWXG | stat.S_IRWXO


def check_folder(directory: Path) -> Iterator[Check]:
    """Check that the folder and the files in it are one user's alone, also after commands that root ran."""
    status = directory.stat()
    if status.st_mode & SECRET_BITS:
        yield red("folder", f"{directory}: others may enter it", f"run: chmod 700 {directory}")
    user = os.geteuid()
    if user not in {0, status.st_uid}:
        yield red(
            "folder", f"{directory}: belongs to user {status.st_uid}, and this is user {user}", "run it as that user"
        )
        return
    wrong = [path for path in sorted(directory.iterdir()) if path.lstat().st_uid != status.st_uid]
    for path in wrong[:10]:
        todo = f"run: chown {status.st_uid}:{status.st_gid} {path}"
        yield red("folder", f"{path.name}: does not belong to the folder's owner", todo)
    if not wrong and not status.st_mode & SECRET_BITS:
        yield green("folder", f"{directory}: its owner's alone")


def check_keys(directory: Path) -> Iterator[Check]:
    """Check that each key can be used, and that nobody else may read it. None is made here."""
    files = TlsFiles(directory)
    uses: dict[str, Callable[[], object]] = {
        "ca.key": lambda: Authority.load(files),
        "media.key": lambda: load_media_key(files),
        ROSTER_KEY: lambda: load_roster_signer(directory),
        WITNESS_KEY: lambda: Witness(directory).key,
    }
    for name, use in uses.items():
        yield _check_key(directory / name, use)
    for path in sorted({files.key, directory / PEOPLE_KEY}):
        if path.exists() and path.stat().st_mode & SECRET_BITS:
            yield _open_key(path)


def _check_key(path: Path, use: Callable[[], object]) -> Check:
    """Check one key; one that is missing is not made."""
    name = f"key {path.name}"
    if not path.exists():
        if path.name == "ca.key":
            todo = "nothing where the agency's own authority signs; else restore it"
            return amber(name, "missing: no unit can be enrolled here", todo)
        return red(name, "missing", "restore it from the copies of the keys")
    if path.stat().st_mode & SECRET_BITS:
        return _open_key(path)
    try:
        use()
    except (DepartmentError, StoreError) as error:
        return red(name, str(error))
    except OSError as error:
        return red(name, f"{path}: {error.strerror}", "run it as the folder's owner")
    return green(name, "can be used")


def _open_key(path: Path) -> Check:
    return red(f"key {path.name}", "others may read it", f"run: chmod 600 {path}")


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
