"""Removes records that are old enough, from the first on, and only what the department has cosigned.

What stays of them are the hashes of the subtrees that make them up, some twenty at most: with these the root of the
whole log, the proof of every later record and the continuation of every later checkpoint are found as before. The
department has the records themselves.
"""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.access_log.log_rows import FIRST_RECORD, size_of
from alpr_edge.store.access_log.schema import checkpoints, cosignatures, meta, nodes, records

BATCH = 2000


def first_to_keep(log: AccessLog, cutoff: datetime) -> int:
    """The record up to which all may go: each was received before a moment, and is cosigned.

    A record without a time goes with those around it: once a later one that has a time is old enough.

    Raises:
        AuditError: a record cannot be read.
        StoreError: the log cannot be read.
    """
    first = log.first()
    last = min(_cosigned_size(log), log.size() - 1)
    keep = first
    while first < last and (batch := log.read_bodies(first, min(BATCH, last - first))):
        for sequence, body in batch:
            utc = parse_record(body).received.utc
            if utc is not None and datetime.fromisoformat(utc) >= cutoff:
                return keep
            if utc is not None:
                keep = sequence + 1
        first = batch[-1][0] + 1
    return keep


def drop_records(log: AccessLog, keep: int) -> int:
    """Remove the records before one, in short transactions; returns how many.

    Raises:
        StoreError: the log cannot be written; the records removed so far stay removed.
    """
    first = log.first()
    if keep <= first:
        return 0
    for end in [*range(first + BATCH, keep, BATCH), keep]:
        with log.writing() as connection:
            assert end < size_of(connection), "the last record stays: it tells how many there were"
            row = insert(meta).values(name=FIRST_RECORD, value=str(end))
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": str(end)}))
            connection.execute(delete(records).where(records.c.sequence < end))
            for level in range(end.bit_length()):
                inside = (nodes.c.level == level) & (nodes.c.place < 2 * (end >> (level + 1)))
                connection.execute(delete(nodes).where(inside))
            # A checkpoint of fewer records than are left can no longer be compared with anything.
            connection.execute(delete(checkpoints).where(checkpoints.c.size < end))
            connection.execute(delete(cosignatures).where(cosignatures.c.size < end))
    return keep - first


def _cosigned_size(log: AccessLog) -> int:
    """Number of records up to the newest checkpoint that the department cosigned."""
    with log.reading() as connection:
        return connection.scalar(select(func.max(cosignatures.c.size))) or 0
