"""What a restored database may differ in from what was read before and after a backup of it."""

from dataclasses import replace
from datetime import datetime

from alpr_edge.department.backups.manifest import DatabaseAbout, SettledItems
from alpr_edge.department.backups.restored_database import table_faults
from alpr_edge.department.backups.survey import PASSING_TABLES, Survey, joined_states
from alpr_edge.department.copying.tables import TableDigest

SETTLED = SettledItems(before=datetime.fromisoformat("2026-05-04"), rows=0, sha256="00")
TABLES = ("items", *sorted(PASSING_TABLES))


def survey_of(**rows: int) -> Survey:
    return Survey(28, 0, tuple(TableDigest(name, rows.get(name, 2), "aa") for name in TABLES), SETTLED, ())


def about(engine: str, first: Survey, last: Survey) -> DatabaseAbout:
    values = {"engine": engine, "kind": "full", "version": 28, "damaged_bodies": 0, "settled": SETTLED, "logs": ()}
    return DatabaseAbout.model_validate(values | {"tables": joined_states(first, last)})


def test_rows_that_came_and_went_while_postgresql_was_copied_are_no_fault() -> None:
    for last in (survey_of(), survey_of(people_sessions=3)):
        found = survey_of(**dict.fromkeys(PASSING_TABLES, 1)).tables
        assert [*table_faults(found, about("postgresql", survey_of(), last))] == []


def test_one_moment_of_sqlite_is_compared_whole() -> None:
    found = tuple(replace(table, sha256="bb") for table in survey_of().tables)
    faults = [*table_faults(found, about("sqlite", survey_of(), survey_of()))]
    assert [fault.partition(":")[0] for fault in faults] == [f"table {name}" for name in TABLES]


def test_items_are_compared_wherever_they_were_copied() -> None:
    (fault,) = table_faults(survey_of(items=1).tables, about("postgresql", survey_of(), survey_of(items=3)))
    assert fault == "table items: 1 rows, not between 2 and 3"
