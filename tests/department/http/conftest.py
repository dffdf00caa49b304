from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import initialise
from tests.department.engines import EngineUnderTest
from tests.department.enrolment import enrol_unit
from tests.department.http.api_caller import ApiCaller


@pytest.fixture(scope="module")
def api(engine: EngineUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, DepartmentServer]]:
    """A department on each engine, served at both ports, and its folder."""
    directory = engine.use(tmp_path_factory.mktemp("api") / "department")
    initialise(directory, ["127.0.0.1"])
    with DepartmentServer(directory, enrol_port=0) as server:
        yield directory, server


@pytest.fixture(scope="module")
def caller(api: tuple[Path, DepartmentServer]) -> Iterator[ApiCaller]:
    yield from callers(api, "unit-1")


@pytest.fixture(scope="module")
def retiring_caller(api: tuple[Path, DepartmentServer]) -> Iterator[ApiCaller]:
    yield from callers(api, "unit-2")


def callers(api: tuple[Path, DepartmentServer], unit_id: str) -> Iterator[ApiCaller]:
    directory, server = api
    files = enrol_unit(directory, unit_id, directory.parent / unit_id)
    with requests.Session() as session:
        session.trust_env = False
        yield ApiCaller(unit_id, files, server.port, server.enrol_port, session)
