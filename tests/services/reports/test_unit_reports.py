"""Reports of a unit equal the truth of a week with planted misreads, cell by cell."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.access.authorisation.authoriser import AccessSubject
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.statistics.access_counts import AccessTally
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.precision import Dimension, PrecisionReport
from alpr_edge.domain.statistics.transparency import TransparencyReport
from alpr_edge.services.reports.unit_reports import UnitReports
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.dispositions import add_disposition
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.services.reports.week import (
    MONDAY,
    NOON,
    Sighting,
    WeekPlan,
    instant_at,
    pairs_of_truth,
    record_of,
    rows_of_truth,
    sightings,
    store_week,
)
from tests.staff import AUDIT, STOLEN, Staff
from tests.store.records import decided
from tests.units import write_bare_unit

WEEK = ReportPeriod(MONDAY, MONDAY + timedelta(days=6), UTC)
TODAY = ReportPeriod(datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC).date() + timedelta(days=1), UTC)
"""The access log is written now."""


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return Staff(write_bare_unit(tmp_path_factory.mktemp("reports")))


@pytest.fixture(scope="module")
def truth() -> list[Sighting]:
    return sightings(20261116, WeekPlan())


@pytest.fixture(scope="module")
def store(staff: Staff, truth: list[Sighting]) -> Iterator[UnitStore]:
    """The week, and beside it what no figure may take for a part of it."""
    with open_store(staff.unit, migrate=True) as store:
        store_week(store, truth)
        store_others(store)
        yield store


@pytest.fixture(scope="module")
def log(staff: Staff) -> Iterator[AccessLog]:
    with open_access_log(staff.unit, migrate=False) as log:
        yield log


def store_others(store: UnitStore) -> None:
    """A week before, a read without a time, one whose time came later, covert hits, and a hit of a corrected read."""
    early = [replace(each, number=10_000 + each.number) for each in sightings(7, WeekPlan(40), MONDAY - timedelta(7))]
    store_week(store, early)
    untimed, placed = Instant("boot-2", 1_000_000_000), Instant("boot-3", 90_000_000_000)
    for before_ms in (80_000.0, 20_000.0):
        moment = datetime.combine(MONDAY, datetime.min.time(), UTC) + NOON
        pair = Instant("boot-3", placed.boottime_ns, moment, UtcSource.GNSS, 5.0).shift(-before_ms)
        clock_pairs.record(store.database, pair)
    (model,) = sightings(1, WeekPlan(1))
    model = replace(model, moment=datetime.combine(MONDAY, datetime.min.time(), UTC) + NOON, lists=("doj",))
    for number, seen in ((20_000, untimed), (20_001, placed)):
        made = record_of(replace(model, number=number, text=model.plate))
        read = replace(made.read, first_seen=seen, last_seen=seen)
        store.reads.commit([replace(made, read=read)])
    covert = record_of(replace(model, number=20_002, text=model.plate))
    hidden = tuple(replace(each, entry=replace(each.entry, covert=True)) for each in covert.hits)
    by_person = record_of(replace(model, number=20_003, text=model.plate))
    corrected = replace(by_person, read=replace(by_person.read, corrected_by="ana", vote_count=0))
    store.reads.commit([replace(covert, hits=hidden), corrected])
    say(store, corrected.hits[0].hit_id, "read", "correct")


def say(store: UnitStore, hit_id: str, part: str, answer: str, undoes: str = "", name: str = "") -> str:
    """An answer, or the undoing of one; returns its id."""
    said_id = name or f"said-{hit_id}-{part}-{answer or undoes}"
    made = instant_at(datetime.combine(MONDAY, datetime.min.time(), UTC) + NOON)
    who = ("ana", "Ana Ruiz", "2f1c")
    about = (said_id, hit_id, DispositionPart(part), answer, DispositionText(), undoes)
    with store.database.write() as connection:
        add_disposition(connection, Disposition(*about, *who, made), "unit-1")
    return said_id


def precision(staff: Staff, store: UnitStore, log: AccessLog, period: ReportPeriod = WEEK) -> PrecisionReport:
    with staff.authoriser("auditor") as authoriser:
        return UnitReports(store.database, log).precision(authoriser, AUDIT, period)


def transparency(
    staff: Staff, store: UnitStore, log: AccessLog, period: ReportPeriod = WEEK, small_below: int = 0
) -> TransparencyReport:
    with staff.authoriser("auditor") as authoriser:
        return UnitReports(store.database, log).transparency(authoriser, AUDIT, period, small_below)


def counts(report: TransparencyReport, name: str) -> dict[tuple[str, ...], int | None]:
    (table,) = [table for table in report.tables if table.name == name]
    return {row.labels: row.count for row in table.rows}


def test_every_cell_of_precision_is_the_truth(
    staff: Staff, store: UnitStore, log: AccessLog, truth: list[Sighting]
) -> None:
    report = precision(staff, store, log)
    told = {
        (row.dimension.value, str(row.value)): Counter(
            correct=row.correct,
            misread=row.misread,
            wrong_state=row.wrong_state,
            not_this_vehicle=row.not_this_vehicle,
        )
        for row in report.rows
    }
    assert {key: +row for key, row in told.items()} == rows_of_truth(truth)
    assert len(told) == 1 + 2 + 2 + 4 + 3 + 2 + 3


def test_every_pair_of_characters_is_the_truth(
    staff: Staff, store: UnitStore, log: AccessLog, truth: list[Sighting]
) -> None:
    pairs = precision(staff, store, log).pairs
    told = {(pair.read, pair.truth): (pair.proportion.count, pair.proportion.of) for pair in pairs}
    assert told == pairs_of_truth(truth)
    assert {("8", "B"), ("B", "8"), ("D", "0"), ("7", "1")} <= told.keys()


def test_what_the_figures_rest_on_is_told(
    staff: Staff, store: UnitStore, log: AccessLog, truth: list[Sighting]
) -> None:
    coverage = precision(staff, store, log).coverage
    told = sum(each.answer == "misread" and each.is_told for each in truth)
    assert coverage.reads == len(truth) + told + 1 + 2, "the placed one, the covert one and that of a person with them"
    assert coverage.untimed_reads == 1
    assert coverage.hits == sum(len(each.lists) for each in truth) + 1 + 1
    assert coverage.judged_reads == sum(each.is_judged for each in truth)
    assert coverage.dismissed_hits == sum(each.answer == "dismissed" for each in truth)
    assert coverage.judged_hits == coverage.judged_reads, "one hit of each was answered"
    assert coverage.untold_misreads == sum(each.answer == "misread" and not each.is_told for each in truth)
    assert coverage.unanswered_hits == coverage.hits - coverage.dismissed_hits - coverage.judged_hits - 1


def test_every_count_of_transparency_is_the_truth(
    staff: Staff, store: UnitStore, log: AccessLog, truth: list[Sighting]
) -> None:
    report = transparency(staff, store, log)
    told = Counter(each.camera for each in truth if each.answer == "misread" and each.is_told)
    cameras = Counter(each.camera for each in truth) + told + Counter({sightings(1, WeekPlan(1))[0].camera: 3})
    assert counts(report, "reads") == {(camera,): count for camera, count in cameras.items()}
    lists = Counter(source for each in truth for source in each.lists) + Counter(doj=2)
    assert counts(report, "hits_by_list") == {(source,): count for source, count in lists.items()}
    answers = Counter(each.answer.replace("_", " ") for each in truth if each.answer) + Counter(correct=1)
    answers["no answer"] = lists.total() - answers.total()
    assert counts(report, "read_answers") == {(answer,): count for answer, count in answers.items()}
    judged = {camera: [each for each in truth if each.camera == camera and each.is_judged] for camera in cameras}
    assert {rate.camera_id: (rate.misread, rate.judged) for rate in report.rates} == {
        camera: (sum(each.answer == "misread" for each in those), len(those)) for camera, those in judged.items()
    }
    assert (report.untimed_reads, report.held_now) == (1, 0)
    hidden = transparency(staff, store, log, small_below=5)
    assert (hidden.untimed_reads, hidden.held_now) == (None, 0), "a count that stands alone is hidden as well"
    assert counts(report, "searches") == {}, "nobody searched in that week"


def test_verification_and_outcomes_count_what_counts_now(staff: Staff, store: UnitStore, log: AccessLog) -> None:
    hit_id = "unit-1:read-20001-doj"
    undone = say(store, hit_id, "inquiry", "not_on_file")
    say(store, hit_id, "inquiry", "", undoes=undone)
    say(store, hit_id, "inquiry", "still_on_file")
    say(store, hit_id, "confirmation", "confirmed")
    say(store, hit_id, "outcome", "recovered")
    report = transparency(staff, store, log)
    hits = sum(count or 0 for count in counts(report, "hits_by_reason").values())
    assert counts(report, "inquiries") == {("still on file",): 1, ("no answer",): hits - 1}
    assert counts(report, "confirmations") == {("confirmed",): 1, ("no answer",): hits - 1}
    assert counts(report, "outcomes") == {("recovered",): 1, ("no answer",): hits - 1}


def test_searches_holds_and_exports_are_counted_once_each(staff: Staff, store: UnitStore, log: AccessLog) -> None:
    before = transparency(staff, store, log, TODAY)
    assert counts(before, "searches") == {}
    with staff.authoriser("supervisor") as authoriser:
        for page in range(3):
            with authoriser.access(Operation.SEARCH_READS, STOLEN, AccessSubject(query="7ABC123")) as access:
                access.show((f"read-{page}",))
        robbery = Purpose("criminal_investigation", "robbery", "26-123456")
        with authoriser.access(Operation.MATCH_PLATE, robbery, AccessSubject(query="7ABC123")):
            pass
        with pytest.raises(AccessError), authoriser.access(Operation.SEARCH_READS, Purpose("protest")):
            pass
        subject = AccessSubject(("unit-1:read-1",), note="26-1")
        for operation in (Operation.HOLD_READ, Operation.RELEASE_READ):
            with authoriser.access(operation, STOLEN, subject) as access:
                access.show(subject.objects)  # a second record of the same access
        for operation in (Operation.HOLD_READ, Operation.EXPORT_PICTURE):
            with pytest.raises(StoreError), authoriser.access(operation, STOLEN, subject):
                raise StoreError("there is no such read")
        with authoriser.access(Operation.EXPORT_PICTURE, STOLEN, subject) as access:
            access.show(subject.objects, byte_count=1000)
    report = transparency(staff, store, log, TODAY)
    assert counts(report, "searches") == {("stolen_vehicle", ""): 1, ("criminal_investigation", "robbery"): 1}
    assert counts(report, "refused_searches") == {("all",): 1}
    assert counts(report, "actions") == {("hold_read",): 1, ("release_read",): 1, ("export_picture",): 1}


def test_what_failed_and_is_asked_for_again_in_the_same_moment_counts_once(staff: Staff) -> None:
    subject = AccessSubject(("unit-1:read-9",))
    with staff.authoriser("supervisor") as chief, chief.access(Operation.EXPORT_PICTURE, STOLEN, subject) as access:
        access.show(subject.objects)
    done = staff.records()[-1]
    failed = done.model_copy(update={"note": "not done: there is no such read"})
    for records, count in (((done, failed), 0), ((done, failed, failed, done, done), 1), ((failed, done, failed), 0)):
        tally = AccessTally(TODAY)
        for record in records:
            tally.add(record)
        assert tally.actions["export_picture",] == count


def test_a_report_is_on_record_and_for_few(staff: Staff, store: UnitStore, log: AccessLog) -> None:
    precision(staff, store, log)
    record: AccessRecord = staff.records()[-1]
    assert (record.action, record.person_id, record.purpose) == ("report_precision", "auditor", "audit")
    assert record.objects == ("days:2026-11-16:2026-11-22",)
    transparency(staff, store, log)
    assert staff.records()[-1].action == "report_transparency"
    reports = UnitReports(store.database, log)
    for person_id in ("officer", "technician", "records"):
        with staff.authoriser(person_id) as authoriser:
            with pytest.raises(AccessError):
                reports.precision(authoriser, AUDIT, WEEK)
            with pytest.raises(AccessError):
                reports.transparency(authoriser, AUDIT, WEEK, 0)
        assert staff.records()[-1].outcome == "refused"


def test_the_newest_answer_to_any_hit_of_a_read_counts(staff: Staff, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Staff(write_bare_unit(tmp_path_factory.mktemp("newest")))
    (model,) = sightings(1, WeekPlan(1))
    model = replace(model, text=model.plate, lists=("doj", "bolo"), camera="front")
    with open_store(other.unit, migrate=True) as store, open_access_log(other.unit, migrate=False) as log:
        store.reads.commit([record_of(model)])
        say(store, f"{model.read_id}-bolo", "read", "misread")
        say(store, f"{model.read_id}-doj", "read", "correct")
        report = precision(other, store, log)
        assert [(row.correct, row.misread) for row in report.of(Dimension.ALL)] == [(1, 0)]
        assert {row.value: row.misread for row in report.of(Dimension.LIST)} == {"doj": 0, "bolo": 1}
        say(store, f"{model.read_id}-doj", "read", "", undoes=f"said-{model.read_id}-doj-read-correct")
        report = precision(other, store, log)
        assert [(row.correct, row.misread) for row in report.of(Dimension.ALL)] == [(0, 1)]
        twice = [f"{model.read_id}-c{number}" for number in (1, 2)]
        base = record_of(model).read
        first = replace(base, read_id=twice[0], supersedes=base.read_id, corrected_by="ana", plate="1AAA111",
                        slot_votes=())  # fmt: skip
        second = replace(first, read_id=twice[1], supersedes=twice[0], plate="2BBB222")
        store.reads.commit([decided(first), decided(second)])
        assert {pair.truth for pair in precision(other, store, log).pairs} == {"2", "B"}, "the last person counts"
