from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.department.engines import EngineUnderTest
from tests.department.people.office import Office, make_department


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    some = Office(make_department(tmp_path / "department", engine=engine))
    with closing(some.database):
        yield some
