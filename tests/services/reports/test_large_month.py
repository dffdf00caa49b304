"""A month of 100,000 reads: what both reports of it take. Run with -s to see the figures."""

import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.statistics.periods import period_of_month
from alpr_edge.services.reports.unit_reports import UnitReports
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.unit_store import open_store
from tests.services.reports.week import MONDAY, WeekPlan, record_of, sightings, store_week
from tests.staff import AUDIT, Staff
from tests.units import write_bare_unit

READS, LISTED, AT_ONCE = 100_000, 5_000, 1_000
MEMORY_BYTES_MAX = 64_000_000
"""What Python may take at most while it counts, whatever the number of reads."""


def plain_reads() -> Iterator[list[ReadUpdate]]:
    """Reads of vehicles that are on no list."""
    models = [record_of(each) for each in sightings(3, WeekPlan(AT_ONCE), MONDAY - timedelta(days=15), 28)]
    for number in range(0, READS - LISTED, AT_ONCE):
        yield [
            replace(each, hits=(), read=replace(each.read, read_id=f"unit-1:plain-{number + place}"))
            for place, each in enumerate(models)
        ]


@pytest.mark.slow
def test_a_month_of_many_reads_takes_bounded_memory(tmp_path: Path) -> None:
    staff = Staff(write_bare_unit(tmp_path))
    with open_store(staff.unit, migrate=True) as store, open_access_log(staff.unit, migrate=False) as log:
        truth = sightings(4, WeekPlan(LISTED), MONDAY - timedelta(days=15), 28)
        store_week(store, truth)
        for batch in plain_reads():
            store.reads.commit(batch)
        reports, period = UnitReports(store.database, log), period_of_month("2026-11", UTC)
        with staff.authoriser("auditor") as authoriser:
            began = time.process_time()
            precision = reports.precision(authoriser, AUDIT, period)
            precision_s, began = time.process_time() - began, time.process_time()
            reports.transparency(authoriser, AUDIT, period, 5)
            transparency_s = time.process_time() - began
            tracemalloc.start()
            reports.precision(authoriser, AUDIT, period)
            reports.transparency(authoriser, AUDIT, period, 5)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert precision.coverage.judged_reads == sum(each.is_judged for each in truth)
    assert precision.coverage.reads >= READS
    assert peak < MEMORY_BYTES_MAX
    sys.stdout.write(
        f"precision {precision_s:.1f} s, transparency {transparency_s:.1f} s of one core, {peak / 1e6:.0f} MB\n"
    )
