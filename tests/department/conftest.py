from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.department.db.database import migrate_database
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.seaweedfs import SeaweedServer
from tests.department.engines import ENGINES, EngineUnderTest


class Databases:
    """Databases with a department's empty tables; one that a test has ended with is emptied for the next."""

    def __init__(self, server: PostgresqlServer) -> None:
        self.server = server
        self._template = server.new_database()
        migrate_database(PostgresqlEngine(parse_location(server.url(self._template))))
        self._free: list[str] = []
        self.taken: list[str] = []

    def take(self) -> str:
        """The URL of an empty one."""
        self.taken.append(self._free.pop() if self._free else self.server.new_database(self._template))
        return self.server.url(self.taken[-1])

    def give_back(self, count: int) -> None:
        """Empty all that were taken since there were so many."""
        while len(self.taken) > count:
            name = self.taken.pop()
            self.server.empty(name)
            self._free.append(name)


@pytest.fixture(scope="session")
def seaweedfs(require_seaweedfs: Callable[[], Path]) -> Iterator[SeaweedServer]:
    """An S3 server for all tests of this process; each uses a prefix of its own."""
    server = SeaweedServer(require_seaweedfs())
    try:
        server.wait()
        yield server
    finally:
        server.stop()


_opened: list[Databases] = []
"""The databases of this process; none before the first test on PostgreSQL."""


@pytest.fixture(scope="session")
def postgresql(require_postgresql: Callable[[], Path]) -> Iterator[PostgresqlServer]:
    """A server of PostgreSQL for all tests of this process."""
    with PostgresqlServer(require_postgresql()) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgresql: PostgresqlServer) -> Iterator[Databases]:
    _opened.append(Databases(postgresql))
    yield _opened[-1]
    _opened.clear()


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineUnderTest]:
    """Each engine in turn; PostgreSQL is started for the first test that runs on it."""
    count = len(_opened[0].taken) if _opened else 0
    yield EngineUnderTest(request.param, lambda: request.getfixturevalue("databases").take())
    if _opened:
        _opened[0].give_back(count)


@pytest.fixture(autouse=True)
def databases_of_a_test() -> Iterator[None]:
    """What a test took by itself is another's afterwards; what its module took stays until the module ends."""
    count = len(_opened[0].taken) if _opened else 0
    yield
    if _opened:
        _opened[0].give_back(count)
