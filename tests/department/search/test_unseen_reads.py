"""How many reads a search could not see, where there are more than it looks at."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.search.pages import COUNT_MAX
from alpr_edge.domain.ground.cells import cell_of
from alpr_edge.domain.restrictions import Area
from tests.department.engines import EngineUnderTest, query
from tests.store.records import START

NUMBERS = "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {})"
BESIDE = (37.8078, -122.1902)
"""In a cell that the area touches, and 1.2 km from its centre."""
INSERT = (
    "INSERT INTO reads (read_id, unit_id, camera_id, plate, confidence, vote_count, utc_source, lat_deg, lon_deg, cell)"
    " {} SELECT 'read-' || number, 'unit-1', 'front', '7ABC123', 1, 1, 'rtc', {}, {}, {} FROM numbers"
)


@pytest.mark.parametrize(("count", "untimed"), [(COUNT_MAX - 1, 0), (COUNT_MAX + 1, COUNT_MAX)])
def test_a_full_look_says_so_many_or_more(tmp_path: Path, engine: EngineUnderTest, count: int, untimed: int) -> None:
    directory = engine.use(tmp_path / "department")
    Storage(directory).close()
    query(directory, INSERT.format(NUMBERS.format(count), *BESIDE, cell_of(*BESIDE)))
    period = SearchPeriod(START, START + timedelta(days=1))
    with closing(DepartmentDatabase(directory, create=False)) as database:
        unseen = DepartmentSearches(database).page(DepartmentSearch((), period, Area(37.8, -122.2, 900.0))).unseen
    assert (unseen.untimed, unseen.untimed_is_full) == (untimed, bool(untimed))
