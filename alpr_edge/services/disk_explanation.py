"""Explains how full the disk is: what takes the space, which limit counts, what happens next and what to do."""

from dataclasses import dataclass

from alpr_edge.domain.diagnostics.checks import DISK_REMEDY
from alpr_edge.domain.retention import DiskState, Fill, Quotas, ballast_room_bytes

_DELETION = "acknowledged reads are deleted, the oldest first"
_SEND = f"{DISK_REMEDY}; or write what waits to a medium: alpr-edge outbox offload"
_OTHERS = "other files take most of the disk: have those moved away; delete no file of the unit by hand"


@dataclass(frozen=True, slots=True)
class DiskExplanation:
    """Why the disk is graded as it is, in words."""

    space: str
    """What takes the space."""
    limit: str
    """The limit that the grade comes from."""
    next: str
    """What happens by itself."""
    remedy: str
    """What a person can do; empty: nothing is to be done."""


def explain_disk(state: DiskState, quotas: Quotas, fill: Fill, *, deletes_waiting: bool) -> DiskExplanation:
    """Say in words why a disk is graded so."""
    next_step = _next(state, quotas, fill, deletes_waiting=deletes_waiting)
    return DiskExplanation(_space(state), _limit(state, quotas, fill), next_step, _remedy(state, quotas, fill))


def size_text(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def other_bytes(state: DiskState) -> int:
    """What other files than the unit's take up on the same file system."""
    return max(0, state.total_bytes - state.free_bytes - state.store_bytes - state.ballast_bytes)


def _space(state: DiskState) -> str:
    store, ballast = size_text(state.store_bytes), size_text(state.ballast_bytes)
    return f"{store} reads and images, {ballast} reserve for cleaning up, {size_text(other_bytes(state))} other files"


def _limit(state: DiskState, quotas: Quotas, fill: Fill) -> str:
    if fill is Fill.RED:
        return _reserve(state)
    if fill is Fill.ROOM:
        most = size_text(quotas.bytes_max)
        return f"amber begins at {quotas.amber_share:.0%} of the disk, or of the {most} for reads that must stay"
    return "; ".join(_amber_limits(state, quotas)) or f"amber ends clearly below {quotas.amber_share:.0%}"


def _reserve(state: DiskState) -> str:
    """Why the reserve is not there: nothing else makes the disk red."""
    size, free = size_text(state.ballast_wanted_bytes), size_text(state.free_bytes)
    if _has_room(state):
        return f"the reserve of {size} is not there yet, although {free} are free: the running unit writes it at once"
    room = size_text(ballast_room_bytes(state.ballast_wanted_bytes))
    return f"the reserve of {size} was given up, as nothing was free; it comes back at {room} free"


def _has_room(state: DiskState) -> bool:
    return state.free_bytes >= ballast_room_bytes(state.ballast_wanted_bytes)


def _amber_limits(state: DiskState, quotas: Quotas) -> list[str]:
    """The limits from which on the fill is amber and that are reached."""
    share, lines = state.quota_share(quotas), []
    if state.disk_share >= quotas.amber_share:
        lines.append(f"the disk is {state.disk_share:.0%} full, and {quotas.amber_share:.0%} is amber")
    if share >= quotas.amber_share:
        lines.append(f"reads that must stay fill {share:.0%} of {size_text(quotas.bytes_max)}, the most that is wanted")
    return lines


def _next(state: DiskState, quotas: Quotas, fill: Fill, *, deletes_waiting: bool) -> str:
    if fill is Fill.ROOM:
        return f"from {quotas.disk_share_max:.0%} of the disk on, {_DELETION}"
    if fill is Fill.AMBER:
        return f"{_DELETION}; when nothing is free, no read is stored any more"
    if _has_room(state):
        return "once the reserve is there, reads are stored again"
    more = ", then those that wait" if deletes_waiting else ""
    return f"no read is stored until there is room; alerts sound on; {_DELETION}{more}"


def _remedy(state: DiskState, quotas: Quotas, fill: Fill) -> str:
    if fill is Fill.ROOM:
        return ""
    if fill is Fill.RED and _has_room(state):
        return "start the unit, if it does not run"
    if other_bytes(state) > state.store_bytes and state.quota_share(quotas) < quotas.amber_share:
        return _OTHERS
    return _SEND
