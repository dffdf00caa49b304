import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from alpr_edge.department.db.database import migrate_database
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from scripts.benchmarks.department.postgresql import PostgresqlServer
from tests.department.backups.places import BackupPlaces
from tests.department.engines import ENGINES, EngineUnderTest


@pytest.fixture(scope="module")
def backup_server(require_postgresql: Callable[[], Path]) -> Iterator[PostgresqlServer]:
    """A server of PostgreSQL of its own: a base backup copies all of its databases."""
    with PostgresqlServer(require_postgresql(), summarizes=True) as server:
        yield server


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> EngineUnderTest:
    """Each engine in turn; PostgreSQL over a server that can be backed up."""

    def new_url() -> str:
        server: PostgresqlServer = request.getfixturevalue("backup_server")
        url = server.url(server.new_database())
        migrate_database(PostgresqlEngine(parse_location(url)))
        return url

    return EngineUnderTest(request.param, new_url)


@pytest.fixture
def target_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that another user may reach: PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="alpr-backup-", dir="/tmp"))
    if os.geteuid() == 0:
        with suppress(KeyError):
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def places(tmp_path: Path, engine: EngineUnderTest, target_folder: Path) -> Iterator[BackupPlaces]:
    with BackupPlaces.fill(tmp_path, engine, target_folder) as made:
        yield made


@pytest.fixture
def sqlite_places(tmp_path: Path, target_folder: Path) -> Iterator[BackupPlaces]:
    """A department on SQLite, for what is the same on every engine."""
    with BackupPlaces.fill(tmp_path, EngineUnderTest("sqlite", str), target_folder) as made:
        yield made
