"""Which tones give way, and in which order the others sound."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.alerts.tone_queue import PASSED_MAX, QueuedTone, ToneQueue
from alpr_edge.alerts.tones import length_ms, synthesise
from alpr_edge.domain.alerting import TONES_BY_URGENCY, Tone

pytestmark = pytest.mark.review(7)

MAX = 8
TONES_OF_THE_UNIT = {Tone.READY, Tone.SHUTTING_DOWN, Tone.STALE, Tone.DISK, Tone.DAMAGED, Tone.TROUBLE}


def add(queue: ToneQueue, tone: Tone) -> QueuedTone | None:
    return queue.add(QueuedTone(tone, synthesise(tone)))


def full_queue(*tones: Tone) -> ToneQueue:
    queue = ToneQueue(MAX)
    for tone in tones:
        assert add(queue, tone) is not None
    return queue


def tones_of(queue: ToneQueue) -> list[Tone]:
    return [queued_tone.tone for queued_tone in queue]


def test_every_tone_has_its_urgency() -> None:
    assert set(TONES_BY_URGENCY) == set(Tone)
    assert TONES_BY_URGENCY[-1] is Tone.URGENT


def test_an_urgent_tone_takes_the_place_of_the_least_urgent_that_waits_and_goes_ahead() -> None:
    queue = full_queue(
        Tone.WITHDRAWN, Tone.TROUBLE, Tone.STALE, Tone.HIGH, Tone.STALE, Tone.DISK, Tone.ROUTINE, Tone.POSSIBLE
    )
    assert add(queue, Tone.URGENT) is not None
    assert tones_of(queue) == [
        Tone.WITHDRAWN,  # it sounds
        Tone.URGENT,
        Tone.HIGH,
        Tone.ROUTINE,
        Tone.POSSIBLE,
        Tone.TROUBLE,
        Tone.STALE,
        Tone.DISK,
    ]


def test_of_a_tone_that_gives_way_or_is_cleared_before_it_sounds_it_is_told_that_it_is_lost() -> None:
    queue, lost = ToneQueue(3), list[Tone]()
    for tone in (Tone.TROUBLE, Tone.STALE, Tone.HIGH, Tone.URGENT):
        queue.add(QueuedTone(tone, synthesise(tone), on_lost=[partial(lost.append, tone)]))
    assert lost == [Tone.STALE]
    assert queue.first is not None
    queue.first.started_ns = 1
    queue.clear()
    assert lost == [Tone.STALE, Tone.URGENT, Tone.TROUBLE]
    assert len(queue) == 0


def test_a_hit_cuts_the_fault_that_sounds_short_which_begins_anew_after_it() -> None:
    queue = full_queue(Tone.TROUBLE, Tone.DISK, Tone.STALE)
    trouble = queue.first
    assert trouble is not None
    trouble.sample_position = 5000
    high = add(queue, Tone.HIGH)
    assert high is not None
    assert queue.ahead_of(high) == 0
    add(queue, Tone.POSSIBLE)
    assert tones_of(queue) == [Tone.HIGH, Tone.POSSIBLE, Tone.TROUBLE, Tone.DISK, Tone.STALE]
    assert trouble.left == len(synthesise(Tone.TROUBLE))


@pytest.mark.parametrize("sounding", sorted(set(Tone) - TONES_OF_THE_UNIT))
def test_no_hit_is_cut_short_also_not_by_an_urgent_one(sounding: Tone) -> None:
    queue = full_queue(sounding)
    add(queue, Tone.URGENT)
    assert tones_of(queue) == [sounding, Tone.URGENT]


def test_a_fault_that_hits_have_cut_short_often_enough_sounds_to_its_end() -> None:
    queue = full_queue(Tone.TROUBLE)
    for _ in range(PASSED_MAX):
        add(queue, Tone.ROUTINE)
        queue.remove_first()
        assert tones_of(queue) == [Tone.TROUBLE]
    add(queue, Tone.ROUTINE)
    add(queue, Tone.URGENT)
    assert tones_of(queue) == [Tone.TROUBLE, Tone.URGENT, Tone.ROUTINE]
    assert max(TONES_OF_THE_UNIT, key=length_ms) is Tone.TROUBLE
    assert length_ms(Tone.TROUBLE) == 1200


@given(st.lists(st.sampled_from(Tone), max_size=MAX))
def test_hits_go_ahead_of_what_waits_of_the_unit_each_kind_in_its_order(tones: list[Tone]) -> None:
    waiting = [tone for tone in tones if tone is not Tone.URGENT]
    of_hits = [tone for tone in waiting if tone not in TONES_OF_THE_UNIT]
    of_the_unit = [tone for tone in waiting if tone in TONES_OF_THE_UNIT]
    order = tones_of(full_queue(*waiting))
    assert [tone for tone in order if tone not in TONES_OF_THE_UNIT] == of_hits
    assert [tone for tone in order if tone in TONES_OF_THE_UNIT] == of_the_unit
    if len(of_hits) <= PASSED_MAX:
        assert order == [*of_hits, *of_the_unit]


def test_of_several_faults_one_alone_holds_up_the_hits_that_never_pause() -> None:
    """After every third hit at most one tone of the unit sounds, however many wait."""
    faults = (Tone.TROUBLE, Tone.DISK, Tone.STALE, Tone.DAMAGED)
    queue = full_queue(*faults)
    for _ in range(PASSED_MAX):
        add(queue, Tone.HIGH)
        queue.remove_first()
    high = add(queue, Tone.HIGH)
    assert high is not None
    assert tones_of(queue) == [Tone.TROUBLE, Tone.HIGH, *faults[1:]]
    assert queue.ahead_of(high) == len(synthesise(Tone.TROUBLE))


def test_a_fault_that_was_cut_short_gives_way_to_nothing() -> None:
    queue = full_queue(Tone.READY, Tone.STALE, Tone.DISK)
    ready = queue.first
    assert ready is not None
    ready.started_ns = 1
    for _ in range(2 * MAX):
        add(queue, Tone.ROUTINE)
    assert Tone.READY in tones_of(queue)
    assert len(queue) == MAX


def test_a_tone_of_the_unit_sounds_although_hits_never_pause() -> None:
    queue = full_queue(Tone.ROUTINE, Tone.TROUBLE, *[Tone.ROUTINE] * (PASSED_MAX + 1))
    assert tones_of(queue) == [Tone.ROUTINE, *[Tone.ROUTINE] * PASSED_MAX, Tone.TROUBLE, Tone.ROUTINE]
    add(queue, Tone.URGENT)
    assert tones_of(queue)[:2] == [Tone.ROUTINE, Tone.URGENT]


def test_it_does_not_go_ahead_of_a_withdrawal_which_tells_of_what_sounded_last() -> None:
    queue = full_queue(Tone.HIGH, Tone.WITHDRAWN, Tone.ROUTINE)
    add(queue, Tone.URGENT)
    assert tones_of(queue) == [Tone.HIGH, Tone.WITHDRAWN, Tone.URGENT, Tone.ROUTINE]


def test_behind_urgent_ones_alone_the_last_of_them_sounds_for_it() -> None:
    queue = full_queue(*[Tone.URGENT] * MAX)
    last = list(queue)[-1]
    assert add(queue, Tone.URGENT) is last
    assert add(queue, Tone.HIGH) is None
    assert len(queue) == MAX
    assert queue.ahead_of(last) == (MAX - 1) * len(synthesise(Tone.URGENT))


def test_a_tone_that_is_no_more_urgent_than_those_that_wait_is_left_out() -> None:
    queue = full_queue(*[Tone.TROUBLE] * MAX)
    assert add(queue, Tone.READY) is None
    assert add(queue, Tone.TROUBLE) is None
    assert add(queue, Tone.HIGH) is not None
    assert tones_of(queue) == [Tone.HIGH, *[Tone.TROUBLE] * (MAX - 1)]


@given(st.lists(st.one_of(st.sampled_from(Tone), st.none()), max_size=60))
def test_no_urgent_tone_and_no_withdrawal_is_ever_left_out_and_the_queue_stays_bounded(
    steps: list[Tone | None],
) -> None:
    """None: the first has sounded."""
    queue, precious = ToneQueue(MAX), list[QueuedTone]()
    for tone in steps:
        first = queue.first
        if tone is None:
            if first is not None:
                queue.remove_first()
                precious = [queued_tone for queued_tone in precious if queued_tone is not first]
            continue
        queue_result = add(queue, tone)
        assert first is None or queue.first is first or first.tone in TONES_OF_THE_UNIT
        if tone in {Tone.URGENT, Tone.WITHDRAWN}:
            assert queue_result is not None
            precious.append(queue_result)
        assert all(any(one is other for other in queue) for one in precious)
        assert len(queue) <= MAX + 2
