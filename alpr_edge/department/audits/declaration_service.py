"""Takes declarations for the audits: everybody their own household, whoever reviews the hours of a shift."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.audits.declarations import add_household, add_shift
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.domain.audits.shifts import Shift
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.patterns import is_partial
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.plates import canonical, fold_written, written_fault
from alpr_edge.domain.ports import Clock

PLATES_MAX = 20


class DeclarationService:
    """Takes declarations; threads may share it."""

    def __init__(self, database: DepartmentDatabase, find_person: Callable[[str], str], clock: Clock) -> None:
        self._database = database
        self._find_person = find_person
        self._clock = clock

    def declare_household(self, authoriser: Authoriser, purpose: Purpose, plates: tuple[str, ...]) -> int:
        """Note plates of the person's own household; returns how many they declared by now. None is ever shown."""
        written = tuple(map(fold_written, plates))
        if fault := next(filter(None, map(written_fault, written)), ""):
            raise AuditError(f"one of them is no plate: it holds {fault}")
        texts = tuple(map(canonical, written))
        if not 0 < len(texts) <= PLATES_MAX or not all(texts) or any(map(is_partial, written)):
            raise AuditError(f"a household has 1 to {PLATES_MAX} whole plates, with commas between them")
        with authoriser.access(Operation.DECLARE_HOUSEHOLD, purpose) as access:
            return self._add_household(access.actor.person_id, texts)

    def declare_shift(self, authoriser: Authoriser, purpose: Purpose, name: str, shift: Shift) -> str:
        """Note the shift of somebody else; returns the person's id."""
        person_id = self._find_person(name)
        digest = hashlib.sha256(shift.text.encode()).hexdigest()
        subject = AccessSubject((f"person:{person_id}", f"sha256:{digest}"), note=f"{shift.text} from {shift.since}")
        with authoriser.access(Operation.DECLARE_SHIFT, purpose, subject) as access:
            if access.actor.person_id == person_id:
                raise AuditError("somebody else declares your shift: what lies outside of it stands out in audits")
            with self._database.writing() as connection:
                add_shift(connection, person_id, shift, self._now(), access.actor.person_id)
            return person_id

    def _add_household(self, person_id: str, plates: tuple[str, ...]) -> int:
        with self._database.writing() as connection:
            return add_household(connection, person_id, plates, self._now())

    def _now(self) -> datetime:
        now = self._clock.now().trusted_utc
        if now is None:
            raise AuditError("this server's clock is not set: nothing is declared without a date")
        return now
