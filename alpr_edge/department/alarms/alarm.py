"""What is wrong with a department at a moment, a line each: one list for its status, its alarms and its figures.

No plate is in a line, and no person.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from alpr_edge.department.audits.audit_schedules import load_audit_rules, read_schedule
from alpr_edge.department.backups.outcomes import backup_warnings
from alpr_edge.department.http.health import FREE_BYTES_MIN
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.integrity_record import integrity_warnings
from alpr_edge.department.interchange.exchange_status import exchange_warnings
from alpr_edge.department.people.trainings import training_warnings
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate
from alpr_edge.department.releases.release_reminders import release_warnings
from alpr_edge.department.serving import is_served
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_profile

MAY_CONNECT = "valid"
"""State of a unit with a valid certificate."""


class AlarmKind(StrEnum):
    """What part of a department an alarm is about."""

    SERVER = "server"
    CERTIFICATE = "certificate"
    BACKUP = "backup"
    """Backups, and the drills that try them out."""
    STORED_DATA = "stored data"
    """Pictures, bodies, rows and holds that a check found damaged or missing."""
    DISK = "disk"
    DATABASE = "database"
    UNIT = "unit"
    ACCESS_LOG = "access log"
    DELETION = "deletion"
    IMAGES = "images"
    AUDIT = "audit"
    """Audits of the access logs that are overdue."""
    EXCHANGE = "exchange"
    """What goes out to other systems."""
    TRAINING = "training"
    REQUEST = "request"
    """Requests of other agencies for data (policy 462.7)."""


COUNT_OR_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?|(?<![\w-])(?<!audit )\d+(?![\w-])")
"""What a warning about one and the same thing may say otherwise tomorrow; an audit's number and one in a name stay."""
UNSEEN = "database"
"""Subject of the alarm that the database cannot be looked at: of what else is wrong in it nothing is known then."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong."""

    subject: str
    """What it is about: the same for as long as it lasts, whatever its text counts."""
    text: str
    kind: AlarmKind


def standing_alarms(directory: Path, now: datetime, storage: Storage | None = None) -> list[Alarm]:
    """What is wrong now; that nothing can be found out is an alarm as well.

    Args:
        storage: its storage; None: it is opened for as long as this takes.
    """
    if storage is None:
        try:
            storage = Storage(directory, create=False)
        except AlprEdgeError as error:
            text = f"the database cannot be opened: {_one_line(error)}"
            return [*_of_host(directory, now), Alarm(UNSEEN, text, AlarmKind.DATABASE)]
        with closing(storage):
            return standing_alarms(directory, now, storage)
    try:
        return alarms_of(storage, now)
    except AlprEdgeError as error:
        text = f"the database does not answer: {_one_line(error)}"
        return [*_of_host(directory, now), Alarm(UNSEEN, text, AlarmKind.DATABASE)]


def alarms_of(storage: Storage, now: datetime) -> list[Alarm]:
    """What is wrong now with a department whose storage is open.

    Raises:
        AlprEdgeError: the database does not answer, or the settings are wrong.
    """
    return [*_of_host(storage.directory, now), *_of_storage(storage, now)]


def _of_host(directory: Path, now: datetime) -> Iterator[Alarm]:
    """The server, its certificates, its backups, its disk, and what checks of stored data found last."""
    if not is_served(directory):
        text = "the server does not run: cars cannot deliver; see: systemctl status alpr-edge-department"
        yield Alarm("server", text, AlarmKind.SERVER)
    try:
        lines = ServerCertificate.load(TlsFiles(directory)).warnings(now)
    except DepartmentError as error:
        lines = [str(error)]
    yield from (_of_line(line, AlarmKind.CERTIFICATE) for line in lines)
    yield from (_of_line(line, AlarmKind.BACKUP) for line in backup_warnings(directory, now))
    yield from (_of_line(line, AlarmKind.STORED_DATA) for line in integrity_warnings(directory))
    free_bytes = shutil.disk_usage(directory).free
    if free_bytes < FREE_BYTES_MIN:
        text = f"the disk has {free_bytes >> 20} MiB left; make room, or nothing can be taken any more"
        yield Alarm("disk", text, AlarmKind.DISK)


def _of_storage(storage: Storage, now: datetime) -> Iterator[Alarm]:
    """Silent units, findings about their access logs, what waits or is overdue, and a bucket that does not answer."""
    heard = storage.heartbeats.newest()
    for unit in storage.units.records():
        last = heard.get(unit.unit_id)
        if unit.state == MAY_CONNECT and last is not None and last.is_silent(now):
            text = f"{unit.unit_id} is silent since {rfc3339(last.received_at)}"
            yield Alarm(f"unit {unit.unit_id}", text, AlarmKind.UNIT)
    for unit_id, finding in storage.logs.findings():
        text = f"access log of {unit_id}: {finding.text}"
        yield Alarm(f"access log {unit_id} {finding.text}", text, AlarmKind.ACCESS_LOG)
    yield from (_of_line(line, AlarmKind.DELETION) for line in storage.open_purge(lambda: now).overdue())
    file, database = load_department_file(storage.directory), storage.database
    schedule = read_schedule(database, load_audit_rules(storage.directory), now)
    yield from (_of_line(line, AlarmKind.AUDIT) for line in schedule.warnings)
    yield from (_of_line(line, AlarmKind.EXCHANGE) for line in exchange_warnings(database, file.exchange, now))
    yield from (_of_line(line, AlarmKind.TRAINING) for line in training_warnings(database, now))
    deadlines = load_profile(PolicySettings(profile=file.search.profile)).releases.deadlines
    yield from (_of_line(line, AlarmKind.REQUEST) for line in release_warnings(database, deadlines, now))
    try:
        storage.images.check()
    except StoreError as error:
        yield Alarm("images", str(error), AlarmKind.IMAGES)


def _one_line(error: AlprEdgeError) -> str:
    """The text of an error as one line, also of the settings' faults, which have a line each."""
    return "; ".join(str(error).splitlines())


def _of_line(line: str, kind: AlarmKind) -> Alarm:
    """The alarm of a warning whose counts and dates change from day to day."""
    return Alarm(COUNT_OR_DATE.sub("#", line), line, kind)
