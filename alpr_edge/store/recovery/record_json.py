"""Converts records to JSON and back, by the same rows as in the database, so that there is one description of them."""

from collections.abc import Mapping
from datetime import datetime
from numbers import Integral, Real
from typing import Any, cast

from sqlalchemy import RowMapping, Table

from alpr_edge.domain.reads import EvidenceKind, LateTone
from alpr_edge.store.db.column_types import Utc
from alpr_edge.store.db.row_mapping import (
    alert_of,
    alert_row,
    hit_of,
    hit_row,
    instant_of,
    instant_or_none,
    instant_row,
    read_of,
    read_row,
)
from alpr_edge.store.db.schema import alerts, hits, reads
from alpr_edge.store.reads.records import ClosedRecord, DecidedRecord, PassRecord, SettledRecord

DECISION, CERTAINTY, END = "decision", "certainty", "end"


def kind_of(record: PassRecord) -> str:
    """Kind of a record: decision of a pass, certainty of its read, or its end."""
    if isinstance(record, DecidedRecord):
        return DECISION
    return CERTAINTY if isinstance(record, SettledRecord) else END


def to_json(record: PassRecord) -> dict[str, Any]:
    """A record without its pictures; also of one that holds what no row can, such as NaN."""
    values: dict[str, Any] = {
        "kind": kind_of(record),
        "read": read_row(record.read, closed=False),
        "missing": record.missing_evidence,
    }
    if isinstance(record, ClosedRecord):
        return values
    if isinstance(record, SettledRecord):
        values["settled"] = instant_row("sounded", record.settled_at)
    else:
        values["hits"] = [hit_row(hit) for hit in record.hits]
    values["alert"] = None if record.alert is None else alert_row(record.alert, record.sounded_at)
    values["withdraws"] = record.withdraws
    late_tone = record.late_tone
    values["late_tone"] = None if late_tone is None else alert_row(late_tone.alert, late_tone.sounded_at)
    return values


def from_json(values: Mapping[str, Any], images: tuple[tuple[EvidenceKind, bytes], ...]) -> PassRecord:
    """The record that :func:`to_json` wrote.

    Raises:
        ValueError, KeyError, TypeError: the data was not written by it.
    """
    read = read_of(_row(reads, values["read"]), ())
    if values["kind"] == END:
        return ClosedRecord(read, images, values["missing"])
    alert_values = None if values["alert"] is None else _row(alerts, values["alert"])
    alert = None if alert_values is None else alert_of(alert_values)
    sounded_at = None if alert_values is None else instant_or_none(alert_values, "sounded")
    late_values = None if values.get("late_tone") is None else _row(alerts, values["late_tone"])
    late_tone = None if late_values is None else LateTone(alert_of(late_values), instant_of(late_values, "sounded"))
    if values["kind"] == CERTAINTY:
        settled_at = instant_of(_row(alerts, values["settled"]), "sounded")
        return SettledRecord(read, settled_at, alert, sounded_at, values["withdraws"], late_tone)
    return DecidedRecord(
        read=read,
        images=images,
        hits=tuple(hit_of(_row(hits, row)) for row in values["hits"]),
        alert=alert,
        sounded_at=sounded_at,
        withdraws=values["withdraws"],
        missing_evidence=values["missing"],
        late_tone=late_tone,
    )


def plain(value: object) -> object:
    """A value in types that JSON has; moments and the numbers of a library are converted."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else str(value)


def _row(table: Table, values: Mapping[str, Any]) -> RowMapping:
    """A row as the database would give it."""
    moments = {column.name for column in table.c if isinstance(column.type, Utc)}
    row = {
        name: datetime.fromisoformat(value) if name in moments and value is not None else value
        for name, value in values.items()
    }
    return cast("RowMapping", row)
