from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.canvass.canvass import CanvassEnd, CanvassEnding, CanvassPhase
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.instants import Instant
from tests.domain.canvass.builders import START, at, canvass

INSIDE = Position(37.635, -120.995, 0.0, None, "gnss")
OUTSIDE = Position(37.65, -120.995, 0.0, None, "gnss")
UNTRUSTED_START = at(0, trusted=False)


@pytest.mark.parametrize(
    ("position", "seen", "taken"),
    [
        (INSIDE, at(0), True),
        (INSIDE, at(59.9), True),
        (INSIDE, at(60), False),
        (INSIDE, at(-29.9), True),
        (INSIDE, at(-30), True),
        (INSIDE, at(-30.1), False),
        (OUTSIDE, at(1), False),
        (None, at(1), True),  # no place: rather kept
        (INSIDE, at(30, trusted=False), True),  # by the clock of the boot
        (INSIDE, at(61, trusted=False), False),
        (INSIDE, at(-31, trusted=False), False),
        (INSIDE, at(30, boot="boot-2"), True),
        (INSIDE, at(61, boot="boot-2"), False),
        (INSIDE, at(-31, boot="boot-2"), False),
        (INSIDE, at(0, boot="boot-2", trusted=False), True),  # no clock tells: rather kept
        (OUTSIDE, at(0, boot="boot-2", trusted=False), False),
    ],
)
def test_what_is_taken(position: Position | None, seen: Instant, taken: bool) -> None:
    assert canvass().takes(position, seen) is taken


def test_everywhere_takes_every_place_and_none_before_takes_nothing_of_before() -> None:
    everywhere = canvass(area=None, before=timedelta())
    assert everywhere.takes(OUTSIDE, at(0))
    assert everywhere.takes(None, at(1))
    assert not everywhere.takes(INSIDE, at(-0.01))


@pytest.mark.parametrize(("minutes", "taken"), [(-31, False), (-29, True), (59, True), (61, False)])
def test_a_time_that_clock_pairs_place_counts(minutes: float, taken: bool) -> None:
    placed = START + timedelta(minutes=minutes)
    assert canvass().takes(INSIDE, at(0, boot="boot-2", trusted=False), placed) is taken


def test_what_was_seen_before_an_end_by_hand_is_taken_and_nothing_after() -> None:
    ended = canvass(end=CanvassEnd(at(10), HoldPerson("bo", "Bo", ""), CanvassEnding.HAND))
    assert ended.takes(INSIDE, at(9.9))
    assert not ended.takes(INSIDE, at(10.1))


@pytest.mark.parametrize(
    ("started", "ends", "now", "is_over"),
    [
        (at(0), START + timedelta(hours=1), at(60), True),
        (at(0), START + timedelta(hours=1), at(59), False),
        (at(0), START + timedelta(hours=1), at(61, trusted=False), True),  # the clock of the boot tells
        (at(0), START + timedelta(hours=1), at(61, boot="boot-2", trusted=False), False),
        (at(0), START + timedelta(hours=1), at(61, boot="boot-2"), True),
        (UNTRUSTED_START, None, at(59, trusted=False), False),
        (UNTRUSTED_START, None, at(60, trusted=False), True),
        (UNTRUSTED_START, None, at(600, boot="boot-2"), False),  # until its end is known
    ],
)
def test_when_its_time_is_over(started: Instant, ends: datetime | None, now: Instant, is_over: bool) -> None:
    assert canvass(started=started, ends=ends).is_over_at(now) is is_over


def test_its_end_becomes_known_with_the_clock() -> None:
    unknown = canvass(started=UNTRUSTED_START, ends=None)
    assert unknown.with_end_known(at(20, trusted=False)).ends is None
    assert unknown.with_end_known(at(20)).ends == START + timedelta(hours=1)
    # After a restart without a clock its whole time begins anew.
    assert unknown.with_end_known(at(20, boot="boot-2")).ends == START + timedelta(minutes=80)
    assert canvass().with_end_known(at(20)) == canvass()


@given(st.floats(-120, 120), st.booleans(), st.sampled_from(["boot-1", "boot-2"]))
def test_a_phase_is_told_by_one_clock_or_not_at_all(minutes: float, trusted: bool, boot: str) -> None:
    phase = canvass().phase_of(at(minutes, boot=boot, trusted=trusted))
    if boot == "boot-2" and not trusted:
        assert phase is CanvassPhase.UNKNOWN
    elif abs(minutes) > 1e-6:
        assert phase is (CanvassPhase.DURING if minutes > 0 else CanvassPhase.BEFORE)
