"""The store as the daemon of the cameras opens it: what damage costs that the check at the start did not come to."""

from pathlib import Path

import pytest

from alpr_edge.domain.errors import DamagedError, StoreError, UnreadError
from alpr_edge.settings import load
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from alpr_edge.store.unit_store import open_store
from tests.units import write_bare_unit


def test_a_step_that_meets_damage_again_after_a_check_is_taken_again_with_a_new_database(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    tried: list[int] = []

    def recover() -> list[str]:
        tried.append(len(tried))
        if len(tried) <= 2:
            store.database.damage = DamagedError("a page where no check looks")
            raise store.database.damage
        return store.recover()

    with open_store(settings, migrate=True, replace_damaged=True) as store:
        assert store.with_replacement(recover) == []
        assert tried == [0, 1, 2]
        assert store.reads.recent(10) == []
        assert len(damaged_databases(settings.unit.data_directory)) == 1


@pytest.mark.review2(1)
@pytest.mark.parametrize("error", [UnreadError, DamagedError])
def test_a_step_that_meets_damage_once_is_taken_again_with_the_same_database(
    tmp_path: Path, error: type[DamagedError]
) -> None:
    settings = load(write_bare_unit(tmp_path))
    tried: list[int] = []

    def recover() -> list[str]:
        tried.append(len(tried))
        if tried == [0]:
            store.database.damage = error("a page that was not read")
            raise store.database.damage
        return store.recover()

    with open_store(settings, migrate=True, replace_damaged=True) as store:
        assert store.with_replacement(recover) == []
        assert tried == [0, 1]
        assert damaged_databases(settings.unit.data_directory) == []


@pytest.mark.parametrize("fault", [StoreError("the disk is full"), DamagedError("another file is damaged")])
def test_another_fault_of_a_step_is_told_and_nothing_is_replaced(tmp_path: Path, fault: StoreError) -> None:
    settings = load(write_bare_unit(tmp_path))

    def fail() -> None:
        raise fault

    with open_store(settings, migrate=True, replace_damaged=True) as store:
        with pytest.raises(type(fault), match=str(fault)):
            store.with_replacement(fail)
        assert damaged_databases(settings.unit.data_directory) == []
