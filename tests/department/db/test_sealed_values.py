"""Secrets of people in the department's database: sealed by a key beside it, each for its own place."""

import contextlib
import shutil
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select, update

from alpr_edge.access.totp import new_secret
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.db.people_schema import people_credentials, people_invitations, people_rosters
from alpr_edge.department.db.sealed_values import KEY_BYTES, KEY_NAME, SecretCipher
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.department.people.registry import open_people
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.people.credentials import Credentials
from tests.department.people.office import DOMAIN, OFFICER, START, make_department

SECRETS = (new_secret(), new_secret())
AUTHOR = Author("login:chief", START)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A department with two people, of whom the first has all that one signs in with, and a published roster."""
    folder = make_department(tmp_path / "department", DOMAIN)
    with open_people(folder) as people:
        first = people.add(AUTHOR, OFFICER).person.person_id
        people.add(AUTHOR, OFFICER | {"badge": "other", "email": "other@dept.example"})
        database = DepartmentDatabase(folder)
        with database.writing() as connection:
            replace_credentials(connection, first, Credentials("hash", *SECRETS))
        database.close()
        people.rosters.publish(AUTHOR)
    return folder


def account_ids(directory: Path) -> list[str]:
    with open_people(directory) as people:
        return [each.entry.person.person_id for each in people.overviews()]


def credentials(directory: Path, person_id: str) -> Credentials:
    database = DepartmentDatabase(directory)
    try:
        with database.reading() as connection:
            account = DepartmentAccountRows(connection).account_of(person_id)
    finally:
        database.close()
    assert account is not None
    return account.credentials


def test_the_database_alone_holds_no_secret_and_with_its_key_it_does(directory: Path) -> None:
    files = [directory / DATABASE_NAME, *directory.glob(f"{DATABASE_NAME}-*")]
    content = b"".join(path.read_bytes() for path in files)
    assert OFFICER["badge"].encode() in content, "this is where it would be found"
    assert not [secret for secret in SECRETS if secret.encode() in content]
    found = [credentials(directory, person_id) for person_id in account_ids(directory)]
    assert SECRETS in [(each.totp_secret, each.release_secret) for each in found]


def test_every_secret_of_the_schema_is_a_sealed_column() -> None:
    columns = [people_credentials.c.totp_secret, people_credentials.c.release_secret]
    columns += [people_invitations.c.totp_secret, people_rosters.c.content]
    assert all(isinstance(column.type, LargeBinary) for column in columns)
    texts = {
        f"{table.name}.{column.name}" for table in people_credentials.metadata.tables.values() for column in table.c
    }
    assert {name for name in texts if "secret" in name} == {
        "people_credentials.totp_secret",
        "people_credentials.release_secret",
        "people_invitations.totp_secret",
    }


def test_a_secret_put_into_the_row_of_somebody_else_does_not_open(directory: Path) -> None:
    database, table = DepartmentDatabase(directory), people_credentials
    with database.writing() as connection:
        sealed = [row.totp_secret for row in connection.execute(select(table)) if row.totp_secret]
        connection.execute(update(table).values(totp_secret=sealed[0]))
    database.close()
    faults = set()
    for person_id in account_ids(directory):
        with contextlib.suppress(StoreError):
            assert credentials(directory, person_id).totp_secret == SECRETS[0]
            continue
        faults.add(person_id)
    assert len(faults) == 1


def test_a_lost_key_is_said_and_none_is_made_in_its_place(directory: Path) -> None:
    key = directory / KEY_NAME
    kept = shutil.move(key, directory.with_name("kept"))
    with pytest.raises(DepartmentError, match=r"people\.key: missing; .* restore it"):
        DepartmentDatabase(directory)
    assert not key.exists()
    shutil.move(kept, key)
    DepartmentDatabase(directory).close()


@pytest.mark.parametrize(
    ("content", "mode", "says"), [(bytes(KEY_BYTES), 0o644, "chmod 600"), (b"short", 0o600, "not a key of 32 bytes")]
)
def test_a_key_that_others_may_read_or_that_is_none_is_refused(
    directory: Path, content: bytes, mode: int, says: str
) -> None:
    key = directory / KEY_NAME
    key.write_bytes(content)
    key.chmod(mode)
    with pytest.raises(DepartmentError, match=says):
        DepartmentDatabase(directory)


def test_another_key_opens_nothing_and_says_so(directory: Path) -> None:
    (directory / KEY_NAME).write_bytes(bytes(KEY_BYTES))
    with open_people(directory) as people, pytest.raises(StoreError, match=r"restore that key from the backup$"):
        people.rosters.publish(AUTHOR)


def test_every_changed_byte_is_found() -> None:
    cipher = SecretCipher(bytes(KEY_BYTES))
    sealed = cipher.seal(b"secret", "here")
    assert cipher.open(sealed, "here") == b"secret"
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(StoreError):
            cipher.open(bytes(changed), "here")
    assert cipher.open(b"", "anywhere") == cipher.seal(b"", "anywhere") == b""
