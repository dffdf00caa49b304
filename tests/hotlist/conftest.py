"""A unit's lists in a temporary folder, and its commands."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.store.db.database import Database
from tests.runtime.time_daemon import TimeDaemon
from tests.staff import Staff, stating
from tests.units import write_bare_unit

Command = Callable[..., Result]
KEY = bytes(range(32))
LISTS_KEY = bytes(range(32, 64))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def lists(data: Path) -> Iterator[ListStore]:
    database = Database.open(data, KEY, migrate=True)
    yield ListStore(database, LISTS_KEY, data / LISTS_DIRECTORY)
    database.close()


@pytest.fixture
def loader(lists: ListStore) -> HotlistLoader:
    return HotlistLoader(lists.database, lists.lists_key, lists.directory)


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """The command points the logs at its own stderr, which is gone when it ends."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def time_daemon() -> Iterator[TimeDaemon]:
    """Somebody who vouches for this machine's clock."""
    with TimeDaemon() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, time_daemon: TimeDaemon) -> Path:
    path = write_bare_unit(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + time_daemon.settings, encoding="utf-8")
    return path


@pytest.fixture
def signed_in(settings: Path) -> Staff:
    """The unit's people; somebody who may do everything is signed in at this login."""
    staff = Staff(settings)
    staff.sign_in_here()
    return staff


@pytest.fixture
def command(settings: Path, signed_in: Staff) -> Command:
    """Runs ``alpr-edge hotlist`` on the unit of the settings; the plate of add and match, which comes next here, is
    passed on standard input.
    """

    def run(*arguments: str | Path) -> Result:
        noun, *rest = map(str, arguments)
        stdin = rest.pop(0) if noun in {"add", "match"} else None
        return CliRunner().invoke(app, stating("hotlist", noun, *rest, "--settings", str(settings)), input=stdin)

    return run
