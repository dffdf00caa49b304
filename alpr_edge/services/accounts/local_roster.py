"""The roster of a unit without a department: changed on the unit, signed by the unit's own key, under the next serial.

It is put in force by the same checks as a department's. A unit has one or the other: once a department's key is pinned,
people are changed there alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alpr_edge.access.roster_update import install_roster
from alpr_edge.access.totp import new_secret
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import AccountStatus, Person, Role, sign_in_key
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.domain.ports import Clock
from alpr_edge.services.accounts.local_key import is_local_key, local_roster_key, local_signing_key
from alpr_edge.services.accounts.rosters import held_roster
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access.members import all_members
from alpr_edge.store.access.pinned_key import pin_roster_key, pinned_roster_key
from alpr_edge.store.db.migrate import RELEASE
from alpr_edge.store.reads.queries import newest_number
from alpr_edge.store.unit_store import open_store

ROSTER_VALID = timedelta(days=365)
"""How long a local roster holds: accounts are reviewed each year, and each change makes a new one."""


@dataclass(frozen=True, slots=True)
class LocalRoster:
    """The people of a unit without a department."""

    settings: Settings
    accounts: AccountStore
    clock: Clock

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody, in the order of their ids."""
        return all_members(self.accounts)

    @property
    def has_administrator(self) -> bool:
        """Whether somebody can sign in who may manage people."""
        return any(is_usable_administrator(member, self.now) for member in self.members)

    @property
    def now(self) -> datetime:
        """The present moment."""
        utc = self.clock.now().utc
        if utc is None:
            raise StoreError("the clock was never set; set it, or let it get a GNSS fix, and try again")
        return utc

    def find(self, name: str) -> Member:
        """Somebody by badge, e-mail address or id."""
        key = sign_in_key(name)
        for member in self.members:
            if key in member.person.sign_in_names or name == member.person.person_id:
                return member
        raise AccessError("nobody here has that badge, e-mail address or id; see: alpr-edge accounts list")

    def require_own(self) -> None:
        """Refuse where people come from a department: its key is pinned, or its roster is in force."""
        pinned, held = pinned_roster_key(self.accounts), held_roster(self.accounts)
        if is_local_key(self.settings, pinned) or (pinned is None and held is None):
            return
        department_id = pinned.department_id if pinned else held.department_id if held else ""
        raise AccessError(f"the people of this unit come from {department_id}; there: alpr-edge department people")

    def save(self, *, added: tuple[Person, ...] = (), changed: tuple[Person, ...] = ()) -> RosterHeader:
        """Issue the roster anew.

        Args:
            added: new people, who can sign in once each set a password and a one-time code.
        """
        by_id = {person.person_id: person for person in changed}
        kept = (replace(each, person=by_id.get(each.person.person_id, each.person)) for each in self.members)
        new = (Member(person, Credentials(release_secret=new_secret())) for person in added)
        return self._publish((*kept, *new))

    def begin_roster(self, administrator: Member) -> RosterHeader:
        """Issue the first roster, with a person who can sign in."""
        self.require_unused()
        return self._publish((administrator,))

    def require_unused(self) -> None:
        """Refuse unless the unit is new: its folder's owner chooses who signs in only while it holds no plate."""
        is_pinned = pinned_roster_key(self.accounts) is not None
        if is_pinned or held_roster(self.accounts) is not None or _has_reads(self.settings):
            raise AccessError("this unit is in use; its administrators add people: alpr-edge accounts add")

    def set_credentials(self, person_id: str, update: Callable[[Credentials], Credentials]) -> RosterHeader:
        """Give somebody other credentials; it counts as use of the account."""

        def update_member(member: Member) -> Member:
            if member.person.person_id != person_id:
                return member
            return Member(replace(member.person, active_at=self.now), update(member.credentials))

        return self._publish(tuple(update_member(member) for member in self.members))

    def _publish(self, members: tuple[Member, ...]) -> RosterHeader:
        """Sign a roster of people and put it in force; raises as :meth:`save` does."""
        before, now = held_roster(self.accounts), self.now
        self.require_own()
        if self.has_administrator and not any(is_usable_administrator(each, now) for each in members):
            raise AccessError("nobody would be left who may manage people; make somebody else administrator first")
        serial = 1 if before is None or before.department_id != self.settings.unit.id else before.serial + 1
        issued = now if before is None else max(now, before.issued)
        header = RosterHeader(self.settings.unit.id, serial, issued, issued + ROSTER_VALID)
        key = pin_roster_key(self.accounts, local_roster_key(self.settings), replace=True)
        content = sign_roster(Roster(header, members), local_signing_key(self.settings))
        return install_roster(self.accounts, content, key, self.clock.now())


def _has_reads(settings: Settings) -> bool:
    """Whether the unit has stored a read; raises StoreError if its database does not open."""
    if not (settings.unit.data_directory / RELEASE.file_name).exists():
        return False
    with open_store(settings, migrate=False) as store, store.database.read() as connection:
        return newest_number(connection) > 0


def is_usable_administrator(member: Member, now: datetime) -> bool:
    """Whether somebody may manage people and has what it takes to sign in."""
    person, credentials = member.person, member.credentials
    return (
        Role.ALPR_ADMINISTRATOR in person.roles
        and person.status is AccountStatus.ACTIVE
        and now < person.valid_until
        and (credentials.has_password or bool(credentials.passkeys))
    )


@contextmanager
def open_local_roster(settings: Settings, clock: Clock, *, migrate: bool) -> Iterator[LocalRoster]:
    """Open the people of a unit; closes the accounts at the end.

    Raises:
        StoreError: no access key, a wrong one, or accounts that this release cannot use.
    """
    with open_accounts(settings.unit.data_directory, settings.store.keys_directory, migrate=migrate) as accounts:
        yield LocalRoster(settings, accounts, clock)
