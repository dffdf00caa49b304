"""What the server knows of its department in numbers, as its figures file has it: no plate, no person, no address.

The file is everybody's to read, so that what shows it needs neither the folder, its keys nor its database.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_edge.department.alarms.alarm import Alarm, AlarmKind, standing_alarms
from alpr_edge.department.backups.outcomes import BACKUP, DRILL, last_good, outcomes
from alpr_edge.department.heartbeats import UnitHeartbeat
from alpr_edge.department.http.batches.batch_counts import BatchCounts
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate
from alpr_edge.department.pki.units import UnitRecord
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError

UNITS_MAX = 2000
"""Most units that are told one by one."""
STATES = ("valid", "expired", "revoked", "invited", "not enrolled")
"""Of units (:class:`~alpr_edge.department.pki.units.UnitRecord`)."""


def department_figures(storage: Storage, counts: BatchCounts, now: datetime) -> dict[str, Any]:
    """The figures of a department; of a database that does not answer there are none but the alarm."""
    alarms = standing_alarms(storage.directory, now, storage)
    try:
        of_storage = _of_storage(storage, now)
    except AlprEdgeError:
        of_storage = {}  # which is an alarm
    return _of_batches(counts) | _of_host(storage.directory, now) | of_storage | {"alarms": _by_kind(alarms)}


def _by_kind(alarms: Sequence[Alarm]) -> dict[str, int]:
    counts = Counter(alarm.kind for alarm in alarms)
    return {kind.value: counts[kind] for kind in AlarmKind}


def _of_batches(counts: BatchCounts) -> dict[str, Any]:
    return {
        "items_received": dict(counts.received),
        "items_refused": counts.refused,
        "batches_turned_away": counts.turned_away,
        "batches_on_their_way": counts.on_their_way,
    }


def _of_host(directory: Path, now: datetime) -> dict[str, Any]:
    """The disk, the certificates, and what became of backups and drills."""
    disk, found = shutil.disk_usage(directory), outcomes(directory)
    ages, failures = {}, {}
    for what in (BACKUP, DRILL):
        newest = next((each for each in reversed(found) if each.what == what), None)
        good = last_good(found, what)
        if good is not None:
            ages[what] = _seconds_between(datetime.fromisoformat(good.at), now)
        failures[what] = newest is not None and not newest.is_good
    return {
        "disk_free_bytes": disk.free,
        "disk_share": disk.used / disk.total,
        "certificates_left_s": _certificates_left_s(directory, now),
        "last_good_s": ages,
        "last_failed": failures,
    }


def _certificates_left_s(directory: Path, now: datetime) -> dict[str, float]:
    try:
        certificate = ServerCertificate.load(TlsFiles(directory))
    except DepartmentError:
        return {}  # which is an alarm
    ends = {"server": certificate.valid_until, "authority": certificate.authority_until}
    return {name: _seconds_between(now, end) for name, end in ends.items()}


def _of_storage(storage: Storage, now: datetime) -> dict[str, Any]:
    """The units, and the last deletion that did all there was to do."""
    units, heard, deletion = storage.units.records(), storage.heartbeats.newest(), storage.last_deletion()
    states = Counter(unit.state for unit in units)
    told = list(_units_heard(units, heard, now))
    return {
        "unit_states": {state: states[state] for state in STATES},
        "units": told[:UNITS_MAX],
        "units_left_out": max(0, len(told) - UNITS_MAX),
        "deletion_age_s": None if deletion is None else _seconds_between(datetime.fromisoformat(deletion.ended), now),
    }


def _units_heard(
    units: Sequence[UnitRecord], heard: Mapping[str, UnitHeartbeat], now: datetime
) -> Iterator[dict[str, Any]]:
    """Units with a valid certificate that were ever heard."""
    for unit in units:
        last = heard.get(unit.unit_id)
        if unit.state == STATES[0] and last is not None:
            yield {
                "unit": unit.unit_id,
                "heard_s": _seconds_between(last.received_at, now),
                "is_ready": last.payload.is_ready,
                "queue_items": last.payload.queue_items,
            }


def _seconds_between(earlier: datetime, later: datetime) -> float:
    return round((later - earlier).total_seconds(), 1)
