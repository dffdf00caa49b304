"""Somebody at their own account in a department of tests, with codes of their app by the test's clock."""

from dataclasses import dataclass, field

import pyotp

from alpr_edge.access.attempts import FactorsAttempt
from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.sessions import SessionPlace, find_session
from alpr_edge.access.store import Account
from alpr_edge.department.inquiries.accounts.account_service import AccountService, PasswordChange
from alpr_edge.department.inquiries.accounts.credential_changes import FreshProof
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.signed_roster import open_roster
from alpr_edge.domain.sessions.session import SessionEnd
from tests.department.inquiries.inquirers import ADDRESS, LOGIN, SECRET, Inquirers, StillClock, begin_session
from tests.department.people.office import PASSWORD

NEW = "another river under elms"


@dataclass
class OwnOffice:
    """Somebody of a role, who is signed in."""

    inquirers: Inquirers
    office: InquiryOffice
    clock: StillClock
    role: str
    token: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.token = begin_session(self.office, self.person_id)

    @property
    def person_id(self) -> str:
        return self.inquirers.ids[self.role]

    @property
    def accounts(self) -> AccountService:
        return self.office.own_accounts

    @property
    def authoriser(self) -> Authoriser:
        return self.office.authoriser(Caller(LOGIN, self.token, ADDRESS))

    @property
    def sign_ins(self) -> SignInService:
        return self.office.sign_ins(Caller(LOGIN, self.token, ADDRESS))

    def attempt(self, password: str = PASSWORD, code: str | None = None) -> FactorsAttempt:
        """Both factors, half a minute later, so that each code is a new one."""
        self.clock.move(30)
        return FactorsAttempt(password, self.code() if code is None else code)

    def code(self, secret: str = SECRET) -> str:
        utc = self.clock.now().utc
        assert utc is not None
        return pyotp.TOTP(secret).at(utc)

    def change(
        self, new: str = NEW, again: str | None = None, password: str = PASSWORD, code: str | None = None
    ) -> int:
        """Change the password; the serial of the roster."""
        change = PasswordChange(self.attempt(password, code), new, new if again is None else again)
        return self.accounts.change_password(self.authoriser, self.sign_ins, change).serial

    def proof(self) -> FreshProof:
        return self.accounts.proof_of(self.sign_ins.confirm(self.attempt()))

    def account(self) -> Account:
        with self.office.accounts.reading() as rows:
            account = rows.account_of(self.person_id)
        assert account is not None
        return account

    def end_of(self, token: str) -> SessionEnd | None:
        session = find_session(self.office.accounts, SessionPlace(token, LOGIN, ADDRESS, self.clock.now()))
        assert session is not None
        return session.end

    def in_roster(self) -> Credentials:
        """What the newest roster tells a car that the person signs in with."""
        directory = self.inquirers.directory
        file = Rosters(directory, self.office.accounts.database).file_for("car-1")
        assert file is not None
        roster = open_roster(file.content, load_roster_signer(directory).public_key)
        return next(each.credentials for each in roster.members if each.person.person_id == self.person_id)
