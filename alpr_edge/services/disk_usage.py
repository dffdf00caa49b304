"""Tells what the unit keeps on its disk, what may not be deleted, and how long there is room. Shows no plates."""

import dataclasses
from collections.abc import Callable
from typing import Any

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.retention import DiskState, days_left, fill_of
from alpr_edge.services.disk_explanation import explain_disk
from alpr_edge.settings import Settings
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.outbox.outbox import OutboxCounts
from alpr_edge.store.retention import holds, usage
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.retention.candidates import Ages
from alpr_edge.store.retention.deletion_dates import DeletionDates
from alpr_edge.store.retention.usage import Usage
from alpr_edge.store.unit_store import UnitStore

SLICES = len(PREFIXES)
"""Slices in which the images are counted."""


def disk_usage(store: UnitStore, settings: Settings, tick: Callable[[int], None]) -> dict[str, Any]:
    """Count what is kept; the figures by name, sizes in bytes."""
    directory = settings.unit.data_directory
    usage_meter = Usage(directory, store.database, Ballast(directory, settings.retention.ballast_bytes))
    for done in range(1, SLICES + 1):
        usage_meter.count_for(0.0)
        tick(done)
    state, counts = usage_meter.state(), store.reads.counts()
    quotas = settings.retention.quotas
    return {
        "fill": fill_of(state, quotas).value,
        "explanation": _explanation(settings, state),
        "reads": counts.reads,
        "reads_held": holds.count(store.database),
        "images": counts.images,
        **_item_figures(store.outbox.shown_counts()),
        "reads_deleted_on_record": usage.on_record(store.database),
        **dataclasses.asdict(state),
        "bytes_max": settings.retention.bytes_max,
        "disk_share": round(state.disk_share, 4),
        "quota_share": round(state.quota_share(quotas), 4),
        **_rate(settings, store, state, counts.reads),
    }


def _explanation(settings: Settings, state: DiskState) -> dict[str, str]:
    """Why the disk is as full as it is, and what happens next."""
    quotas, limits = settings.retention.quotas, settings.retention.limits
    return dataclasses.asdict(explain_disk(state, quotas, fill_of(state, quotas), deletes_waiting=limits.emergency))


def deletion_objection(store: UnitStore, settings: Settings, now: Instant) -> str:
    """Say why nothing is deleted for its age at an instant; empty when old reads are deleted."""
    objection = DeletionDates(store.database, Ages(store.database), has_department=bool(settings.uplink.url)).objection(
        now
    )
    return "" if objection is None else objection.reason


def _item_figures(items: OutboxCounts) -> dict[str, int]:
    return {
        "items_acknowledged": items.delivered,
        "items_waiting": items.ready,
        "items_quarantined": items.quarantined,
        "items_offloaded": items.offloaded,
    }


def _rate(settings: Settings, store: UnitStore, state: DiskState, reads: int) -> dict[str, float | None]:
    """How long there is room without a link; nothing where too little is known."""
    a_read = state.store_bytes / reads if reads else 0.0
    a_day = usage.bytes_a_day(store.database, a_read)
    left = days_left(state, settings.retention.quotas, a_day or 0.0)
    return {"bytes_a_day": a_day and round(a_day), "days_left": left if left is None else round(left, 1)}
