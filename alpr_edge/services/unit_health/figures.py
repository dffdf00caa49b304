"""Reads the figures in the health files into one typed value, for the screen, the metrics and the heartbeat.

Health files are written by daemons of another release as well, after an update that was rolled back: a figure that is
missing or of another type is None, never a failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alpr_edge.domain.instants import NS_PER_S
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.runtime.health import Health
from alpr_edge.services.unit_health.daemons import RUN, UPLINK
from alpr_edge.services.unit_health.department_parts import Reports


@dataclass(frozen=True, slots=True)
class DaemonFigures:
    """One daemon that is due."""

    name: str
    is_running: bool
    is_ready: bool
    """Whether it does its work; of the one that reads plates, whether the ready note holds."""
    version: str = ""
    """Empty: not known."""
    uptime_s: float | None = None
    health_age_s: float | None = None
    """Since it wrote its health file; the daemons beside the reader write when something happens."""
    restarts: int = 0
    """Restarts of its threads since it began."""


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """One camera since the daemon began; rate and latency over the last ten seconds."""

    camera_id: str
    frames_per_s: float | None
    result_ms: float | None
    """Milliseconds from a frame's capture to its result, the median."""
    captured: int | None
    dropped: int | None
    """Frames replaced by a newer one before recognition was free."""
    lost: int | None
    """Frames on which recognition failed."""
    reads: int | None
    hits: int | None
    """Reads with a hit, but for hits of covert entries."""


@dataclass(frozen=True, slots=True)
class ListFigures:
    """One list in use."""

    source: str
    entries: int | None
    age_s: float | None


@dataclass(frozen=True, slots=True)
class FaultFigures:
    """One fault at present. Holds no plate text."""

    kind: str
    part: str
    """The part as people call it: "camera front", "list doj", "disk"."""
    state: str


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What the health files of a unit's daemons count and measure; None: not known at present."""

    daemons: tuple[DaemonFigures, ...]
    cameras: tuple[CameraFigures, ...] = ()
    lists: tuple[ListFigures, ...] = ()
    faults: tuple[FaultFigures, ...] = ()
    queue_items: int | None = None
    queue_oldest_s: float | None = None
    queue_refused: int | None = None
    """Items set aside because the department refused them."""
    has_fix: bool | None = None
    clock_source: str | None = None
    temperature_c: float | None = None
    is_throttled: bool | None = None
    disk_share: float | None = None
    disk_free_bytes: int | None = None
    tone_ms: float | None = None
    """Milliseconds from a frame's capture to the first sample of the tone, the median."""
    link: str | None = None
    delivered: int | None = None
    """Items with a receipt since the uplink began."""
    certificate_days_left: float | None = None

    def total(self, figure: str) -> int | None:
        """The sum of a figure over all cameras; None while no camera tells it."""
        told = [value for camera in self.cameras if (value := getattr(camera, figure)) is not None]
        return sum(told) if told else None


def figures_of(told: Reports) -> UnitFigures:
    """The figures of a unit.

    Args:
        told: what each daemon that is due says; None for one that does not run.
    """
    run, uplink = _figures(told.get(RUN)), _figures(told.get(UPLINK))
    items = _count(uplink.get("waiting"))
    refused = _count(uplink.get("quarantined"))
    return UnitFigures(
        daemons=tuple(_daemon(name, health) for name, health in told.items()),
        cameras=tuple(_camera(name, values) for name, values in _tables(run.get("cameras"))),
        lists=tuple(_list(name, values) for name, values in _tables(run.get("lists"))),
        faults=tuple(_fault(values) for values in run.get("faults", ()) if isinstance(values, Mapping)),
        queue_items=_count(run.get("outbox_ready")) if items is None else items,
        queue_oldest_s=_number(run.get("outbox_oldest_s")),
        queue_refused=_count(run.get("outbox_quarantined")) if refused is None else refused,
        has_fix=_flag(run.get("has_fix")),
        clock_source=_text(run.get("utc_source")),
        temperature_c=_number(run.get("temperature_c")),
        is_throttled=_flag(run.get("throttled")),
        disk_share=_number(run.get("disk_share")),
        disk_free_bytes=_count(run.get("disk_free_bytes")),
        tone_ms=_number(run.get("capture_to_tone_ms_median")),
        link=_text(uplink.get("link")),
        delivered=_count(uplink.get("delivered")),
        certificate_days_left=_number(uplink.get("certificate_days_left")),
    )


def _daemon(name: str, health: Health | None) -> DaemonFigures:
    if health is None:
        return DaemonFigures(name, is_running=False, is_ready=False)
    stamp = health.stamp
    now_s = boottime_ns() / NS_PER_S
    began_s = None if stamp is None else stamp.began_boottime_s
    restarts = health.figures.get("restarts")
    counts = [_count(value) or 0 for value in restarts.values()] if isinstance(restarts, Mapping) else []
    return DaemonFigures(
        name,
        is_running=True,
        is_ready=health.ready and health.working is not False,
        version="" if stamp is None else stamp.version,
        uptime_s=None if began_s is None else max(0.0, now_s - began_s),
        health_age_s=None if stamp is None else max(0.0, now_s - stamp.boottime_s),
        restarts=sum(counts),
    )


def _camera(name: str, values: Mapping[str, Any]) -> CameraFigures:
    return CameraFigures(
        name,
        _number(values.get("frames_per_s")),
        _number(values.get("result_ms_median")),
        *(_count(values.get(key)) for key in ("captured", "dropped", "lost", "reads", "hits")),
    )


def _list(name: str, values: Mapping[str, Any]) -> ListFigures:
    return ListFigures(name, _count(values.get("entries")), _number(values.get("age_s")))


def _fault(values: Mapping[str, Any]) -> FaultFigures:
    return FaultFigures(*(str(values.get(key, "")) for key in ("kind", "name", "state")))


def _figures(health: Health | None) -> Mapping[str, Any]:
    return {} if health is None else health.figures


def _tables(value: object) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping):
        return []
    return [(str(name), values) for name, values in value.items() if isinstance(values, Mapping)]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
