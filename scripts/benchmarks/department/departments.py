"""Departments for figures: as a real one they have a master key, so bodies are encrypted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alpr_edge.department.db.day_keys.master_keys import make_master_key
from alpr_edge.department.db.setup import set_up_postgresql
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import DepartmentError
from scripts.benchmarks.department.postgresql import PostgresqlServer, postgresql_programs
from scripts.benchmarks.department.seaweedfs import set_images


def make_department(folder: Path, url: str | None = None) -> Path:
    """Make the folder of a department with an authority and a master key.

    Args:
        folder: where the department's folder is made, and the key beside it.
        url: its PostgreSQL database, which is empty; None: SQLite.

    Returns:
        The department's folder.
    """
    directory, key = initialise(folder / "department", ["127.0.0.1"]).directory, folder / "images.key"
    make_master_key(key, directory)
    set_images(directory, key=str(key))
    if url is not None:
        set_up_postgresql(directory, url)
    return directory


@contextmanager
def new_department(engine: str) -> Iterator[Path]:
    """The folder of a department on ``sqlite`` or ``postgresql``, removed when the block ends.

    Raises:
        DepartmentError: PostgreSQL is asked for and not installed.
    """
    with TemporaryDirectory(prefix="bench-department-") as folder, ExitStack() as stack:
        url = None
        if engine == "postgresql":
            server = stack.enter_context(PostgresqlServer(required_programs(), is_durable=True))
            url = server.url(server.new_database())
        yield make_department(Path(folder), url)


def required_programs() -> Path:
    """The folder of PostgreSQL's programs.

    Raises:
        DepartmentError: there is none.
    """
    programs = postgresql_programs()
    if programs is None:
        raise DepartmentError("PostgreSQL is not installed; scripts/debian-packages.txt lists its package")
    return programs
