"""The record of trainings: entered by the Training Supervisor alone, once there was one (policy 462.8).

Until a Training Supervisor can sign in, the owner of the folder enters trainings with everything else of an account.
After that they do so only for a stated reason, also where the only Training Supervisor was suspended.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.changes import (
    Author,
    Change,
    ChangeAction,
    changed_fields,
    has_been_there,
    note_changes,
)
from alpr_edge.department.people.people_rows import all_entries, find_entry, replace_entries
from alpr_edge.department.people.person_fields import Entry, changed_entry
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import Training
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.people.trainings import REMIND_BEFORE, TrainingState, may_record_trainings, training_counts
from alpr_edge.domain.permissions.purposes import MAINTENANCE
from alpr_edge.domain.ports import Clock

NOTE_CHARACTERS_MAX = 200
COMMAND = "alpr-edge department people training"


class TrainingRegister:
    """The trainings of a department's people; threads may share it."""

    def __init__(self, database: DepartmentDatabase, rosters: Rosters, clock: Clock) -> None:
        self._database = database
        self._rosters = rosters
        self._clock = clock

    def record(self, authoriser: Authoriser, name: str, texts: Mapping[str, str], reason: str) -> RosterHeader:
        """Record until when somebody's trainings hold, and publish the roster that tells the units.

        Args:
            texts: ``cjis_training_until`` and ``alpr_training_until``, those that change.
        """
        with self._database.reading() as connection:
            before = _entry(connection, name)
        old, new = _changes_between(before, changed_entry(before, texts))
        if not new:
            raise DepartmentError(f"{name}: these trainings are recorded already")
        changes = tuple(
            RecordedChange(name=field, before=old[field] or "", after=value or "") for field, value in new.items()
        )
        subject = AccessSubject((before.person.person_id,), changes=changes, note=reason[:NOTE_CHARACTERS_MAX])
        with authoriser.access(Operation.RECORD_TRAINING, MAINTENANCE, subject) as access:
            utc = self._clock.now().utc
            if utc is None:
                raise DepartmentError("the clock of this server is not set")
            author = Author(f"person:{access.actor.person_id}", utc, reason)
            with self._database.writing() as connection:
                return self._write(connection, author, before, texts)

    def _write(self, connection: Connection, author: Author, seen: Entry, texts: Mapping[str, str]) -> RosterHeader:
        before = _entry(connection, seen.person.person_id)
        after = changed_entry(before, texts)
        old, new = _changes_between(before, after)
        replace_entries(connection, [after])
        note_changes(connection, author, [Change(ChangeAction.TRAINING, after.person.person_id, old, new)])
        return self._rosters.publish_within(connection, author)


def training_requirement(connection: Connection, author: Author) -> Callable[[Entry | None, Entry], None]:
    """What refuses that somebody else changes a training once a Training Supervisor could sign in.

    It is given somebody as they were (None: they are new) and shall be, and raises DepartmentError where a training
    would change. Whether there was a Training Supervisor is asked once, however many people are changed.
    """
    has_supervisor: bool | None = None

    def require(before: Entry | None, after: Entry) -> None:
        nonlocal has_supervisor
        person = after.person
        if person.training == _training_of(before):
            return
        if has_supervisor is None:
            has_supervisor = not author.is_without_session and has_been_there(connection, may_record_trainings)
        if has_supervisor:
            who = f"{person.name}, badge {person.badge}" if person.badge else person.name
            raise DepartmentError(f"{who}: trainings are recorded by the Training Supervisor (policy 462.8): {COMMAND}")

    return require


def training_warnings(database: DepartmentDatabase, now: datetime) -> list[str]:
    """What has to be done about trainings, a line each; nobody is named."""
    with database.reading() as connection:
        counts = training_counts((entry.person for entry in all_entries(connection)), now)
    see = "see: alpr-edge department people list --training-ends"
    lines = {
        TrainingState.ENDED: "people with a training that has ended, who are shown nothing",
        TrainingState.ENDING: f"people with a training that ends within {REMIND_BEFORE.days} days",
    }
    return [f"{words}: {counts[state]}; {see}" for state, words in lines.items() if counts[state]]


def _training_of(entry: Entry | None) -> Training:
    return Training() if entry is None else entry.person.training


def _changes_between(before: Entry, after: Entry) -> tuple[dict[str, str | None], dict[str, str | None]]:
    return changed_fields(before.details, after.details)


def _entry(connection: Connection, name: str) -> Entry:
    entry = find_entry(connection, name)
    if entry is None:
        raise DepartmentError(f"{name}: nobody has this id, badge or e-mail address; see: department people list")
    return entry
