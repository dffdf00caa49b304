from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.access.store import AccessStore
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.accounts import DepartmentAccounts
from alpr_edge.store.access.accounts import open_accounts
from tests.access.accounts import Car, make_keys


@pytest.fixture(params=["car", "department"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AccessStore]:
    """Accounts as a car keeps them, and as the department does."""
    if request.param == "car":
        with open_accounts(tmp_path / "data", make_keys(tmp_path / "keys"), migrate=True) as accounts:
            yield accounts
    else:
        with closing(DepartmentDatabase(tmp_path / "department")) as database:
            yield DepartmentAccounts(database)


@pytest.fixture
def car(store: AccessStore) -> Car:
    """A car, or a department, with a roster of three people."""
    some = Car(store)
    some.install()
    return some
