"""What is wrong with a department at a moment, a line each. No plate is in a line, and no person."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alpr_edge.department.backups.outcomes import backup_warnings
from alpr_edge.department.http.health import FREE_BYTES_MIN
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.interchange.exchange_status import exchange_warnings
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate
from alpr_edge.department.serving import is_served
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339

_MAY_CONNECT = "valid"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong."""

    subject: str
    """What it is about: the same for as long as it lasts, whatever its text counts."""
    text: str


def standing_alarms(directory: Path, now: datetime) -> list[Alarm]:
    """What is wrong now; that nothing can be found out is an alarm as well.

    Args:
        directory: the department's folder.
        now: the present moment, with a zone.
    """
    alarms = list(_of_host(directory, now))
    try:
        storage = Storage(directory, create=False)
    except AlprEdgeError as error:
        return [*alarms, Alarm("database", f"the database cannot be opened: {error}")]
    try:
        tables = load_department_file(directory).exchange
        exchange = (_of_line(line) for line in exchange_warnings(storage.database, tables, now))
        return [*alarms, *_of_storage(storage, now), *exchange]
    except AlprEdgeError as error:
        return [*alarms, Alarm("database", f"the database does not answer: {error}")]
    finally:
        storage.close()


def _of_host(directory: Path, now: datetime) -> Iterator[Alarm]:
    """The server, its disk and its certificates."""
    if not is_served(directory):
        yield Alarm(
            "server", "the server does not run: cars cannot deliver; see: systemctl status alpr-edge-department"
        )
    yield from (_of_line(line) for line in backup_warnings(directory, now))
    free_bytes = shutil.disk_usage(directory).free
    if free_bytes < FREE_BYTES_MIN:
        yield Alarm("disk", f"the disk has {free_bytes >> 20} MiB left; make room, or nothing can be taken any more")
    try:
        lines = ServerCertificate.load(TlsFiles(directory)).warnings(now)
    except DepartmentError as error:
        lines = [str(error)]
    yield from (_of_line(line) for line in lines)


def _of_storage(storage: Storage, now: datetime) -> Iterator[Alarm]:
    """Silent units, findings about their access logs, what waits for deletion, and a bucket that does not answer."""
    heard = storage.heartbeats.newest()
    for unit in storage.units.records():
        last = heard.get(unit.unit_id)
        if unit.state == _MAY_CONNECT and last is not None and last.is_silent(now):
            yield Alarm(f"unit {unit.unit_id}", f"unit {unit.unit_id}: silent since {rfc3339(last.received_at)}")
    for log in storage.logs.states():
        for finding in log.findings:
            text = f"access log of {log.unit_id}: {finding.text}"
            yield Alarm(f"access log {log.unit_id} {finding.text}", text)
    yield from (_of_line(line) for line in storage.purge(lambda: now).overdue())
    try:
        storage.images.check()
    except StoreError as error:
        yield Alarm("images", f"pictures cannot be taken: {error}")


def _of_line(line: str) -> Alarm:
    """The alarm of a warning whose numbers and dates change from day to day."""
    return Alarm(re.sub(r"[0-9]+", "#", line), line)
