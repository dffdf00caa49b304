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
from alpr_edge.domain.audits.audit import AuditDraw
from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.access_log import record_item_id
from alpr_edge.domain.protocol.items import digest
from tests.department.engines import query
from tests.department.enrolment import enrol_unit
from tests.domain.access_log.entries import LOG_ID, entry
from tests.domain.audits.accesses import search

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
WITHIN, BEFORE, BEHIND = BEGIN + timedelta(days=9), BEGIN - timedelta(days=9), END + timedelta(days=9)
FALLEN_BACK, AHEAD = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
LATER = BEHIND + timedelta(days=9)
Moments = list[tuple[datetime | None, str]]
"""What the clock said at each record, and by what it was set."""


def car_parts(moments: Moments, log_id: str = LOG_ID) -> list[Part]:
    """The records of a car's log."""
    parts = []
    for number, (moment, source) in enumerate(moments):
        utc = None if moment is None else utc_text(moment)
        received = RecordMoment(utc=utc, source=source, uncertainty_ms=None)
        record = search(number, timedelta(), "8XYZ987").model_copy(update={"log_id": log_id, "received": received})
        body = encode_record(record)
        parts.append(Part(record_item_id(log_id, number), "access_record", body, digest(body)))
    return parts


def span_of(folder: Path, moments: Moments, arrived: datetime = LATER) -> tuple[int, int] | None:
    """The records of a car's log that the first audit is about, where all arrived at once; None: none."""
    directory = folder / "department"
    initialise(directory, ["127.0.0.1"])
    enrol_unit(directory, "unit-1", folder / "unit-1")
    with closing(Storage(directory, create=True)) as storage:
        storage.store("unit-1", car_parts(moments))
        query(directory, f"UPDATE items SET received_at = '{arrived:%Y-%m-%d %H:%M:%S.%f}'")
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
    tmp_path: Path, moments: Moments, span: tuple[int, int] | None
) -> None:
    assert span_of(tmp_path, moments) == span


@pytest.mark.parametrize(
    ("moments", "arrived", "span"),
    [
        ([(WITHIN, "ntp"), (AHEAD, "gnss"), (WITHIN, "ntp")], LATER, (0, 3)),
        ([(AHEAD, "gnss"), (AHEAD, "gnss"), (WITHIN, "ntp"), (BEHIND, "ntp"), (WITHIN, "ntp")], LATER, (0, 3)),
        ([(WITHIN, "ntp"), (AHEAD, "gnss")], LATER, (0, 1)),
        ([(WITHIN, "ntp"), (AHEAD, "gnss"), (AHEAD, "rtc"), (None, "unknown")], WITHIN, (0, 4)),
    ],
)
def test_a_date_ahead_of_the_arrival_hides_no_record(
    tmp_path: Path, moments: Moments, arrived: datetime, span: tuple[int, int]
) -> None:
    assert span_of(tmp_path, moments, arrived) == span


def append(log: DepartmentAccessLog, moments: list[datetime]) -> None:
    """Put records on the department's log."""
    for number, moment in enumerate(moments):
        log.append(entry(number), Instant("boot", 1, moment, UtcSource.NTP))


def test_a_date_ahead_of_the_newest_hides_no_record_of_the_department(tmp_path: Path) -> None:
    with closing(Storage(tmp_path / "department")) as storage:
        log = DepartmentAccessLog(storage.database, Witness(storage.directory))
        append(log, [WITHIN, AHEAD, AHEAD + timedelta(hours=1), WITHIN, BEHIND, LATER])
        (span,) = AuditedLogs(storage.database, log).spans((), BEGIN, END, lambda _done, _total: None)
        assert (span.first, span.end) == (0, 4)


def test_logs_of_one_id_are_told_apart_by_their_units(tmp_path: Path) -> None:
    """An earlier release took in logs under the id of the department's own."""
    with closing(Storage(tmp_path / "department")) as storage:
        log = DepartmentAccessLog(storage.database, Witness(storage.directory))
        append(log, [WITHIN, WITHIN])
        storage.logs.own_log_id = ""
        answers = storage.store("unit-1", car_parts([(WITHIN, "ntp"), (WITHIN, "ntp"), (WITHIN, "ntp")], log.log_id))
        assert {answer.outcome for answer in answers} == {"receipt"}
        logs = AuditedLogs(storage.database, log)
        spans = logs.spans((), BEGIN, END, lambda _done, _total: None)
        assert [(span.unit_id, span.end) for span in spans] == [("department", 2), ("unit-1", 3)]
        assert len({span.root for span in spans}) == 2
        assert logs.roots_hold(spans)
        draw = AuditDraw(BEGIN.date(), BEGIN.date(), "UTC", "00", False, 5, 10, spans)  # noqa: FBT003 - its fields
        records = [record for record in logs.records(draw, lambda _done, _total: None) if record is not None]
        assert [record.unit_id for record in records] == ["department"] * 2 + ["unit-1"] * 3
        keys = [RecordKey.of(record) for record in records]
        named = [logs.record(draw.spans_by_log[key.log_id], key.sequence) for key in keys]
        assert [(each.unit_id, each.sequence) for each in named if each is not None] == [
            ("department", 0), ("department", 1), ("unit-1", 0), ("unit-1", 1), ("unit-1", 2),
        ]  # fmt: skip
