"""What administrators do to the people of a unit without a department; each on record with old and new values.

No record holds a credential: of those it says that they were set.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from alpr_edge.access.account_locks import UnlockedAccount, lock_of, unlock_account, unlock_by_code
from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.changes import NONE, Subject, value_name
from alpr_edge.domain.access_log.records import CHANGES_MAX, RecordedChange
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.person import AccountFault, AccountStatus, Person
from alpr_edge.domain.people.roster import Member, RosterHeader
from alpr_edge.domain.people.roster_json import person_payload
from alpr_edge.domain.permissions.purposes import MAINTENANCE
from alpr_edge.domain.sessions.lockout import Lock, UnlockWay
from alpr_edge.services.accounts.first_sign_in import FirstSignIn
from alpr_edge.services.accounts.local_roster import LocalRoster
from alpr_edge.store.access.accounts import AccountStore
from alpr_edge.store.access.members import locked_people

TRAINING_FIELDS = frozenset({"cjis_training_until", "alpr_training_until"})
"""What a training supervisor may change (policy 462.8)."""
_VALUE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """A person as a listing shows them; no credential."""

    person: Person
    can_sign_in: bool
    """Whether they have set what it takes; whether they may is what ``fault`` says."""
    is_locked: bool
    fault: AccountFault | None


@dataclass(frozen=True, slots=True)
class LocalPeople:
    """The people of this unit, changed by whoever may."""

    roster: LocalRoster
    authoriser: Authoriser

    def add(self, person: Person) -> Person:
        """Add somebody; whoever adds them has approved them.

        Raises:
            AccessError: it is refused, or the people of this unit come from a department.
            RosterError: somebody else has that badge or address.
        """
        subject = AccessSubject((person.person_id,), changes=_changes(None, person))
        with self.authoriser.access(Operation.CHANGE_PEOPLE, MAINTENANCE, subject) as access:
            approved = replace(person, approved_by=access.actor.person_id or access.actor.name)
            self.roster.save(added=(approved,))
        return approved

    def change(self, name: str, edit: Callable[[Person], Person]) -> Person:
        """Change somebody; a change of nothing but training is allowed to the training supervisor as well.

        Raises:
            AccessError: it is refused, nobody has that name, or nobody would be left in charge.
        """
        before = self.roster.find(name).person
        after = edit(before)
        if before.status is AccountStatus.LEFT and after.status is not AccountStatus.LEFT:
            raise AccessError("whoever left stays so; add them anew, which gives them another id")
        changes = _changes(before, after)
        is_training = bool(changes) and {change.name for change in changes} <= TRAINING_FIELDS
        operation = Operation.RECORD_TRAINING if is_training else Operation.CHANGE_PEOPLE
        subject = AccessSubject((before.person_id,), changes=changes)
        with self.authoriser.access(operation, MAINTENANCE, subject):
            self.roster.save(changed=(after,))
        return after

    def take_over(self, added: Iterable[Person], changed: Iterable[tuple[Person, Person]]) -> RosterHeader:
        """Add and change many people at once, as a file lists them; the record has 100 values and counts them all."""
        added, changed = tuple(added), tuple(changed)
        changes = [line for person in added for line in _changes(None, person)]
        changes += [line for before, after in changed for line in _changes(before, after)]
        ids = (*(person.person_id for person in added), *(after.person_id for _, after in changed))
        subject = AccessSubject(ids, changes=tuple(changes[:CHANGES_MAX]), note=f"{len(changes)} values changed")
        with self.authoriser.access(Operation.CHANGE_PEOPLE, MAINTENANCE, subject) as access:
            approver = access.actor.person_id or access.actor.name
            approved = tuple(replace(each, approved_by=approver) for each in added)
            return self.roster.save(added=approved, changed=tuple(after for _, after in changed))

    def everybody(self) -> tuple[Person, ...]:
        """Everybody, to compare a file with.

        Raises:
            AccessError: it is refused.
        """
        with self.authoriser.access(Operation.SHOW_PEOPLE) as access:
            people = tuple(member.person for member in self.roster.members)
            access.show(tuple(person.person_id for person in people))
            return people

    def review(self) -> RosterHeader:
        """Note that all accounts were reviewed, and issue the roster anew (CJIS AC-2 asks for it each year)."""
        with self.authoriser.access(Operation.CHANGE_PEOPLE, MAINTENANCE, AccessSubject(note="accounts reviewed")):
            return self.roster.save()

    def invite(self, name: str, choose: Callable[[FirstSignIn], None], issuer: str) -> RosterHeader:
        """Have somebody set password and one-time code at this terminal; whatever is on record says that they did.

        Raises:
            AccessError: it is refused, or the people of this unit come from a department; nobody is asked for anything.
            PasswordError: no password was chosen that is good enough.
        """
        person = self.roster.find(name).person
        change = RecordedChange(name="credentials", before="", after="password and one-time code")
        subject = AccessSubject((person.person_id,), changes=(change,))
        with self.authoriser.access(Operation.CHANGE_PEOPLE, MAINTENANCE, subject):
            self.roster.require_own()
            first = FirstSignIn(person, issuer, self.authoriser.policy.security)
            choose(first)
            return first.finish(self.roster)

    def begin_roster(self, person: Person, choose: Callable[[FirstSignIn], None], issuer: str) -> RosterHeader:
        """Have the first administrator of a new unit set password and one-time code, and begin its roster with them.

        The owner of the data folder may do so without signing in, once and only before the unit has stored a read.
        Nothing is kept unless all of it succeeds.

        Raises:
            AccessError: it is refused, or the unit is not new.
            PasswordError: no acceptable password was chosen.
        """
        subject = AccessSubject((person.person_id,), changes=_changes(None, person))
        with self.authoriser.access(Operation.BEGIN_ROSTER, MAINTENANCE, subject) as access:
            self.roster.require_unused()
            approved = replace(person, approved_by=access.actor.person_id)
            first = FirstSignIn(approved, issuer, self.authoriser.policy.security)
            choose(first)
            return first.begin_roster(self.roster)

    def overview(self, now: datetime) -> list[AccountOverview]:
        """Everybody, by badge.

        Raises:
            AccessError: it is refused.
        """
        with self.authoriser.access(Operation.SHOW_PEOPLE) as access:
            locked_ids = locked_people(self.roster.accounts)
            members = sorted(self.roster.members, key=lambda member: member.person.badge)
            access.show(tuple(member.person.person_id for member in members))
            return [self._overview(member, locked_ids, now) for member in members]

    def _overview(self, member: Member, locked_ids: frozenset[str], now: datetime) -> AccountOverview:
        person, credentials = member.person, member.credentials
        with self.roster.accounts.reading() as rows:
            account = rows.account_of(person.person_id)
        last = None if account is None else account.last_sign_in
        can_sign_in = credentials.has_password or bool(credentials.passkeys)
        return AccountOverview(person, can_sign_in, person.person_id in locked_ids, person.fault_at(now, last))


def unlock(accounts: AccountStore, authoriser: Authoriser, name: str) -> UnlockWay:
    """Unlock somebody else's account: as administrator, or as a supervisor whom the agency designated.

    The records name whose it is by their id, never what was typed (policy 462.6(a)).

    Raises:
        AccessError: it is refused, or no such account is locked.
    """
    subject = _lock_subject(lock_of(accounts, name))
    with authoriser.access(Operation.UNLOCK_ACCOUNT, MAINTENANCE, subject) as access:
        unlocked = unlock_account(accounts, _holder(accounts, access), name)
        access.changes = _lock_changes(unlocked)
        return unlocked.way


def unlock_with_code(accounts: AccountStore, authoriser: Authoriser, name: str, ask_code: Callable[[str], str]) -> None:
    """Unlock an account by the code that the department reads out for its challenge.

    Raises:
        AccessError: the code is wrong, or no such account is locked.
    """
    lock = lock_of(accounts, name)
    with authoriser.access(Operation.UNLOCK_BY_CODE, MAINTENANCE, _lock_subject(lock)) as access:
        if lock is None:
            raise AccessError("no such account is locked here")
        unlocked = unlock_by_code(accounts, name, ask_code(lock.challenge))
        if unlocked is None:
            raise AccessError("that code unlocks nothing here; it is good for one lock of one account")
        access.changes = _lock_changes(unlocked)


def _lock_subject(lock: Lock | None) -> AccessSubject:
    return AccessSubject() if lock is None else AccessSubject((lock.person_id,))


def _lock_changes(unlocked: UnlockedAccount) -> tuple[RecordedChange, ...]:
    return (RecordedChange(name=value_name(Subject.LOCK, unlocked.person_id), before="locked", after=NONE),)


def _holder(accounts: AccountStore, access: Access) -> Person:
    """Who is signed in; break-glass has nobody, who unlocks nobody."""
    with accounts.reading() as rows:
        account = rows.account_of(access.actor.person_id)
    if account is None:
        raise AccessError("unlocking asks for somebody who is signed in; or use the department's code: --code")
    return account.person


def _changes(before: Person | None, after: Person) -> tuple[RecordedChange, ...]:
    old = {} if before is None else person_payload(before).model_dump(mode="json")
    new = person_payload(after).model_dump(mode="json")
    return tuple(
        RecordedChange(name=name, before=_text(old.get(name)), after=_text(value))
        for name, value in new.items()
        if old.get(name) != value and name != "approved_by"
    )


def _text(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return text[:_VALUE_CHARACTERS_MAX]
