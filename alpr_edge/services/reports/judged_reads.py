"""Makes judged reads of stored hits: when and by what light each was seen, and what its plate says by an officer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.statistics.judgements import JUDGING, JudgedHit, JudgedRead, Light
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.position.sun import is_sun_up
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.report_rows import ReportedHit, corrected_texts, reported_hits
from alpr_edge.store.retention.candidates import Ages


@dataclass(frozen=True, slots=True)
class TimedHit:
    """A hit with when its plate was seen."""

    hit: ReportedHit
    seen: datetime


def hits_of(database: Database, ages: Ages, period: ReportPeriod) -> Iterator[TimedHit]:
    """The hits whose plates were seen in a period; those whose time is not known are left out."""
    begin, end = period.span
    for hit in reported_hits(database, (begin, end)):
        seen = ages.seen_utc(hit.seen)
        if seen is not None and begin <= seen < end:
            yield TimedHit(hit, seen)


def is_judged(hit: ReportedHit) -> bool:
    """Whether an officer said whether the reader read it right; what a person read says nothing of the reader."""
    return hit.state.read is not None and hit.state.read.answer in JUDGING and not hit.is_corrected_text


def judged_reads(database: Database, timed_hits: Iterable[TimedHit]) -> Iterator[JudgedRead]:
    """The reads of hits that were judged.

    Args:
        timed_hits: hits in order of arrival.
    """
    by_read: dict[str, list[TimedHit]] = {}
    for timed in timed_hits:  # a hit of a later decision lies behind those of other reads
        if is_judged(timed.hit):
            by_read.setdefault(timed.hit.read_id, []).append(timed)
    for read_id, of_read in by_read.items():
        is_right = all(_answer(timed.hit) is not ReadAnswer.MISREAD for timed in of_read)
        corrected = "" if is_right else corrected_texts(database, [read_id]).get(read_id, "")
        yield _judged_read(of_read, corrected)


def _judged_read(of_read: list[TimedHit], corrected: str) -> JudgedRead:
    hit, seen = of_read[0].hit, of_read[0].seen
    return JudgedRead(
        camera_id=hit.camera_id,
        text=hit.text,
        corrected=corrected,
        speed_mps=hit.speed_mps,
        width_px=hit.width_px,
        light=_light(hit.place, seen),
        day=seen.date(),
        hits=tuple(JudgedHit(one.hit.source, one.hit.kind, _answer(one.hit), one.hit.answer_number) for one in of_read),
    )


def _answer(hit: ReportedHit) -> ReadAnswer:
    assert hit.state.read is not None, "a judged hit has an answer"
    return ReadAnswer(hit.state.read.answer)


def _light(place: tuple[float, float] | None, seen: datetime) -> Light:
    if place is None:
        return Light.UNKNOWN
    position = Position(*place, age_ms=0.0, hdop=None, source="")
    return Light.DAY if is_sun_up(position, seen) else Light.NIGHT
