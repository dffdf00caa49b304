"""What may go and in which order; whatever the reads, the limits and the need."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.retention import (
    DeletionReason,
    DiskState,
    Fill,
    KeptRead,
    Quotas,
    RetentionLimits,
    ballast_needed,
    ballast_room_bytes,
    days_left,
    excess_bytes,
    fill_of,
    select_deletions,
)

DAY = timedelta(days=1)
LIMITS = RetentionLimits(acknowledged_max=30 * DAY, policy_max=365 * DAY)
GB = 10**9
QUOTAS = Quotas(bytes_max=8 * GB, disk_share_max=0.85, amber_share=0.9)
QUIET = DiskState(64 * GB, 50 * GB, GB, GB, 64 << 20, 64 << 20)

ages = st.none() | st.floats(-10, 1000).map(lambda days: days * DAY)
reads_of = st.lists(
    st.builds(KeptRead, st.integers(1, 60), st.integers(0, 200_000), ages, st.booleans(), st.booleans()),
    unique_by=lambda read: read.seq,
    max_size=40,
)
limits_of = st.builds(
    RetentionLimits, st.floats(0, 400).map(DAY.__mul__), st.floats(0, 400).map(DAY.__mul__), st.booleans()
)
needs = st.integers(0, 4_000_000)


def seqs(deletions: Sequence[tuple[KeptRead, DeletionReason]], *grounds: DeletionReason) -> list[int]:
    return [read.seq for read, ground in deletions if ground in grounds]


@given(reads_of, limits_of, needs)
def test_what_is_held_never_goes_and_nothing_goes_twice(
    reads: list[KeptRead], limits: RetentionLimits, need: int
) -> None:
    deletions = select_deletions(reads, limits, need)
    assert not any(read.is_held for read, _ in deletions)
    assert len(deletions) == len({read.seq for read, _ in deletions})


@given(reads_of, limits_of, needs)
def test_the_ground_says_whether_the_department_has_it_and_whether_it_is_on_record(
    reads: list[KeptRead], limits: RetentionLimits, need: int
) -> None:
    for read, ground in select_deletions(reads, limits, need):
        assert ground.is_audited is not read.is_acknowledged


@given(reads_of, limits_of, needs)
def test_what_was_not_acknowledged_goes_by_policy_or_the_emergency_rule_alone(
    reads: list[KeptRead], limits: RetentionLimits, need: int
) -> None:
    for read, ground in select_deletions(reads, limits, need):
        if not read.is_acknowledged:
            by_policy = read.age is not None and read.age > limits.policy_max
            assert by_policy if ground is DeletionReason.POLICY else limits.emergency


@given(reads_of, limits_of, needs)
def test_an_unknown_age_deletes_nothing_by_age(reads: list[KeptRead], limits: RetentionLimits, need: int) -> None:
    deletions = select_deletions([replace(read, age=None) for read in reads], limits, need)
    assert not seqs(deletions, DeletionReason.AGE, DeletionReason.POLICY)
    assert not select_deletions([replace(read, age=None) for read in reads], limits, 0)


@given(reads_of, limits_of, needs)
def test_the_acknowledged_go_first_and_the_oldest_of_them_first(
    reads: list[KeptRead], limits: RetentionLimits, need: int
) -> None:
    deletions = select_deletions(reads, limits, need)
    order = [list(DeletionReason).index(ground) for _, ground in deletions]
    assert order == sorted(order)
    for ground in DeletionReason:
        assert seqs(deletions, ground) == sorted(seqs(deletions, ground))
    if seqs(deletions, DeletionReason.EMERGENCY):
        kept_seqs = {read.seq for read in reads} - {read.seq for read, _ in deletions}
        assert not [read for read in reads if read.seq in kept_seqs and read.is_acknowledged and not read.is_held]
    # For want of room the oldest go: whoever of the same standing stays is newer.
    for ground, is_acknowledged in ((DeletionReason.ROOM, True), (DeletionReason.EMERGENCY, False)):
        gone_seqs = {read.seq for read, _ in deletions}
        stayed_seqs = [
            it.seq
            for it in reads
            if it.is_acknowledged is is_acknowledged and not it.is_held and it.seq not in gone_seqs
        ]
        assert all(seq < min(stayed_seqs) for seq in seqs(deletions, ground) if stayed_seqs)


@given(reads_of, limits_of, needs)
def test_no_more_goes_for_room_than_is_needed(reads: list[KeptRead], limits: RetentionLimits, need: int) -> None:
    deletions = select_deletions(reads, limits, need)
    for place, (_, ground) in enumerate(deletions):
        if ground in {DeletionReason.ROOM, DeletionReason.EMERGENCY}:
            assert sum(read.size_bytes for read, _ in deletions[:place]) < need


@given(reads_of, limits_of, needs)
def test_all_acknowledged_that_are_not_held_can_make_room(
    reads: list[KeptRead], limits: RetentionLimits, need: int
) -> None:
    deletions = select_deletions(reads, limits, need)
    could = sum(read.size_bytes for read in reads if read.is_acknowledged and not read.is_held)
    assert sum(read.size_bytes for read, _ in deletions) >= min(need, could)


def read(seq: int, days: float | None, *, is_acknowledged: bool = True, is_held: bool = False) -> KeptRead:
    return KeptRead(seq, 60_000, None if days is None else days * DAY, is_acknowledged, is_held)


def test_what_is_as_old_as_the_car_keeps_stays_another_moment() -> None:
    assert select_deletions([read(1, 30), read(2, 365, is_acknowledged=False)], LIMITS, 0) == []


def test_age_makes_room_before_the_oldest_of_unknown_age_is_touched() -> None:
    deletions = select_deletions([read(1, None), read(2, 31), read(3, 1)], LIMITS, 60_000)
    assert deletions == [(read(2, 31), DeletionReason.AGE)]


def test_a_year_without_a_receipt_is_purged_as_the_policy_says() -> None:
    reads = [read(1, 366, is_acknowledged=False), read(2, 366, is_acknowledged=False, is_held=True), read(3, 300)]
    assert [(it.seq, ground) for it, ground in select_deletions(reads, LIMITS, 0)] == [
        (3, DeletionReason.AGE),
        (1, DeletionReason.POLICY),
    ]


def test_the_emergency_rule_gives_up_the_oldest_and_only_what_is_needed() -> None:
    reads = [read(seq, 1, is_acknowledged=False) for seq in (3, 1, 2)]
    assert select_deletions(reads, LIMITS, 100_000) == []
    switched_on = replace(LIMITS, emergency=True)
    assert seqs(select_deletions(reads, switched_on, 100_000), DeletionReason.EMERGENCY) == [1, 2]


@pytest.mark.parametrize(
    ("changes", "excess", "fill"),
    [
        ({}, 0, Fill.ROOM),
        ({"store_bytes": 9 * GB}, GB, Fill.ROOM),
        ({"store_bytes": 8 * GB, "bound_bytes": 72 * GB // 10}, 0, Fill.AMBER),
        ({"store_bytes": 9 * GB, "bound_bytes": 9 * GB}, GB, Fill.AMBER),
        ({"free_bytes": 8 * GB}, 64 * GB - 8 * GB - int(0.85 * 64 * GB), Fill.ROOM),
        ({"free_bytes": 6 * GB}, 64 * GB - 6 * GB - int(0.85 * 64 * GB), Fill.AMBER),
        ({"ballast_bytes": 0}, 0, Fill.RED),
    ],
)
def test_how_full_it_is_and_what_has_to_go(changes: dict[str, int], excess: int, fill: Fill) -> None:
    state = replace(QUIET, **changes)
    assert excess_bytes(state, QUOTAS) == excess
    assert fill_of(state, QUOTAS) is fill


@given(st.integers(0, 1 << 30), st.integers(1 << 20, 1 << 28))
def test_the_ballast_is_never_wanted_and_unwanted_at_once(free: int, ballast: int) -> None:
    """Released, it gives more than the mark at which it goes; laid again, it leaves more than that mark."""
    assert not ballast_needed(free + ballast, ballast)
    if free >= ballast_room_bytes(ballast):
        assert not ballast_needed(free - ballast, ballast)


def test_a_full_disk_without_its_ballast_needs_room_for_it_again() -> None:
    full = replace(QUIET, total_bytes=GB, free_bytes=64 << 20, ballast_bytes=0)
    roomy = replace(QUOTAS, disk_share_max=1.0)
    assert excess_bytes(full, roomy) == 16 << 20
    assert excess_bytes(replace(full, ballast_bytes=64 << 20), roomy) == 0


@pytest.mark.parametrize(
    ("before", "share", "fill"),
    [
        (Fill.ROOM, 0.89, Fill.ROOM),
        (Fill.ROOM, 0.9, Fill.AMBER),
        (Fill.AMBER, 0.89, Fill.AMBER),
        (Fill.RED, 0.89, Fill.AMBER),
        (Fill.AMBER, 0.87, Fill.ROOM),
    ],
)
def test_what_was_amber_stays_so_until_it_is_clearly_below(before: Fill, share: float, fill: Fill) -> None:
    bound_bytes = round(share * QUOTAS.bytes_max)
    assert fill_of(replace(QUIET, store_bytes=bound_bytes, bound_bytes=bound_bytes), QUOTAS, before) is fill


def test_the_ballast_s_marks_are_whole_bytes_at_an_eighth_and_at_a_quarter_more() -> None:
    assert [ballast_needed(free, 71) for free in (7, 8)] == [True, False]
    assert ballast_room_bytes(71) == 71 + 17


@pytest.mark.parametrize(
    ("changes", "bytes_a_day", "days"),
    [
        ({}, GB, 7.0),
        ({"store_bytes": 5 * GB}, GB, 7.0),
        ({"free_bytes": 2 * GB}, GB, 2.0),
        ({"free_bytes": 2 * GB, "store_bytes": 5 * GB}, GB, 6.0),
        ({"store_bytes": 9 * GB, "bound_bytes": 9 * GB}, GB, 0.0),
        ({}, 1, 7.0 * GB),
        ({}, 0, None),
    ],
)
def test_days_are_left_for_what_is_free_and_what_may_go_within_the_quota(
    changes: dict[str, int], bytes_a_day: float, days: float | None
) -> None:
    assert days_left(replace(QUIET, **changes), QUOTAS, bytes_a_day) == days


@pytest.mark.parametrize(
    ("is_hit", "is_acknowledged", "days", "reason"),
    [
        (False, True, 20, None),
        (False, True, 22, DeletionReason.AGE),
        (False, False, 22, DeletionReason.POLICY),
        (True, True, 29, None),
        (True, True, 31, DeletionReason.AGE),
        (True, False, 99, None),
        (True, False, 101, DeletionReason.POLICY),
    ],
)
def test_hits_and_other_reads_have_periods_of_their_own(
    is_hit: bool,
    is_acknowledged: bool,
    days: int,
    reason: DeletionReason | None,
) -> None:
    limits = replace(LIMITS, hit_max=100 * DAY, non_hit_max=21 * DAY)
    read = KeptRead(1, 1, days * DAY, is_acknowledged, is_held=False, is_hit=is_hit)
    assert [ground for _, ground in select_deletions([read], limits, 0)] == ([] if reason is None else [reason])
    assert select_deletions([replace(read, is_held=True)], limits, 10**9) == []
    assert limits.shortest == 21 * DAY
    by_choice = replace(limits, is_law=False)
    kept = reason is DeletionReason.POLICY or reason is None
    assert [ground for _, ground in select_deletions([read], by_choice, 0)] == ([] if kept else [reason])
    ended = replace(read, age=366 * DAY)
    assert [ground for _, ground in select_deletions([ended], by_choice, 0)] == [
        DeletionReason.AGE if is_acknowledged else DeletionReason.POLICY
    ]
