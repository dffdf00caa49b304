"""The car whose sign-ins are measured: accounts, people and a clock that is put on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.access.attempts import PasswordAttempt, SignInPlace, SignInResult
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.roster_update import install_roster
from alpr_edge.access.sign_in import sign_in
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.settings import PolicySettings
from alpr_edge.settings.profiles import load_security_profile
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.keys import create_keys

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAY = timedelta(days=1)
PASSWORD = "a password of the bench"  # noqa: S105 - of nobody
CJIS = load_security_profile(PolicySettings())
_DEPARTMENT = "bench-pd"


@dataclass
class BenchCar:
    """A car's accounts and the moment there."""

    store: AccountStore
    passwords: Argon2Passwords
    secret: str
    key: Ed25519PrivateKey
    seconds: int = 0
    serial: int = 0

    @property
    def now(self) -> Instant:
        """The present instant of the car."""
        utc = NOW + timedelta(seconds=self.seconds)
        return Instant("bench", (10**6 + self.seconds) * 10**9, utc, UtcSource.GNSS, 5.0)

    def roster(self, people: int) -> bytes:
        """A signed roster of so many people; the password of all is the same."""
        self.serial += 1
        credentials = Credentials(self.passwords.hash(PASSWORD), self.secret, self.secret, password_set=NOW)
        members = tuple(Member(bench_person(f"p-{number}"), credentials) for number in range(people))
        header = RosterHeader(_DEPARTMENT, self.serial, NOW - DAY, NOW + 30 * DAY)
        return sign_roster(Roster(header, members), self.key)

    def install(self, content: bytes) -> None:
        """Put a roster in force."""
        install_roster(self.store, content, RosterKey(_DEPARTMENT, self.key.public_key()), self.now)

    def sign_in(self, name: str, password: str) -> SignInResult:
        """Sign in with a new code."""
        self.seconds += 30
        utc = self.now.utc
        assert utc is not None
        attempt = PasswordAttempt(name, password, pyotp.TOTP(self.secret).at(utc))
        place = SignInPlace(self.now, "bench", "local", CJIS.notice)
        return sign_in(self.store, self.passwords, CJIS, attempt, place)


@contextmanager
def bench_car(folder: Path, people: int, passwords: Argon2Passwords) -> Iterator[BenchCar]:
    """Accounts of a car with so many people."""
    create_keys(folder / "keys")
    with open_accounts(folder / "data", folder / "keys", migrate=True) as store:
        car = BenchCar(store, passwords, pyotp.random_base32(), Ed25519PrivateKey.generate())
        car.install(car.roster(people))
        yield car


def bench_person(person_id: str) -> Person:
    """Somebody who may do what an officer and a supervisor may."""
    return Person(
        person_id=person_id,
        name="Bench Person",
        badge=f"badge-{person_id}",
        email=f"{person_id}@bench.example",
        organisation="Bench PD",
        ori="CA0000000",
        title="Patrol officer",
        roles=frozenset({Role.OFFICER, Role.SUPERVISOR}),
        is_sworn=True,
        sources=frozenset({SourcePermission.DEPARTMENT}),
        has_covert_clearance=False,
        training=Training(NOW + 90 * DAY, NOW + 90 * DAY),
        status=AccountStatus.ACTIVE,
        valid_until=NOW + 90 * DAY,
        approved_by="p-0",
        active_at=NOW - DAY,
    )
