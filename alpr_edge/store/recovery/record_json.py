"""Converts records to JSON and back, by the same rows as in the database, so that there is one description of them."""

from collections.abc import Mapping
from datetime import datetime
from numbers import Integral, Real
from typing import Any, cast

from sqlalchemy import RowMapping, Table

from alpr_edge.domain.alerting import AlertRecord, LateTone
from alpr_edge.domain.reads import EvidenceKind, ReadStage, ReadUpdate
from alpr_edge.store.db.column_types import Utc
from alpr_edge.store.db.row_mapping import (
    alert_of,
    alert_row,
    hit_of,
    hit_row,
    instant_of,
    instant_row,
    read_of,
    read_row,
)
from alpr_edge.store.db.schema import alerts, hits, reads

_AT = "sounded"
"""Name of the columns by which a moment is written."""
_CERTAINTY = "certainty"
_EARLIER_KINDS = {"decision": ReadStage.DECIDED, _CERTAINTY: ReadStage.AMENDED, "end": ReadStage.CLOSED}
"""Kinds of records that earlier releases set aside."""


def to_json(change: ReadUpdate) -> dict[str, Any]:
    """An update without its pictures; also of one that holds what no row can, such as NaN."""
    return {
        "kind": change.stage.name.lower(),
        "at": instant_row(_AT, change.at),
        "read": read_row(change.read, closed=False),
        "missing": change.missing_evidence,
        "hits": [hit_row(hit) for hit in change.hits],
        "alerts": [alert_row(record) for record in change.alerts],
    }


def from_json(values: Mapping[str, Any], images: tuple[tuple[EvidenceKind, bytes], ...]) -> ReadUpdate:
    """The update that :func:`to_json` wrote, or a release before this one."""
    read = read_of(_row(reads, values["read"]), ())
    stage = _EARLIER_KINDS.get(values["kind"])
    if stage is None:
        stage, at = ReadStage[values["kind"].upper()], instant_of(_row(alerts, values["at"]), _AT)
        records = tuple(alert_of(_row(alerts, row)) for row in values["alerts"])
    else:
        at, records = read.last_seen, _earlier_alerts(values)
    found = tuple(hit_of(_row(hits, row)) for row in values.get("hits", ()))
    return ReadUpdate(stage, read, at, None, images, values["missing"], found, records, is_hit=bool(found))


def _earlier_alerts(values: Mapping[str, Any]) -> tuple[AlertRecord, ...]:
    """The alerts of a record that an earlier release set aside: its own, and that of another read that sounded late.

    The alert of a certainty is graver than the one that its hit has, and sounds after it.
    """
    records = []
    for name in ("alert", "late_tone"):
        if values.get(name) is not None:
            record = alert_of(_row(alerts, values[name]))
            is_late = name == "late_tone" or values["kind"] == _CERTAINTY
            if is_late and record.sounded_at is not None:
                record = AlertRecord(record.alert, late_tone=LateTone(record.alert, record.sounded_at))
            records.append(record)
    return tuple(records)


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
