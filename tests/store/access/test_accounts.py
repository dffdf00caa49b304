"""The accounts of a car on disk: encrypted, migrated like every database, and closed without their key."""

from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.sessions.lockout import Lock
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd
from alpr_edge.store.access.accounts import ENDED_SESSIONS_MAX, open_accounts, session_row
from alpr_edge.store.access.schema import FILE_NAME, RELEASE, meta, metadata, passkeys, sessions
from tests.access.accounts import make_keys
from tests.domain.people.builders import NOW, at, person, roster


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return make_keys(tmp_path / "keys")


def new_session(number: int, person_id: str = "p-1", end: SessionEnd | None = None) -> AccessSession:
    return AccessSession(
        f"{number}", person_id, Factor.PASSKEY, "officer", "local", "n", at(number), at(number), end=end
    )


def test_migrations_make_the_tables_that_the_code_uses(tmp_path: Path, keys: Path) -> None:
    with open_accounts(tmp_path / "data", keys, migrate=True) as store, store.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        strict = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE strict = 1")
        assert set(strict.scalars()) == set(metadata.tables)
        facts = {row.name: row.value for row in connection.execute(select(meta))}
    assert facts == {"schema": str(RELEASE.schema), "readable_from": str(RELEASE.readable_from)}
    assert ScriptDirectory(str(RELEASE.scripts)).get_current_head() == f"{RELEASE.schema:04}"


def test_nothing_of_a_person_is_readable_in_the_file(tmp_path: Path, keys: Path) -> None:
    member = Member(person(), Credentials("$argon2id$secret", "TOTPSECRET", "RELEASE", (Passkey(b"key-id", b"key"),)))
    with open_accounts(tmp_path / "data", keys, migrate=True) as store, store.writing() as rows:
        rows.replace_roster(roster(member))
    with open_accounts(tmp_path / "data", keys, migrate=False) as store, store.reading() as rows:
        account = rows.account_of("p-1")
        assert account is not None
        assert (account.person, account.credentials) == (member.person, member.credentials)
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert not any(word in content for word in (b"Ana Ruiz", b"argon2id", b"TOTPSECRET", b"SQLite format 3"))
    assert (tmp_path / "data" / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_without_the_access_key_or_with_another_nobody_opens_it(tmp_path: Path, keys: Path) -> None:
    with open_accounts(tmp_path / "data", keys, migrate=True):
        pass
    (keys / "access.key").write_bytes(bytes(32))
    with pytest.raises(DamagedError), open_accounts(tmp_path / "data", keys, migrate=False):
        pass
    (keys / "access.key").unlink()
    with pytest.raises(StoreError, match="no such key"), open_accounts(tmp_path / "data", keys, migrate=True):
        pass


def test_the_file_is_not_opened_by_the_key_of_the_access_log(tmp_path: Path, keys: Path) -> None:
    with open_accounts(tmp_path / "data", keys, migrate=True) as store:
        database = store.database
    key = (keys / "access.key").read_bytes()
    with pytest.raises(DamagedError):
        type(database).open(tmp_path / "data", key, migrate=False, release=RELEASE)


def test_a_database_that_was_never_made_says_so(tmp_path: Path, keys: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    with pytest.raises(StoreError, match="no database yet"), open_accounts(tmp_path / "data", keys, migrate=False):
        pass


def test_what_belongs_to_the_roster_goes_with_it_and_the_rest_stays(tmp_path: Path, keys: Path) -> None:
    member = Member(person(), Credentials("hash", "secret", passkeys=(Passkey(b"id", b"key", 3),)))
    with open_accounts(tmp_path / "data", keys, migrate=True) as store:
        with store.writing() as rows:
            rows.replace_roster(roster(member))
            rows.set_lock("p-1", Lock("p-1", at(5), "12345678"))
            rows.set_failures("p-1", (at(1), at(2)))
            rows.use_step("p-1", 7)
            rows.note_passkey_use(b"id", 9, NOW)
            rows.save_session(new_session(1))
        with store.writing() as rows:
            rows.replace_roster(roster(serial=8))
            assert rows.account_of("p-1") is None
            assert rows.account_of_passkey(b"id") is None
            assert rows.live_sessions() == [new_session(1)]
            rows.replace_roster(roster(member, serial=9))
        with store.reading() as rows:
            account = rows.account("bp-1")
            assert account is not None
            assert (account.lock, account.used_step) == (Lock("p-1", at(5), "12345678"), 7)
            assert account.failures == (at(1), at(2))
            assert (rows.sign_count(b"id"), rows.sign_count(b"other")) == (9, 0)
        with store.database.read() as connection:
            assert len(connection.execute(select(passkeys)).all()) == 1


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path, keys: Path) -> None:
    with open_accounts(tmp_path / "data", keys, migrate=True) as store:
        with suppress(KeyError), store.writing() as rows:
            rows.save_session(new_session(1))
            raise KeyError
        with store.reading() as rows:
            assert rows.session("1") is None


def test_sessions_that_ended_are_kept_up_to_a_bound_and_live_ones_always(tmp_path: Path, keys: Path) -> None:
    with open_accounts(tmp_path / "data", keys, migrate=True) as store:
        with store.writing() as rows:
            rows.save_session(new_session(0))
        with store.database.write() as connection:
            ended = [new_session(number, "p-2", SessionEnd.SIGN_OUT) for number in range(1, ENDED_SESSIONS_MAX + 20)]
            connection.execute(insert(sessions), [session_row(session) for session in ended])
        with store.writing() as rows:
            rows.save_session(new_session(-1))
        with store.reading() as rows:
            assert rows.live_sessions() == [new_session(0), new_session(-1)]
            assert (rows.session("19"), rows.session("20")) == (None, new_session(20, "p-2", SessionEnd.SIGN_OUT))
        with store.database.read() as connection:
            assert len(connection.execute(select(sessions)).all()) == ENDED_SESSIONS_MAX + 2
