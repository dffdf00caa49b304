"""The department's people: how long 5,000 of a CSV file take to import, and a suspension among them to be published."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import open_people
from alpr_edge.department.pki.authority import initialise
from scripts.benchmarks.figures import figure

PEOPLE = 5000
ROUNDS = 3
IMPORT_S_MAX = 2.0
"""The limit that was set."""
_COLUMNS = "badge,name,email,organisation,title,roles,sworn,sources,cjis_training_until,alpr_training_until"


def run() -> None:
    """Print the figures: wall time in seconds, the median of some departments, with the processor's time beside it."""
    imports, suspensions = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            directory = initialise(Path(folder) / "department", ["department.example"]).directory
            DepartmentDatabase(directory).close()
            with open_people(directory) as people:
                author = Author("login:bench", datetime.now(UTC))
                imports.append(_time(partial(people.import_csv, author, _file(), is_dry_run=False)))
                suspensions.append(_time(partial(people.suspend, author, "17")))
    wall_s, processor_s = sorted(imports)[ROUNDS // 2]
    figure("access.people_import_s", wall_s, "s", {"limit": IMPORT_S_MAX}, people=PEOPLE, processor_s=processor_s)
    wall_s, processor_s = sorted(suspensions)[ROUNDS // 2]
    figure("access.suspension_published_s", wall_s, "s", people=PEOPLE, processor_s=processor_s)


def _time(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall and of processor."""
    wall_s, processor_s = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall_s, round(time.process_time() - processor_s, 4)


def _file() -> str:
    ends = "Example Police Department,Officer,officer,yes,department state,2027-06-30,2027-06-30"
    return "\n".join(
        [_COLUMNS, *(f"{number},Person {number},{number}@dept.example,{ends}" for number in range(PEOPLE))]
    )
