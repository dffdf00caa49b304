"""Incidents for somebody who is allowed: entered, followed up, closed, shown, each on record (policy 462.6)."""

from datetime import datetime

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.audits.step_rows import add_incident_step, read_incidents
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.domain.audits.incident import (
    Incident,
    IncidentFacts,
    IncidentStep,
    IncidentStepKind,
    check_incident_step,
)
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock


class IncidentRegister:
    """The incidents of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def enter(self, authoriser: Authoriser, purpose: Purpose, facts: IncidentFacts) -> Incident:
        """Put an incident on file."""
        return self._note(authoriser, purpose, None, IncidentStepKind.ENTERED, facts)

    def follow_up(self, authoriser: Authoriser, purpose: Purpose, number: int, facts: IncidentFacts) -> Incident:
        """Add what was learnt or done since; errors as above."""
        return self._note(authoriser, purpose, number, IncidentStepKind.FOLLOWED_UP, facts)

    def close(self, authoriser: Authoriser, purpose: Purpose, number: int, facts: IncidentFacts) -> Incident:
        """Close an incident; errors as above."""
        return self._note(authoriser, purpose, number, IncidentStepKind.CLOSED, facts)

    def list(self, authoriser: Authoriser, purpose: Purpose) -> tuple[Incident, ...]:
        """Every incident in order."""
        with authoriser.access(Operation.SHOW_INCIDENTS, purpose) as access:
            with self._database.reading() as connection:
                found = read_incidents(connection)
            access.show(count=len(found))
            return found

    def show(self, authoriser: Authoriser, purpose: Purpose, number: int) -> Incident:
        """One incident with all its steps."""
        subject = AccessSubject((_object(number),))
        with authoriser.access(Operation.SHOW_INCIDENTS, purpose, subject) as access:
            with self._database.reading() as connection:
                found = _require(read_incidents(connection), number)
            access.show((_object(number),))
            return found

    def _note(
        self,
        authoriser: Authoriser,
        purpose: Purpose,
        number: int | None,
        kind: IncidentStepKind,
        facts: IncidentFacts,
    ) -> Incident:
        """Put a step on file; without a number it begins the next incident."""
        objects = (f"sha256:{facts.sha256}", *(() if number is None else (_object(number),)))
        subject = AccessSubject(objects, note=kind.value)
        with authoriser.access(Operation.RECORD_INCIDENT, purpose, subject) as access:
            step = IncidentStep(kind, access.actor.person_id, access.actor.name, self._now(), facts)
            with self._database.writing() as connection:
                incidents = read_incidents(connection)
                steps = () if number is None else _require(incidents, number).steps
                check_incident_step(steps, step)
                incident = Incident(number or len(incidents) + 1, (*steps, step))
                add_incident_step(connection, incident.number, len(steps), step)
            access.show((_object(incident.number),))
            return incident

    def _now(self) -> datetime:
        now = self._clock.now().trusted_utc
        if now is None:
            raise AuditError("this server's clock is not set: nothing is entered without a date")
        return now


def _object(number: int) -> str:
    """An incident as records name it."""
    return f"incident:{number}"


def _require(incidents: tuple[Incident, ...], number: int) -> Incident:
    if not 0 < number <= len(incidents):
        raise AuditError(f"{number}: no such incident; see: alpr-edge department incident list")
    return incidents[number - 1]
