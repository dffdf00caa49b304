"""The store as the daemon of the cameras opens it: what damage costs that the check at the start did not come to."""

from pathlib import Path

import pytest

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.settings import load
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from alpr_edge.store.unit_store import open_store
from tests.units import write_bare_unit


def test_a_step_that_meets_damage_is_taken_again_with_a_new_database(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    tried: list[int] = []

    def recover() -> list[str]:
        tried.append(len(tried))
        if tried == [0]:
            store.database.damage = "a page that the short check did not come to"
            raise DamagedError(store.database.damage)
        return store.recover()

    with open_store(settings, migrate=True, replace_damaged=True) as store:
        assert store.with_replacement(recover) == []
        assert tried == [0, 1]
        assert store.reads.recent(10) == []
        assert len(damaged_databases(settings.unit.data_directory)) == 1


@pytest.mark.parametrize("fault", [StoreError("the disk is full"), DamagedError("another file is damaged")])
def test_another_fault_of_a_step_is_told_and_nothing_is_replaced(tmp_path: Path, fault: StoreError) -> None:
    settings = load(write_bare_unit(tmp_path))

    def fail() -> None:
        raise fault

    with open_store(settings, migrate=True, replace_damaged=True) as store:
        with pytest.raises(type(fault), match=str(fault)):
            store.with_replacement(fail)
        assert damaged_databases(settings.unit.data_directory) == []
