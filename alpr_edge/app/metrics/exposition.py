"""The metrics of a unit by name, in the text format of Prometheus, from the health files alone.

Labels hold names of the settings (cameras, lists) and words of the program; never a plate, a person or an address.
What is not known at present has no sample: an old figure is never shown as a present one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alpr_edge.services.unit_health.daemons import reports
from alpr_edge.services.unit_health.figures import CameraFigures, DaemonFigures, UnitFigures, figures_of
from alpr_edge.settings import Settings
from alpr_edge.uplink.uploader import Link

PREFIX = "alpr_edge_"
MS_PER_S = 1000.0
DAY_S = 86_400.0
CLOCK_SOURCES = frozenset({"gnss", "ntp"})

Sample = tuple[tuple[str, ...], float | None]


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric: its name without :data:`PREFIX`, what it says, its labels, and where its samples come from."""

    name: str
    """A counter's name ends with ``_total``."""
    text: str
    labels: tuple[str, ...]
    samples: Callable[[UnitFigures], Iterable[Sample]]

    @property
    def kind(self) -> Literal["counter", "gauge"]:
        """What Prometheus calls its type."""
        return "counter" if self.name.endswith("_total") else "gauge"

    def family(self, figures: UnitFigures) -> Metric:
        """The metric with its samples; a value that is not known is left out."""
        kind = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = kind(PREFIX + self.name, self.text, labels=self.labels)
        for labels, value in self.samples(figures):
            if value is not None:
                family.add_metric(labels, value)
        return family


class UnitCollector(Collector):
    """Looks at the health files whenever Prometheus asks.

    Args:
        settings: the settings of the unit.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        figures = figures_of(reports(self._settings))
        for definition in METRICS:
            yield definition.family(figures)


def _of_daemons(value: Callable[[DaemonFigures], float | None], figures: UnitFigures) -> Iterator[Sample]:
    for daemon in figures.daemons:
        yield (daemon.name,), value(daemon)


def _versions(figures: UnitFigures) -> Iterator[Sample]:
    for daemon in figures.daemons:
        if daemon.version:
            yield (daemon.name, daemon.version), 1.0


def _of_cameras(value: Callable[[CameraFigures], float | None], figures: UnitFigures) -> Iterator[Sample]:
    for camera in figures.cameras:
        yield (camera.camera_id,), value(camera)


def _list_entries(figures: UnitFigures) -> Iterator[Sample]:
    for each in figures.lists:
        yield (each.source,), each.entries


def _list_ages(figures: UnitFigures) -> Iterator[Sample]:
    for each in figures.lists:
        yield (each.source,), each.age_s


def _faults(figures: UnitFigures) -> Iterator[Sample]:
    for fault in dict.fromkeys(figures.faults):
        yield (fault.kind, fault.part, fault.state), 1.0


def _single(value: Callable[[UnitFigures], float | None], figures: UnitFigures) -> Iterator[Sample]:
    yield (), value(figures)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / MS_PER_S


def _restarts(daemon: DaemonFigures) -> float | None:
    return daemon.restarts if daemon.is_running else None


def _clock_confirmed(figures: UnitFigures) -> float | None:
    return None if figures.clock_source is None else figures.clock_source in CLOCK_SOURCES


def _link_up(figures: UnitFigures) -> float | None:
    return None if figures.link is None else figures.link == Link.UP


def _certificate_s(figures: UnitFigures) -> float | None:
    return None if figures.certificate_days_left is None else figures.certificate_days_left * DAY_S


def _of(name: str, figures: object) -> float | None:
    """A figure by the name of its field."""
    value: float | None = getattr(figures, name)
    return value


def _daemon(name: str, text: str, value: Callable[[DaemonFigures], float | None]) -> MetricDefinition:
    return MetricDefinition(name, text, ("daemon",), partial(_of_daemons, value))


def _camera(name: str, text: str, value: Callable[[CameraFigures], float | None]) -> MetricDefinition:
    return MetricDefinition(name, text, ("camera",), partial(_of_cameras, value))


def _unit(name: str, text: str, value: Callable[[UnitFigures], float | None]) -> MetricDefinition:
    return MetricDefinition(name, text, (), partial(_single, value))


METRICS = (
    _daemon("up", "1 while the daemon runs; of run, while its health file is fresh", partial(_of, "is_running")),
    _daemon("ready", "1 while it does its work; of run, while the ready note holds", partial(_of, "is_ready")),
    MetricDefinition("build_info", "1, with the version that runs", ("daemon", "version"), _versions),
    _daemon("uptime_seconds", "Seconds since it began", partial(_of, "uptime_s")),
    _daemon("health_age_seconds", "Seconds since it wrote its health file", partial(_of, "health_age_s")),
    _daemon("stage_restarts_total", "Restarts of its threads since it began", _restarts),
    _camera("camera_frames_per_second", "Frames read a second, last ten seconds", partial(_of, "frames_per_s")),
    _camera("camera_result_seconds", "Capture to result, the median", lambda camera: _seconds(camera.result_ms)),
    _camera("camera_frames_captured_total", "Frames that came from the camera", partial(_of, "captured")),
    _camera("camera_frames_dropped_total", "Frames replaced by a newer one, unread", partial(_of, "dropped")),
    _camera("camera_frames_lost_total", "Frames on which recognition failed", partial(_of, "lost")),
    _camera("camera_reads_total", "Plates read", partial(_of, "reads")),
    _camera("camera_hits_total", "Reads with a hit, covert entries left out", partial(_of, "hits")),
    MetricDefinition("list_entries", "Entries of a list in use", ("list",), _list_entries),
    MetricDefinition("list_age_seconds", "Age of a list by its issue date", ("list",), _list_ages),
    MetricDefinition("fault", "1 for each fault at present", ("kind", "part", "state"), _faults),
    _unit("queue_items", "Items that wait for the department", partial(_of, "queue_items")),
    _unit("queue_oldest_seconds", "How long the oldest of them waits", partial(_of, "queue_oldest_s")),
    _unit("queue_refused_items", "Items set aside, refused by the department", partial(_of, "queue_refused")),
    _unit("items_delivered_total", "Items with a receipt since the uplink began", partial(_of, "delivered")),
    _unit("link_up", "1 while the department answers", _link_up),
    _unit("certificate_remaining_seconds", "Until the unit's certificate ends", _certificate_s),
    _unit("position_known", "1 while the receiver has a fix", partial(_of, "has_fix")),
    _unit("clock_confirmed", "1 while a receiver or a time server confirms the time", _clock_confirmed),
    _unit("tone_delay_seconds", "Capture to tone, the median", lambda figures: _seconds(figures.tone_ms)),
    _unit("temperature_celsius", "Of the processor", partial(_of, "temperature_c")),
    _unit("throttled", "1 while the processor is slowed down", partial(_of, "is_throttled")),
    _unit("disk_used_ratio", "Share of the disk in use, 0 to 1", partial(_of, "disk_share")),
    _unit("disk_free_bytes", "Free on the disk", partial(_of, "disk_free_bytes")),
)
