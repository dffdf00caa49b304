"""What a department tells of its readers: counts of what was read, found, verified and done, and of nobody in person.

Policy 462.6(c) asks for audits, Civil Code 1798.90.51 for a public policy, 1798.90.52 for a record of each access, and
1798.90.55 for a public hearing; laws of other states ask for yearly figures of reads, hits and searches.
"""

from collections import Counter
from dataclasses import dataclass, field

from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.statistics.access_counts import AccessTally
from alpr_edge.domain.statistics.counts import CountRow, CountTable, count_table, hide_small, shown_count
from alpr_edge.domain.statistics.precision import Dimension, PrecisionRow, PrecisionTally

NO_ANSWER = "no answer"
NOT_WHOLE = (
    "Counted is what this unit holds; the department counts what was handed over and has been deleted here since.",
    "Entries that are kept from the officers in the car are in no count here; the department counts their hits.",
    "Deletions are those that are on record one by one: reads that went without a receipt of the department.",
)
"""What the counts do not tell, said with every report."""


@dataclass(frozen=True, slots=True)
class MisreadRate:
    """How many of the judged reads of a camera were misread."""

    camera_id: str
    misread: int | None
    """None: it is hidden, as one of the table is small."""
    judged: int | None


@dataclass(frozen=True, slots=True)
class TransparencyReport:
    """The counts of some days."""

    tables: tuple[CountTable, ...]
    rates: tuple[MisreadRate, ...]
    untimed_reads: int | None
    """Reads whose time is not known; they are in no count. None: too few to be told, as for those below."""
    untimed_records: int | None
    """Records of searches, holds and exports likewise."""
    held_now: int | None
    """Reads that are kept from deletion at present."""


@dataclass(slots=True)
class TransparencyTally:
    """Counts reads and hits."""

    reads: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By camera."""
    untimed_reads: int = 0
    reasons: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Hits, by the reason for which the plate is wanted."""
    sources: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Hits, by list."""
    answers: dict[DispositionPart, Counter[tuple[str, ...]]] = field(
        default_factory=lambda: {part: Counter() for part in DispositionPart}
    )
    """Hits, by the answer that counts to each question."""
    deletions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Reads deleted without a receipt, by the ground."""
    held_now: int = 0

    def add_hit(self, reason: Reason, source: str, state: HitState) -> None:
        """Count a hit."""
        self.reasons[reason.value.replace("_", " "),] += 1
        self.sources[source,] += 1
        for part in DispositionPart:
            said = state.newest(part)
            self.answers[part][NO_ANSWER if said is None else said.answer.replace("_", " "),] += 1


def transparency_report(
    counted: TransparencyTally, accesses: AccessTally, precision: PrecisionTally, small_below: int
) -> TransparencyReport:
    """The report, small counts hidden.

    Args:
        small_below: counts below it are hidden; 0: none is.
    """
    tables = tuple(hide_small(table, small_below) for table in _tables(counted, accesses))
    rates = _rates(precision.report().of(Dimension.CAMERA), small_below)
    alone = (counted.untimed_reads, accesses.untimed_records, counted.held_now)
    return TransparencyReport(tables, rates, *(shown_count(count, small_below) for count in alone))


def _tables(counted: TransparencyTally, accesses: AccessTally) -> tuple[CountTable, ...]:
    answers = counted.answers
    refused = CountTable(
        "refused_searches",
        "Searches that were refused",
        ("refused",),
        (CountRow(("all",), accesses.refused_searches),) if accesses.refused_searches else (),
        accesses.refused_searches,
    )
    return (
        count_table("reads", "Reads", ("camera",), counted.reads),
        count_table("hits_by_reason", "Hits by reason", ("reason",), counted.reasons),
        count_table("hits_by_list", "Hits by list", ("list",), counted.sources),
        count_table("read_answers", "What was read, by the officers", ("answer",), answers[DispositionPart.READ]),
        count_table("inquiries", "Verified: the inquiry", ("answer",), answers[DispositionPart.INQUIRY]),
        count_table(
            "confirmations", "Verified: the agency's confirmation", ("answer",), answers[DispositionPart.CONFIRMATION]
        ),
        count_table("outcomes", "What came of hits", ("outcome",), answers[DispositionPart.OUTCOME]),
        count_table("searches", "Searches", ("purpose", "offence"), accesses.searches),
        refused,
        count_table("actions", "Holds, exports and canvasses", ("action",), accesses.actions),
        count_table("deletions", "Reads deleted without a receipt", ("ground",), counted.deletions),
    )


def _rates(rows: tuple[PrecisionRow, ...], small_below: int) -> tuple[MisreadRate, ...]:
    """The rate of each camera; all are hidden where one has to be, as the answers of all are counted in a table."""
    is_hidden = any(_is_small(row, small_below) for row in rows)
    return tuple(
        MisreadRate(row.value, None if is_hidden else row.misread, None if is_hidden else row.right.of) for row in rows
    )


def _is_small(row: PrecisionRow, small_below: int) -> bool:
    """Whether a part of a rate is small: 3 of 7 tells of a 3 and of a 4."""
    judged, misread = row.right.of, row.misread
    return any(0 < part < small_below for part in (judged, misread, judged - misread))
