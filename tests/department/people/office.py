"""A department's people of tests: a folder with its keys, and what an administrator types."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.accounts import DepartmentAccounts
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import People
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.pki.roster_key import load_roster_signer
from tests.department.engines import EngineUnderTest

DOMAIN = "alpr.modesto.example"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
OFFICER = {
    "name": "Ana Ruiz",
    "badge": "1042",
    "email": "ana.ruiz@modesto.example",
    "organisation": "Modesto Police Department",
    "roles": "officer",
    "sources": "department state",
    "sworn": "yes",
    "cjis_training_until": "2027-06-30",
    "alpr_training_until": "2027-06-30",
}
PASSWORD = "quiet river under oaks"


class Office:
    """A department whose clock the test moves on."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = DepartmentDatabase(directory)
        self.people = People(directory, self.database, Argon2Passwords(argon2.PasswordHasher(1, 8, 1)))
        self.accounts = DepartmentAccounts(self.database)
        self.now = START

    @property
    def author(self) -> Author:
        """The owner of the folder at the present moment, a second after the last."""
        self.now += timedelta(seconds=1)
        return Author("login:chief", self.now, "as ordered")

    def add(self, **texts: str) -> str:
        """Add somebody; returns their id."""
        return self.people.add(self.author, OFFICER | texts).person.person_id


def make_department(directory: Path, *names: str, engine: EngineUnderTest | None = None) -> Path:
    """A department's folder with authority, server certificate and the key for rosters; on SQLite unless it is said."""
    initialise(directory, names or (DOMAIN, "127.0.0.1"))
    if engine is not None:
        engine.use(directory)
    load_roster_signer(directory)
    DepartmentDatabase(directory).close()
    return directory
