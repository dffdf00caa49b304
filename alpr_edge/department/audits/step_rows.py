"""The rows of audits' and incidents' steps, sealed; nothing here asks whether somebody may see or make them."""

from collections.abc import Collection, Iterator
from itertools import groupby

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, insert, select

from alpr_edge.department.db.permanent_tables.audit_schema import audit_steps, incident_steps
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.domain.audits.audit import Audit, AuditStep, AuditStepKind
from alpr_edge.domain.audits.incident import Incident, IncidentStep, IncidentStepKind

_AUDIT_STEP, _INCIDENT_STEP = TypeAdapter(AuditStep), TypeAdapter(IncidentStep)


def add_audit_step(connection: Connection, audit: int, number: int, step: AuditStep) -> None:
    """Put the next step of an audit on file."""
    row = {"audit": audit, "number": number, "kind": step.kind.value, "at": step.at, "person_id": step.person_id}
    body = _seal(connection, audit_steps, (audit, number), _AUDIT_STEP.dump_json(step))
    connection.execute(insert(audit_steps).values(**row, body=body))


def add_incident_step(connection: Connection, incident: int, number: int, step: IncidentStep) -> None:
    """Put the next step of an incident on file."""
    row = {"incident": incident, "number": number, "kind": step.kind.value, "at": step.at, "person_id": step.person_id}
    body = _seal(connection, incident_steps, (incident, number), _INCIDENT_STEP.dump_json(step))
    connection.execute(insert(incident_steps).values(**row, body=body))


def read_audits(connection: Connection, kinds: Collection[AuditStepKind] = tuple(AuditStepKind)) -> tuple[Audit, ...]:
    """Every audit in order."""
    return tuple(
        Audit(number, tuple(map(_AUDIT_STEP.validate_json, bodies)))
        for number, bodies in _bodies(connection, audit_steps, kinds)
    )


def read_incidents(connection: Connection) -> tuple[Incident, ...]:
    """Every incident in order."""
    return tuple(
        Incident(number, tuple(map(_INCIDENT_STEP.validate_json, bodies)))
        for number, bodies in _bodies(connection, incident_steps, tuple(IncidentStepKind))
    )


def _bodies(connection: Connection, table: Table, kinds: Collection[str]) -> Iterator[tuple[int, list[bytes]]]:
    """The opened bodies of each group of steps."""
    group, number = table.primary_key.columns
    query = select(group, number, table.c.body).where(table.c.kind.in_(list(kinds))).order_by(group, number)
    cipher, rows = cipher_of(connection), connection.execute(query)
    for key, steps in groupby(rows, key=lambda row: int(row[0])):
        yield key, [cipher.open(row[2], _place(table, (key, row[1]))) for row in steps]


def _seal(connection: Connection, table: Table, key: tuple[int, int], body: bytes) -> bytes:
    return cipher_of(connection).seal(body, _place(table, key))


def _place(table: Table, key: tuple[int, int]) -> str:
    """What a step is sealed for."""
    return f"{table.name}/{key[0]}/{key[1]}"
