from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.store.access.accounts import AccountStore, open_accounts
from tests.access.accounts import Car, make_keys


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AccountStore]:
    with open_accounts(tmp_path / "data", make_keys(tmp_path / "keys"), migrate=True) as accounts:
        yield accounts


@pytest.fixture
def car(store: AccountStore) -> Car:
    """A car with a roster of three people."""
    some = Car(store)
    some.install()
    return some
