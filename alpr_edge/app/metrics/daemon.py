"""The daemon that answers a Prometheus on this computer. It has neither keys nor devices, and opens no database."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import HTTPServer

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from alpr_edge.services.unit_health.daemons import reports
from alpr_edge.services.unit_health.figures import CameraFigures, DaemonFigures, UnitFigures, figures_of
from alpr_edge.settings import Settings
from alpr_edge.uplink.uploader import Link
from alpr_edge.web.metrics.definition import MetricDefinition, Sample, single_metric
from alpr_edge.web.metrics.definition import value_of as _of
from alpr_edge.web.metrics.listener import answer_until, open_listener

# The metrics of a unit by name, in the text format of Prometheus, from the health files alone.
#
# Labels hold names of the settings (cameras, lists) and words of the program; never a plate, a person or an address.
# What is not known at present has no sample: an old figure is never shown as a present one.

PREFIX = "alpr_edge_"
MS_PER_S = 1000.0
DAY_S = 86_400.0
CLOCK_SOURCES = frozenset({"gnss", "ntp"})

UnitMetric = MetricDefinition[UnitFigures]


class UnitCollector(Collector):
    """Looks at the health files whenever Prometheus asks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        figures = figures_of(reports(self._settings))
        for definition in METRICS:
            yield definition.family(PREFIX, figures)


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


def _daemon(name: str, text: str, value: Callable[[DaemonFigures], float | None]) -> UnitMetric:
    return MetricDefinition(name, text, ("daemon",), partial(_of_daemons, value))


def _camera(name: str, text: str, value: Callable[[CameraFigures], float | None]) -> UnitMetric:
    return MetricDefinition(name, text, ("camera",), partial(_of_cameras, value))


METRICS: tuple[UnitMetric, ...] = (
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
    single_metric(
        "queue_items", "Items that wait for the department, covert hits left out", partial(_of, "queue_items")
    ),
    single_metric("queue_oldest_seconds", "How long the oldest of them waits", partial(_of, "queue_oldest_s")),
    single_metric("queue_refused_items", "Items set aside, refused by the department", partial(_of, "queue_refused")),
    single_metric("items_delivered_total", "Items with a receipt since the uplink began", partial(_of, "delivered")),
    single_metric("link_up", "1 while the department answers", _link_up),
    single_metric("certificate_remaining_seconds", "Until the unit's certificate ends", _certificate_s),
    single_metric("position_known", "1 while the receiver has a fix", partial(_of, "has_fix")),
    single_metric("clock_confirmed", "1 while a receiver or a time server confirms the time", _clock_confirmed),
    single_metric("tone_delay_seconds", "Capture to tone, the median", lambda figures: _seconds(figures.tone_ms)),
    single_metric("temperature_celsius", "Of the processor", partial(_of, "temperature_c")),
    single_metric("throttled", "1 while the processor is slowed down", partial(_of, "is_throttled")),
    single_metric("disk_used_ratio", "Share of the disk in use, 0 to 1", partial(_of, "disk_share")),
    single_metric("disk_free_bytes", "Free on the disk", partial(_of, "disk_free_bytes")),
)


class MetricsDaemon:
    """The running daemon."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop

    def run(self) -> None:
        """Answer until stopped.

        Raises:
            AlprEdgeError: the port is taken.
        """
        answer_until(open_server(self._settings), self._stop)


def open_server(settings: Settings) -> HTTPServer:
    """A server for the metrics of a unit, which listens and does not answer yet."""
    return open_listener(UnitCollector(settings), settings.metrics.host, settings.metrics.port)
