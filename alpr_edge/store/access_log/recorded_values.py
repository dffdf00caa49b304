"""What the access log says is in force: the newest recorded value of each name, with the record that says so.

It is kept beside the records, by the same transaction that appends one, so that nobody has to read the whole log to
compare; :func:`recorded_values` compares each value with its record again.
"""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.errors import AuditError
from alpr_edge.store.access_log.schema import recorded_values as table
from alpr_edge.store.access_log.schema import records


def keep_values(connection: Connection, record: AccessRecord) -> None:
    """Keep the values that a new record states."""
    for change in record.changes:
        values = {"value": change.after, "sequence": record.sequence}
        row = insert(table).values(name=change.name, **values)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


def recorded_values(connection: Connection) -> RecordedValues:
    """Every recorded value, each compared with the record that it is from, where the log still has that."""
    query = select(table.c.name, table.c.value, table.c.sequence, records.c.body).join(
        records, records.c.sequence == table.c.sequence, isouter=True
    )
    values: dict[str, str] = {}
    unfounded: list[str] = []
    stated: dict[int, dict[str, str]] = {}
    for name, value, sequence, body in connection.execute(query.order_by(table.c.name)):
        values[name] = value
        if body is None:
            continue
        if sequence not in stated:
            stated[sequence] = _stated_in(body)
        if stated[sequence].get(name) != value:
            unfounded.append(name)
    return RecordedValues(values, tuple(unfounded))


def _stated_in(body: bytes) -> dict[str, str]:
    try:
        return {change.name: change.after for change in parse_record(body).changes}
    except AuditError:
        return {}
