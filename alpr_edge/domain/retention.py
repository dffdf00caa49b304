"""Decides what may be deleted of the vehicle's copy, for which reason and in which order (policy 462.5).

The department's storage keeps reads for a year and longer; the car keeps those it has not handed over, and as many of
the others as there is room for. Reads that the department has acknowledged are deleted first: when they are too old, or
when there is no room. Others are deleted only when the policy itself says purge, or by the emergency rule where a
department has switched that on, and each such deletion is recorded. Reads that are held (evidence, discovery) are never
deleted, and without a trusted clock none is deleted for its age.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class DeletionReason(StrEnum):
    """Why a read was deleted, the ordinary reasons first."""

    AGE = "age"
    """Acknowledged, and older than the car keeps."""
    ROOM = "room"
    """Acknowledged, and the oldest of them when there was no room."""
    POLICY = "policy"
    """Never acknowledged, and past the time after which the policy says purge."""
    EMERGENCY = "emergency"
    """Never acknowledged, and deleted on a full disk to make room for new reads."""

    @property
    def is_audited(self) -> bool:
        """Whether the deletion is logged as an event: nobody else has the read."""
        return self in {DeletionReason.POLICY, DeletionReason.EMERGENCY}


@dataclass(frozen=True, slots=True)
class KeptRead:
    """What the rules need to know of a stored read and its images."""

    seq: int
    """Number in order of arrival: a clock may be unknown or jump, this number cannot."""
    size_bytes: int
    age: timedelta | None
    """Between two trusted instants; None when either is not."""
    is_acknowledged: bool
    """Whether the department has acknowledged the read and all its images with their digests."""
    is_held: bool
    is_hit: bool = False
    """Whether it was on a list."""


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """How long reads stay, and whether the emergency rule may act."""

    acknowledged_max: timedelta
    policy_max: timedelta
    emergency: bool = False
    """Whether reads never acknowledged may be deleted: the department allows it, and no acknowledged one is left."""
    hit_max: timedelta | None = None
    """How long a read that was on a list stays at most; None: as the first two say."""
    non_hit_max: timedelta | None = None
    """The same for any other read."""
    is_law: bool = True
    """Whether the last two hold for reads never acknowledged as well, as a law demands them; else such a read stays
    until it is acknowledged, or as long as :attr:`policy_max` says."""

    def longest(self, *, is_hit: bool, is_acknowledged: bool) -> timedelta:
        """How long a read may stay."""
        own = self.hit_max if is_hit else self.non_hit_max
        longest = self.acknowledged_max if is_acknowledged else self.policy_max
        return min(own, longest) if own is not None and (is_acknowledged or self.is_law) else longest

    @property
    def shortest(self) -> timedelta:
        own = (self.hit_max, self.non_hit_max)
        return min(self.acknowledged_max, self.policy_max, *(each for each in own if each is not None))


def select_deletions(
    reads: Iterable[KeptRead], limits: RetentionLimits, excess_bytes: int
) -> list[tuple[KeptRead, DeletionReason]]:
    """Choose what is to be deleted, in that order.

    Args:
        excess_bytes: the bytes to be freed; 0 when there is enough room.
    """
    free = sorted((read for read in reads if not read.is_held), key=lambda read: read.seq)
    acknowledged_reads = [read for read in free if read.is_acknowledged]
    waiting = [read for read in free if not read.is_acknowledged]
    deletions = [(read, DeletionReason.AGE) for read in acknowledged_reads if _is_past(read, limits)]
    deletions += _for_room(acknowledged_reads, deletions, excess_bytes, DeletionReason.ROOM)
    deletions += [(read, DeletionReason.POLICY) for read in waiting if _is_past(read, limits)]
    if limits.emergency:
        deletions += _for_room(waiting, deletions, excess_bytes, DeletionReason.EMERGENCY)
    return deletions


def _for_room(
    reads: Sequence[KeptRead],
    deletions: Sequence[tuple[KeptRead, DeletionReason]],
    excess_bytes: int,
    reason: DeletionReason,
) -> list[tuple[KeptRead, DeletionReason]]:
    """The oldest of ``reads`` beside those chosen, until the excess is covered."""
    covered_bytes = sum(read.size_bytes for read, _ in deletions)
    chosen_seqs = {read.seq for read, _ in deletions}
    more: list[tuple[KeptRead, DeletionReason]] = []
    for read in reads:
        if covered_bytes >= excess_bytes:
            break
        if read.seq not in chosen_seqs:
            more.append((read, reason))
            covered_bytes += read.size_bytes
    return more


def _is_past(read: KeptRead, limits: RetentionLimits) -> bool:
    longest = limits.longest(is_hit=read.is_hit, is_acknowledged=read.is_acknowledged)
    return read.age is not None and read.age > longest


_AMBER_HYSTERESIS = 0.02
"""How far the fill must fall below its threshold before amber ends."""


class Fill(StrEnum):
    """How full the disk is, the worst last."""

    ROOM = "room"
    AMBER = "amber"
    """Data that cannot be deleted fills most of the space: somebody has to bring the car to a link."""
    RED = "red"
    """Nothing more can be kept: reads stop."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much of the disk the unit may fill."""

    bytes_max: int
    """Most bytes of reads and their images."""
    disk_share_max: float
    """Largest used share of the whole file system, whatever fills it."""
    amber_share: float
    """Share of either from which on the fill is amber and announced by a tone."""


