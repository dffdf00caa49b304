"""What the department's commands say of units' heartbeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alpr_edge.cli.output import time_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from alpr_edge.department.heartbeats import UnitHeartbeat
    from alpr_edge.domain.protocol.heartbeats import HeartbeatPayload

HOUR_S = 3600


def heard_lines(heard: UnitHeartbeat | None, now: datetime) -> Iterator[str]:
    """When a unit was last heard and what it said, a line each; a line that it never was."""
    if heard is None:
        yield "never heard"
        return
    silent = ", SILENT since" if heard.is_silent(now) else ""
    payload = heard.payload
    state = "ready" if payload.is_ready else "not ready" if payload.is_running else "reader not running"
    yield f"heard {time_text(heard.received_at)}{silent}: version {payload.version or 'unknown'}, {state}"
    if figures := ", ".join(_figures(payload)):
        yield figures
    for fault in payload.faults:
        yield f"{fault.state}: {fault.part}, {fault.kind}"


def heard_content(heard: UnitHeartbeat, now: datetime) -> dict[str, Any]:
    """The same for programs."""
    said = heard.payload.model_dump(exclude={"place"})  # it is shown at the page alone, where that is on record
    return {"received": heard.received_at, "is_silent": heard.is_silent(now)} | said


def _figures(payload: HeartbeatPayload) -> Iterator[str]:
    """What a unit counts and measures, as far as it is known."""
    if payload.reads is not None:
        yield f"{payload.reads:,} reads, {payload.hits or 0:,} hits"
    if payload.queue_items is not None:
        oldest = "" if payload.queue_oldest_s is None else f" for up to {payload.queue_oldest_s / HOUR_S:.1f} h"
        yield f"{payload.queue_items:,} waiting{oldest}"
    for each in payload.lists:
        age = "age unknown" if each.age_s is None else f"{each.age_s / HOUR_S:.1f} h old"
        yield f"list {each.source} {age}"
    if payload.disk_share is not None:
        yield f"disk {payload.disk_share:.0%}"
    if payload.temperature_c is not None:
        yield f"{payload.temperature_c:.0f} C"
