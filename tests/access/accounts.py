"""Accounts of tests in a real encrypted database, with the people and passwords that they have."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import argon2
import pyotp

from alpr_edge.access.attempts import PasswordAttempt, SignInPlace, SignInResult
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.roster_update import install_roster
from alpr_edge.access.sign_in import reopen, sign_in
from alpr_edge.access.store import AccessStore, Account
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person, Role
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from tests.domain.people.builders import DEPARTMENT, NOW, SIGNING_KEY, at, person, roster
from tests.domain.permissions.rules import CJIS

ROSTER_KEY = RosterKey(DEPARTMENT, SIGNING_KEY.public_key())
PASSWORD = "correct horse battery"
OFFICER, PARTNER, SUPERVISOR = person("p-1"), person("p-2"), person("p-9", roles=frozenset({Role.SUPERVISOR}))
SECRETS = {each: pyotp.random_base32() for each in ("p-1", "p-2", "p-9")}
RELEASE_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class CountingHasher(argon2.PasswordHasher):
    """Argon2id at a low cost that counts its computations; a hash that it refuses to read costs none."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.computed = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        try:
            is_right = super().verify(hash, password)
        except argon2.exceptions.InvalidHashError:
            raise
        except argon2.exceptions.VerificationError:
            self.computed += 1
            raise
        self.computed += 1
        return is_right


@dataclass
class Car:
    """A car with a roster; everything happens at a moment that the test moves on."""

    store: AccessStore
    hasher: CountingHasher = field(default_factory=CountingHasher)
    seconds: float = 0.0
    boot: str = "boot-1"
    serial: int = 0
    password_set: datetime | None = NOW

    def __post_init__(self) -> None:
        self.passwords = Argon2Passwords(self.hasher)
        self.hashes = {each: self.passwords.hash(PASSWORD) for each in SECRETS}

    @property
    def now(self) -> Instant:
        return at(self.seconds, self.boot)

    def place(self, notice: str = CJIS.notice, **changes: Any) -> SignInPlace:  # noqa: ANN401 - any field
        return replace(SignInPlace(self.now, "officer", "local", notice), **changes)

    def install(self, *people: Person, **changes: Any) -> None:  # noqa: ANN401 - any field of the header
        """Install a roster of these people with their credentials; of the usual ones without any."""
        self.serial += 1
        members = (self.member(each) for each in people or (OFFICER, PARTNER, SUPERVISOR))
        content = sign_roster(roster(*members, serial=self.serial, **changes), SIGNING_KEY)
        install_roster(self.store, content, ROSTER_KEY, self.now)

    def member(self, some: Person) -> Member:
        password_hash, secret = self.hashes.get(some.person_id, ""), SECRETS.get(some.person_id, "")
        return Member(some, Credentials(password_hash, secret, RELEASE_SECRET, password_set=self.password_set))

    def code(self, person_id: str = "p-1", seconds: float = 0.0) -> str:
        """The code of somebody's app so many seconds from now."""
        return pyotp.TOTP(SECRETS[person_id]).at(int(NOW.timestamp() + self.seconds + seconds))

    def sign_in(
        self,
        name: str = OFFICER.badge,
        password: str = PASSWORD,
        code: str | None = None,
        place: SignInPlace | None = None,
    ) -> SignInResult:
        """Sign in 30 s after the last time, so that each code is a new one."""
        self.seconds += 30
        person_id = name.removeprefix("B")
        typed = code if code is not None else self.code(person_id if person_id in SECRETS else "p-1")
        return sign_in(self.store, self.passwords, CJIS, PasswordAttempt(name, password, typed), place or self.place())

    def reopen(self, token: str, password: str = PASSWORD, **changes: Any) -> SignInResult:  # noqa: ANN401 - any field
        return reopen(self.store, self.passwords, CJIS, token, password, self.place(**changes))

    def lock(self, name: str = OFFICER.badge) -> None:
        """Lock an account by five wrong passwords."""
        for _ in range(5):
            self.sign_in(name, "wrong")

    def account(self, person_id: str = "p-1") -> Account:
        with self.store.reading() as rows:
            account = rows.account_of(person_id)
        assert account is not None
        return account


def make_keys(folder: Path) -> Path:
    """A folder with an access key."""
    folder.mkdir(mode=0o700)
    key = folder / "access.key"
    key.touch(0o600)
    key.write_bytes(bytes(range(32)))
    return folder
