"""A lease keeps others out while it lasts, and no longer, whatever the clock of its holder said."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.retention_schema import leases
from alpr_edge.department.retention.leases import LEASE_TIME, held_lease
from alpr_edge.domain.errors import DepartmentError
from tests.department.engines import EngineUnderTest

NAME = "a job"


@pytest.fixture
def database(tmp_path: Path, engine: EngineUnderTest) -> Iterator[DepartmentDatabase]:
    with closing(DepartmentDatabase(engine.use(tmp_path / "department"))) as opened:
        yield opened


def note(database: DepartmentDatabase, lasts: timedelta) -> None:
    with database.writing() as connection:
        connection.execute(insert(leases).values(name=NAME, holder="other", until=naive_utc_now() + lasts))


def test_a_lease_of_another_keeps_others_out(database: DepartmentDatabase) -> None:
    note(database, LEASE_TIME)
    with pytest.raises(DepartmentError, match="another process is at it"), held_lease(database, NAME, "mine"):
        pass


@pytest.mark.parametrize("lasts", [timedelta(seconds=-1), 3 * LEASE_TIME, timedelta(days=1000)])
def test_one_that_ended_or_was_taken_by_a_clock_far_ahead_does_not(
    database: DepartmentDatabase, lasts: timedelta
) -> None:
    note(database, lasts)
    with held_lease(database, NAME, "mine") as lease:
        assert lease.holder == "mine"
