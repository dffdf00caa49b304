"""Ends the sessions of somebody whose account stays: here at once, in every car by the roster that tells of it."""

from dataclasses import dataclass, replace

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.callers import Actor
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.changes import Author, Change, ChangeAction, note_changes
from alpr_edge.department.people.people_rows import end_sessions_of, replace_entries, withdraw_invitations
from alpr_edge.department.people.person_fields import Entry
from alpr_edge.department.people.registry import require_entry
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.permissions.purposes import MAINTENANCE
from alpr_edge.domain.ports import Clock

NOTE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class SignedOutPerson:
    """Somebody who was signed out."""

    person_id: str
    sessions: int
    """Of the department, which were not ended before."""
    header: RosterHeader
    """The roster that signs them out in every car."""


class SignOuts:
    """Signs people of a department out; threads may share it."""

    def __init__(self, database: DepartmentDatabase, rosters: Rosters, clock: Clock) -> None:
        self._database = database
        self._rosters = rosters
        self._clock = clock

    def sign_out(self, authoriser: Authoriser, name: str, reason: str) -> SignedOutPerson:
        """End every session of somebody and an open invitation, and publish the roster for the cars; all or nothing."""
        with self._database.reading() as connection:
            person_id = require_entry(connection, name).person.person_id
        subject = AccessSubject((person_id,), note=reason[:NOTE_CHARACTERS_MAX])
        with authoriser.access(Operation.SIGN_OUT_PERSON, MAINTENANCE, subject) as access:
            utc = self._clock.now().utc
            if utc is None:
                raise DepartmentError("the clock of this server is not set")
            author = Author(_author_name(access.actor), utc, reason)
            return self._sign_out(author, person_id)

    def _sign_out(self, author: Author, person_id: str) -> SignedOutPerson:
        with self._database.writing() as connection:
            before = require_entry(connection, person_id)
            count = before.person.sign_outs
            replace_entries(connection, [Entry.of(replace(before.person, sign_outs=count + 1), before.units)])
            sessions = end_sessions_of(connection, person_id)
            new = {"sign_outs": count + 1} | withdraw_invitations(connection, person_id, author.at)
            change = Change(ChangeAction.SIGN_OUT, person_id, {"sign_outs": count}, new)
            note_changes(connection, author, [change])
            return SignedOutPerson(person_id, sessions, self._rosters.publish_within(connection, author))


def _author_name(actor: Actor) -> str:
    """The author of a change: whoever is signed in, or the login that owns the folder."""
    return f"person:{actor.person_id}" if actor.session_id else actor.person_id