@dataclass(frozen=True, slots=True)
class DiskState:
    """A file system and what the unit keeps on it."""

    total_bytes: int
    """Bytes that unprivileged users can fill in all."""
    free_bytes: int
    """Bytes that they can still fill."""
    store_bytes: int
    """Bytes of reads: images and database."""
    bound_bytes: int
    """Bytes of these that may not be deleted: not acknowledged, or held."""
    ballast_bytes: int
    """Bytes of the ballast, reserved for cleaning up on a full disk; 0 while it is released."""
    ballast_wanted_bytes: int

    @property
    def disk_share(self) -> float:
        """How full the file system is, 0 to 1."""
        return 1.0 - self.free_bytes / self.total_bytes if self.total_bytes else 1.0

    def quota_share(self, quotas: Quotas) -> float:
        """Share of the quota that is filled with data that may not be deleted; above 1 when deleting cannot help."""
        return self.bound_bytes / quotas.bytes_max

    @property
    def is_full(self) -> bool:
        """Whether the ballast is released: until it is back nothing new is stored, which would fill its space."""
        return self.ballast_bytes < self.ballast_wanted_bytes


def excess_bytes(state: DiskState, quotas: Quotas) -> int:
    """Bytes to be deleted so that the quotas hold and the ballast fits; 0 when they do."""
    over_quota = state.store_bytes - quotas.bytes_max
    over_share = state.total_bytes - state.free_bytes - int(quotas.disk_share_max * state.total_bytes)
    for_ballast = ballast_room_bytes(state.ballast_wanted_bytes) - state.free_bytes if state.is_full else 0
    return max(0, over_quota, over_share, for_ballast)


def ballast_room_bytes(ballast_wanted_bytes: int) -> int:
    """Free bytes at which the ballast is created again: a quarter above its size, so that it is not soon released."""
    return ballast_wanted_bytes + ballast_wanted_bytes // 4


def ballast_needed(free_bytes: int, ballast_wanted_bytes: int) -> bool:
    """Whether the ballast has to be released: one clean-up step may write an eighth of it."""
    return free_bytes < ballast_wanted_bytes // 8


def fill_of(state: DiskState, quotas: Quotas, before: Fill = Fill.ROOM) -> Fill:
    """Grade how full the disk is. A quota alone stops nothing: no read is lost for a number while the disk has room.

    Args:
        state: the disk's present state.
        quotas: the quotas of the settings.
        before: the grade before; amber stays until the fill is clearly below, so that it is not announced again and
        again.
    """
    if state.is_full:
        return Fill.RED
    mark = quotas.amber_share - (0.0 if before is Fill.ROOM else _AMBER_HYSTERESIS)
    fullest = max(state.disk_share, state.quota_share(quotas))
    return Fill.AMBER if fullest >= mark else Fill.ROOM


def days_left(state: DiskState, quotas: Quotas, bytes_a_day: float) -> float | None:
    """Days for which there is room without a link, at a daily rate; None when the rate is not known."""
    if bytes_a_day <= 0:
        return None
    deletable = state.store_bytes - state.bound_bytes
    room = min(quotas.bytes_max - state.bound_bytes, state.free_bytes + deletable)
    return max(0.0, room / bytes_a_day)
