"""The report for the public: its tables, and that no small count can be told from it (Civil Code 1798.90.51, .55)."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date

import pytest

from alpr_edge.domain.dispositions.disposition import (
    ConfirmationAnswer,
    Disposition,
    DispositionPart,
    DispositionText,
    InquiryAnswer,
    OutcomeAnswer,
    ReadAnswer,
)
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.statistics.access_counts import AccessTally
from alpr_edge.domain.statistics.counts import CountRow, CountTable, shown_count
from alpr_edge.domain.statistics.judgements import JudgedHit, JudgedRead, Light
from alpr_edge.domain.statistics.periods import period_of_days
from alpr_edge.domain.statistics.precision import PrecisionTally
from alpr_edge.domain.statistics.transparency import (
    MisreadRate,
    TransparencyReport,
    TransparencyTally,
    transparency_report,
)
from tests.store.records import instant

DAY = date(2026, 5, 4)
ANSWERED: dict[DispositionPart, str] = {
    DispositionPart.READ: ReadAnswer.NOT_THIS_VEHICLE,
    DispositionPart.INQUIRY: InquiryAnswer.STILL_ON_FILE,
    DispositionPart.CONFIRMATION: ConfirmationAnswer.CONFIRMED,
    DispositionPart.OUTCOME: OutcomeAnswer.ARREST,
}


def state_of(answers: dict[DispositionPart, str]) -> HitState:
    return HitState.of(
        [
            Disposition(f"d-{part}", "hit-1", part, answer, DispositionText(), "", "ana", "Ana Ruiz", "s", instant())
            for part, answer in answers.items()
        ]
    )


def accesses() -> AccessTally:
    return AccessTally(period_of_days(DAY, DAY, UTC))


def reads_with(camera_id: str, *answers: ReadAnswer) -> list[JudgedRead]:
    hits = [JudgedHit("doj", MatchKind.EXACT, answer, 1) for answer in answers]
    return [JudgedRead(camera_id, "7ABC123", "", None, 100.0, Light.DAY, DAY, (hit,)) for hit in hits]


def report_of(
    counted: TransparencyTally | None = None,
    done: AccessTally | None = None,
    reads: list[JudgedRead] | None = None,
    small_below: int = 0,
) -> TransparencyReport:
    precision = PrecisionTally()
    for read in reads or []:
        precision.add(read)
    return transparency_report(counted or TransparencyTally(), done or accesses(), precision, small_below)


def table_of(report: TransparencyReport, name: str) -> CountTable:
    (table,) = [each for each in report.tables if each.name == name]
    return table


def whole_tally() -> tuple[TransparencyTally, AccessTally]:
    counted, done = TransparencyTally(), accesses()
    counted.reads = Counter({("rear",): 7, ("front",): 20})
    counted.deletions = Counter({("disk full",): 2})
    counted.add_hit(Reason.STOLEN_VEHICLE, "doj", state_of(ANSWERED))
    counted.add_hit(Reason.STOLEN_VEHICLE, "bolo", state_of({}))
    done.searches = Counter({("homicide", "187 PC"): 3})
    done.actions = Counter({("hold_reads",): 4, ("export_reads",): 0})
    done.refused_searches = 5
    return counted, done


def test_every_table_has_its_name_its_title_its_heads_and_its_rows() -> None:
    tables = report_of(*whole_tally()).tables
    assert [(table.name, table.title, table.heads) for table in tables] == [
        ("reads", "Reads", ("camera",)),
        ("hits_by_reason", "Hits by reason", ("reason",)),
        ("hits_by_list", "Hits by list", ("list",)),
        ("read_answers", "What was read, by the officers", ("answer",)),
        ("inquiries", "Verified: the inquiry", ("answer",)),
        ("confirmations", "Verified: the agency's confirmation", ("answer",)),
        ("outcomes", "What came of hits", ("outcome",)),
        ("searches", "Searches", ("purpose", "offence")),
        ("refused_searches", "Searches that were refused", ("refused",)),
        ("actions", "Holds, exports and canvasses", ("action",)),
        ("deletions", "Reads deleted without a receipt", ("ground",)),
    ]
    assert [{row.labels: row.count for row in table.rows} for table in tables] == [
        {("front",): 20, ("rear",): 7},
        {("stolen vehicle",): 2},
        {("bolo",): 1, ("doj",): 1},
        {("no answer",): 1, ("not this vehicle",): 1},
        {("no answer",): 1, ("still on file",): 1},
        {("confirmed",): 1, ("no answer",): 1},
        {("arrest",): 1, ("no answer",): 1},
        {("homicide", "187 PC"): 3},
        {("all",): 5},
        {("hold_reads",): 4},
        {("disk full",): 2},
    ]
    assert [table.total for table in tables] == [27, 2, 2, 2, 2, 2, 2, 3, 5, 4, 2]


def test_hits_add_up_by_reason_and_by_list() -> None:
    counted = TransparencyTally()
    for reason, source in (
        (Reason.STOLEN_VEHICLE, "doj"),
        (Reason.AMBER_ALERT, "doj"),
        (Reason.STOLEN_VEHICLE, "bolo"),
    ):
        counted.add_hit(reason, source, HitState())
    assert counted.sources == {("doj",): 2, ("bolo",): 1}
    assert counted.reasons == {("stolen vehicle",): 2, ("amber alert",): 1}
    assert all(answers == {("no answer",): 3} for answers in counted.answers.values())


def test_a_report_of_nothing_has_empty_tables_and_zeros() -> None:
    report = report_of()
    assert all((table.rows, table.total) == ((), 0) for table in report.tables)
    assert len(report.tables) == 11
    assert (report.rates, report.untimed_reads, report.untimed_records, report.held_now) == ((), 0, 0, 0)


def test_small_counts_are_hidden_in_every_table() -> None:
    report = report_of(*whole_tally(), small_below=5)
    assert table_of(report, "reads").rows == (CountRow(("front",), 20), CountRow(("rear",), 7))
    assert table_of(report, "refused_searches").rows == (CountRow(("all",), 5),)
    for name in ("hits_by_reason", "hits_by_list", "read_answers", "outcomes", "searches", "actions", "deletions"):
        assert {row.count for row in table_of(report, name).rows} == {None}
        assert table_of(report, name).total is None
    counted, done = whole_tally()
    done.refused_searches = 4
    assert table_of(report_of(counted, done, small_below=5), "refused_searches").rows == (CountRow(("all",), None),)


def test_counts_that_stand_alone_are_told_apart_and_hidden_where_they_are_small() -> None:
    counted, done = TransparencyTally(untimed_reads=6, held_now=7), accesses()
    done.untimed_records = 5
    report = report_of(counted, done, small_below=5)
    assert (report.untimed_reads, report.untimed_records, report.held_now) == (6, 5, 7)
    report = report_of(counted, done, small_below=7)
    assert (report.untimed_reads, report.untimed_records, report.held_now) == (None, None, 7)


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (6, 6)])
def test_a_count_that_stands_alone_is_hidden_below_the_number_unless_it_is_zero(count: int, shown: int | None) -> None:
    assert shown_count(count, 5) == shown
    assert shown_count(count, 0) == count


def test_a_camera_s_rate_is_of_the_reads_that_somebody_judged() -> None:
    right, wrong, other = ReadAnswer.CORRECT, ReadAnswer.MISREAD, ReadAnswer.WRONG_STATE
    reads = [*reads_with("rear", right), *reads_with("front", right, right, wrong, other)]
    assert report_of(reads=reads).rates == (MisreadRate("front", 1, 4), MisreadRate("rear", 0, 1))


@pytest.mark.parametrize(
    ("right", "wrong", "is_hidden"),
    [(5, 5, False), (5, 0, False), (0, 5, False), (4, 0, True), (0, 4, True), (5, 4, True), (4, 5, True)],
)
def test_all_rates_are_hidden_where_a_part_of_one_is_small(right: int, wrong: int, *, is_hidden: bool) -> None:
    many = reads_with("front", *[ReadAnswer.CORRECT] * 20, *[ReadAnswer.MISREAD] * 10)
    few = reads_with("rear", *[ReadAnswer.CORRECT] * right, *[ReadAnswer.MISREAD] * wrong)
    shown = (MisreadRate("front", 10, 30), MisreadRate("rear", wrong, right + wrong))
    hidden = tuple(replace(rate, misread=None, judged=None) for rate in shown)
    assert report_of(reads=many + few, small_below=5).rates == (hidden if is_hidden else shown)
    assert report_of(reads=many + few).rates == shown
