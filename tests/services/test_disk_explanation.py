"""The words for a disk's grade name the limit that it comes from, and what helps."""

import pytest

from alpr_edge.domain.retention import DiskState, Quotas, fill_of
from alpr_edge.services.disk_explanation import DiskExplanation, explain_disk

GB, MB = 10**9, 10**6
QUOTAS = Quotas(bytes_max=8 * GB, disk_share_max=0.85, amber_share=0.9)


def state(free: int, store: int, bound_bytes: int = 0, ballast: int = 64 * MB) -> DiskState:
    return DiskState(32 * GB, free, store, bound_bytes, ballast, 64 * MB)


def explain(disk: DiskState, *, deletes_waiting: bool = False) -> DiskExplanation:
    return explain_disk(disk, QUOTAS, fill_of(disk, QUOTAS), deletes_waiting=deletes_waiting)


def test_with_room_nothing_is_to_be_done() -> None:
    why = explain(state(20 * GB, 2 * GB))
    assert why.space == "2.00 GB reads and images, 64.0 MB reserve for cleaning up, 9.94 GB other files"
    assert why.limit == "amber begins at 90% of the disk, or of the 8.00 GB for reads that must stay"
    assert why.next == "from 85% of the disk on, acknowledged reads are deleted, the oldest first"
    assert why.remedy == ""


@pytest.mark.parametrize(
    ("disk", "limit", "remedy"),
    [
        (state(2 * GB, 25 * GB), "the disk is 94% full, and 90% is amber", "bring the car to its link"),
        (state(2 * GB, 3 * GB), "the disk is 94% full", "other files take most of the disk"),
        (state(20 * GB, 8 * GB, 8 * GB), "reads that must stay fill 100% of 8.00 GB", "outbox offload"),
    ],
)
def test_amber_names_its_limit_and_what_helps(disk: DiskState, limit: str, remedy: str) -> None:
    why = explain(disk)
    assert limit in why.limit
    assert remedy in why.remedy
    assert "by hand" in why.remedy


def test_red_says_that_no_read_is_stored_and_when_it_ends() -> None:
    why = explain(state(MB, 25 * GB, ballast=0))
    assert why.limit == "the reserve of 64.0 MB was given up, as nothing was free; it comes back at 80.0 MB free"
    assert why.next.startswith("no read is stored until there is room; alerts sound on")
    assert "those that wait" not in why.next
    assert "those that wait" in explain(state(MB, 25 * GB, ballast=0), deletes_waiting=True).next


def test_red_with_room_is_a_reserve_that_the_unit_has_not_written_yet() -> None:
    why = explain(state(8 * GB, GB, ballast=0))
    assert "is not there yet, although 8.00 GB are free" in why.limit
    assert why.remedy == "start the unit, if it does not run"
