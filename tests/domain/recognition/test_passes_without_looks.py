"""Passes at whose plate no look counts any more, or whose camera gives no frame: decided all the same."""

from dataclasses import replace

from alpr_edge.domain.recognition.passes import REAPPEARANCE_GAPS
from tests.domain.readings import CLOSED, DECIDED, START, reading_of
from tests.domain.recognition.test_passes import passes_of, play


def test_a_look_that_counts_again_after_a_gap_is_part_of_the_decision() -> None:
    """One picture a second, as of a hot unit: the first look past the gap brings the right text."""
    looks = [
        (0, [reading_of("7ABC123", 0, certainty=0.8)]),
        (900, [replace(reading_of("", 900), is_accepted=False)]),
        (1800, [reading_of("8ABC123", 1800, certainty=0.999)]),
    ]
    assert [(at_ms, event.read.plate) for at_ms, event in play(passes_of(), looks)] == [(1800, "8ABC123")]


def test_a_camera_that_gives_no_frame_any_more_keeps_no_read_back() -> None:
    passes = passes_of()
    assert play(passes, [(ms, [reading_of("8ABC123", ms, certainty=0.9)]) for ms in (0, 100)]) == []
    assert passes.expire(START.shift(1100), START.shift(2100)) == []
    (decided,) = passes.expire(START.shift(1101), START.shift(2101))
    assert decided.stage is DECIDED
    assert decided.at == START.shift(2101)
    away_ms = 100 + REAPPEARANCE_GAPS * 1000.0
    assert passes.expire(START.shift(away_ms), START.shift(away_ms)) == []
    assert [event.stage for event in passes.expire(START.shift(away_ms + 1), START.shift(away_ms + 1))] == [CLOSED]


def test_a_pass_whose_looks_no_longer_count_is_decided_as_if_it_had_ended() -> None:
    looks = [(ms * 1.0, [reading_of("8ABC123", ms, certainty=0.9)]) for ms in (0, 100)]
    shown = [(ms * 1.0, [replace(reading_of("", ms), is_accepted=False)]) for ms in range(200, 1500, 100)]
    events = play(passes_of(), [*looks, *shown])
    assert [(at_ms, event.stage) for at_ms, event in events] == [(1200, DECIDED)]
