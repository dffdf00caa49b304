"""Health as a working unit's daemons write it, to be changed by tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alpr_edge.app.fault_advice import told_faults
from alpr_edge.app.pipeline.camera_figures import FrameCounts, ResultTimes, camera_figures
from alpr_edge.app.unit_faults import Fault, FaultMonitor
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.health import Health

FIGURES: dict[str, Any] = {
    "has_fix": True,
    "utc_source": "gnss",
    "cameras": {"front": camera_figures(FrameCounts(812, 809, 3, 0), ResultTimes()) | {"frames_per_s": 9.8}},
    "lists": {"doj": {"entries": 12_000, "age_s": 9000}},
    "own_entries": 0,
    "disk_share": 0.41,
    "disk_free_bytes": 20_500_000_000,
    "roster_serial": 7,
    "roster_until": rfc3339(datetime.now(UTC) + timedelta(days=20)),
    "access_records": 120,
    "access_records_cosigned": 100,
    "outbox_ready": 3,
    "outbox_quarantined": 0,
    "power": "watching",
    "faults": [],
}
RUN = Health("run", ready=True, troubles=(), figures=FIGURES, working=True)
UPLINK = Health(
    "uplink",
    ready=True,
    troubles=(),
    figures={"link": "up", "last_error": "", "waiting": 3, "quarantined": 0, "certificate_days_left": 60.0},
)
CONSOLE = Health(
    "console",
    ready=True,
    troubles=(),
    figures={"certificate_until": rfc3339(datetime.now(UTC) + timedelta(days=90, hours=1))},
)


def with_figures(health: Health, **figures: object) -> Health:
    """The same with other figures."""
    return replace(health, figures=health.figures | figures)


def with_faults(*faults: Fault, health: Health = RUN) -> Health:
    """What the daemon of the cameras writes with these faults."""
    monitor = FaultMonitor()
    monitor.update(faults)
    changed = with_figures(health, faults=told_faults(monitor.faults))
    return replace(changed, troubles=monitor.texts, working=monitor.is_ready)
