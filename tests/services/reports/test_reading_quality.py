"""Reading quality of stored weeks whose truth is known: by hour for people, by day for the unit's own health."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from statistics import median_low

import pytest

from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.plates import is_certain
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.quality_change import READS_MIN
from alpr_edge.services.reports.judged_reads import hits_of, judged_reads
from alpr_edge.services.reports.quality_views import quality_rows
from alpr_edge.services.reports.reading_quality import quality_by_hour, quality_changes_at
from alpr_edge.settings import load
from alpr_edge.store.reads.dispositions import add_disposition
from alpr_edge.store.reads.repository import BATCH_MAX
from alpr_edge.store.retention.candidates import Ages
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.services.reports.week import (
    MONDAY,
    PX_OF_BANDS,
    Sighting,
    WeekPlan,
    instant_at,
    record_of,
    sightings,
    store_week,
)
from tests.store.records import decided, plate_read
from tests.units import write_bare_unit

WEEK = ReportPeriod(MONDAY, MONDAY + timedelta(days=6), UTC)
SUMMER = MONDAY - timedelta(days=140)
"""A Monday in whose week the rear camera reads fewer plates for certain than in the three before."""
AFTER = datetime.combine(SUMMER + timedelta(days=7), datetime.min.time(), UTC) + timedelta(hours=3)


@pytest.fixture(scope="module")
def truth() -> list[Sighting]:
    return sightings(11, WeekPlan(200))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, truth: list[Sighting]) -> Iterator[UnitStore]:
    """A week with answers, and four weeks of the summer before."""
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("quality"))), migrate=True) as store:
        store_week(store, truth)
        store_days(store, SUMMER - timedelta(BEFORE_DAYS), BEFORE_DAYS, rear_certain=0.9)
        store_days(store, SUMMER, NOW_DAYS, rear_certain=0.5)
        yield store


def store_days(store: UnitStore, first: date, days: int, rear_certain: float) -> None:
    """Reads of days at 03:00 UTC, so many of the rear camera certain, and nine of ten of the front one."""
    reads = []
    for day in range(days):
        seen = instant_at(datetime.combine(first + timedelta(day), datetime.min.time(), UTC) + timedelta(hours=3))
        for camera, share in (("front", 0.9), ("rear", rear_certain)):
            for number in range(READS_MIN):
                base = plate_read(f"unit-1:{first}-{day}-{camera}-{number}")
                confidence = 0.999 if number < share * READS_MIN else 0.5
                box = Box(10.0, 20.0, 90.0, 50.0)
                reads.append(
                    replace(base, camera_id=camera, first_seen=seen, last_seen=seen, confidence=confidence, box=box)
                )
    for begin in range(0, len(reads), BATCH_MAX):
        store.reads.commit([decided(read) for read in reads[begin : begin + BATCH_MAX]])


def test_every_hour_is_the_truth(store: UnitStore, truth: list[Sighting]) -> None:
    rows = {(row["camera"], row["hour"]): row for row in quality_rows(quality_by_hour(store.database, WEEK))}
    for camera in ("front", "rear"):
        for hour in {each.moment.hour for each in truth}:
            there = [each for each in truth if (each.camera, each.moment.hour) == (camera, hour)]
            row = rows[camera, hour]
            judged = [each for each in there if each.is_judged]
            assert (row["reads"], row["judged"]) == (len(there), len(judged))
            assert row["misread"] == sum(each.answer == "misread" for each in judged)
            assert row["width_px_median"] == median_low(PX_OF_BANDS[each.width] for each in there)
    (rear,) = [
        row
        for row in quality_rows(quality_by_hour(store.database, ReportPeriod(SUMMER, SUMMER + timedelta(6), UTC)))
        if row["camera"] == "rear"
    ]
    assert (rear["hour"], rear["reads"], rear["certain"], rear["width_px_median"]) == (3, 7 * READS_MIN, 105, 80)
    assert is_certain(plate_read("x").plate, 0.999)
    assert not is_certain(plate_read("x").plate, 0.5)


@pytest.mark.parametrize(
    ("first", "then", "misread"), [("correct", "misread", 1), ("misread", "correct", 0), ("misread", "misread", 1)]
)
@pytest.mark.parametrize("order", [("doj", "bolo"), ("bolo", "doj")])
def test_the_newest_answer_to_any_hit_of_a_read_counts(
    tmp_path: Path, order: tuple[str, str], first: str, then: str, misread: int
) -> None:
    (model,) = sightings(1, WeekPlan(1))
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        store.reads.commit([record_of(replace(model, lists=("doj", "bolo")))])
        for minute, (source, answer) in enumerate(zip(order, (first, then), strict=True)):
            say(store, f"{model.read_id}-{source}", answer, model.moment + timedelta(minutes=minute))
        (row,) = quality_rows(quality_by_hour(store.database, WEEK))
    assert (row["reads"], row["judged"], row["misread"]) == (1, 1, misread)


def test_a_read_whose_hits_came_at_two_moments_is_judged_once(tmp_path: Path) -> None:
    models = sightings(1, WeekPlan(2))
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        store.reads.commit([record_of(replace(model, lists=("doj", "bolo"))) for model in models])
        for minute, (model, source) in enumerate(product(models, ("doj", "bolo"))):
            say(store, f"{model.read_id}-{source}", "correct", model.moment + timedelta(minutes=minute))
        first, second, third, fourth = hits_of(store.database, Ages(store.database), WEEK)
        reads = list(judged_reads(store.database, [first, third, second, fourth]))
    assert [len(each.hits) for each in reads] == [2, 2]


def say(store: UnitStore, hit_id: str, answer: str, moment: datetime) -> None:
    """Store an officer's answer to what was read."""
    who = ("ana", "Ana Ruiz", "2f1c")
    said = Disposition(
        f"said-{hit_id}", hit_id, DispositionPart.READ, answer, DispositionText(), "", *who, instant_at(moment)
    )
    with store.database.write() as connection:
        add_disposition(connection, said, "unit-1")


def test_the_camera_that_reads_fewer_for_certain_is_found_and_no_other(store: UnitStore) -> None:
    beats = list[None]()
    (change,) = quality_changes_at(store.database, AFTER, lambda: beats.append(None))
    assert len(beats) > 100, "a stage that looks at many reads gives signs of life"
    assert (change.camera_id, change.text.partition(":")[0]) == ("rear", "fewer plates are read for certain")
    assert quality_changes_at(store.database, AFTER - timedelta(days=7), lambda: None) == ()
