from collections.abc import Iterator

import pytest

from alpr_edge.department.page.server import DepartmentPageServer
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.page_office import make_page_office, make_register_office


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    return make_page_office(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def server(inquirers: Inquirers) -> Iterator[DepartmentPageServer]:
    with DepartmentPageServer(inquirers.directory) as running:
        yield running


@pytest.fixture(scope="module")
def clerks(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    """People of a department with requests to answer and a log to audit."""
    return make_register_office(tmp_path_factory.mktemp("registers"))


@pytest.fixture(scope="module")
def register_server(clerks: Inquirers) -> Iterator[DepartmentPageServer]:
    with DepartmentPageServer(clerks.directory) as running:
        yield running
