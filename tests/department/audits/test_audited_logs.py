"""Which records of a car's log an audit is about, whatever its clock said."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.audits.audited_logs import AuditedLogs
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.records import RecordMoment, encode_record, utc_text
from alpr_edge.domain.protocol.access_log import record_item_id
from alpr_edge.domain.protocol.items import digest
from tests.department.enrolment import enrol_unit
from tests.domain.access_log.entries import LOG_ID
from tests.domain.audits.accesses import search

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
WITHIN, BEFORE, BEHIND = BEGIN + timedelta(days=9), BEGIN - timedelta(days=9), END + timedelta(days=9)
FALLEN_BACK, AHEAD = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


def span_of(folder: Path, moments: list[tuple[datetime | None, str]]) -> tuple[int, int] | None:
    """The records of a car's log that the first audit is about; None: none."""
    directory = folder / "department"
    initialise(directory, ["127.0.0.1"])
    enrol_unit(directory, "unit-1", folder / "unit-1")
    parts = []
    for number, (moment, source) in enumerate(moments):
        utc = None if moment is None else utc_text(moment)
        received = RecordMoment(utc=utc, source=source, uncertainty_ms=None)
        record = search(number, timedelta(), "8XYZ987").model_copy(update={"log_id": LOG_ID, "received": received})
        body = encode_record(record)
        parts.append(Part(record_item_id(LOG_ID, number), "access_record", body, digest(body)))
    with closing(Storage(directory, create=True)) as storage:
        storage.store("unit-1", parts)
        log = DepartmentAccessLog(storage.database, Witness(directory))
        spans = AuditedLogs(storage.database, log).spans((), BEGIN, END, lambda _done, _total: None)
        return next(((span.first, span.end) for span in spans if span.log_id == LOG_ID), None)


@pytest.mark.parametrize(
    ("moments", "span"),
    [
        ([(BEFORE, "ntp"), (WITHIN, "ntp"), (BEHIND, "ntp")], (1, 2)),
        ([(WITHIN, "ntp"), (FALLEN_BACK, "rtc"), (WITHIN, "gnss")], (0, 3)),
        ([(WITHIN, "ntp"), (AHEAD, "rtc"), (WITHIN, "ntp")], (0, 3)),
        ([(WITHIN, "ntp"), (AHEAD, "rtc"), (None, "unknown"), (BEHIND, "ntp"), (WITHIN, "ntp")], (0, 1)),
        ([(WITHIN, "rtc"), (BEHIND, "rtc"), (BEHIND, "rtc")], (0, 1)),
        ([(WITHIN, "rtc"), (None, "unknown")], (0, 2)),
        ([(BEHIND, "ntp"), (WITHIN, "ntp")], None),
    ],
)
def test_a_clock_that_was_wrong_leaves_nothing_out(
    tmp_path: Path, moments: list[tuple[datetime | None, str]], span: tuple[int, int] | None
) -> None:
    assert span_of(tmp_path, moments) == span
