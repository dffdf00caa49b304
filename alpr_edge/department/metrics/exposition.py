"""The metrics of a department by name, from its figures file alone.

Labels hold names of units and words of the program; never a plate, a person or an address. What is not known at present
has no sample: an old figure is never shown as a present one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from alpr_edge.domain.instants import NS_PER_S
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.runtime.health import Health, current_health
from alpr_edge.web.metrics.definition import MetricDefinition, Sample, single_metric

PREFIX = "alpr_edge_department_"
FILE_NAME = "department"
"""The figures are in ``department.json`` of their folder."""
AGE_S_MAX = 180.0
"""Greatest age of the figures file: a server that works writes it once a minute."""


@dataclass(frozen=True, slots=True)
class ToldFigures:
    """What the file says; of a server that does not run, nothing."""

    is_up: bool
    version: str = ""
    uptime_s: float | None = None
    age_s: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        return _number(self.values.get(name))

    def table(self, name: str) -> Mapping[str, Any]:
        """Figures by a word; empty where there are none."""
        value = self.values.get(name)
        return value if isinstance(value, Mapping) else {}


DepartmentMetric = MetricDefinition[ToldFigures]


class DepartmentCollector(Collector):
    """Looks at the figures file whenever Prometheus asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        figures = told_figures(current_health(self._folder, FILE_NAME, AGE_S_MAX))
        for definition in METRICS:
            yield definition.family(PREFIX, figures)


def told_figures(health: Health | None) -> ToldFigures:
    """The figures of a file; None: of a server that does not run, or wrote none lately."""
    if health is None or health.stamp is None:
        return ToldFigures(is_up=False)
    stamp, now_s = health.stamp, boottime_ns() / NS_PER_S
    uptime_s = None if stamp.began_boottime_s is None else max(0.0, now_s - stamp.began_boottime_s)
    return ToldFigures(
        is_up=True,
        version=stamp.version,
        uptime_s=uptime_s,
        age_s=max(0.0, now_s - stamp.boottime_s),
        values=health.figures,
    )


def _versions(figures: ToldFigures) -> Iterator[Sample]:
    if figures.version:
        yield (figures.version,), 1.0


def _by_word(name: str, figures: ToldFigures) -> Iterator[Sample]:
    for word, value in figures.table(name).items():
        yield (str(word),), _number(value)


def _by_unit(name: str, figures: ToldFigures) -> Iterator[Sample]:
    units = figures.values.get("units")
    for each in units if isinstance(units, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("unit"), str):
            yield (each["unit"],), _number(each.get(name))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _words(name: str, text: str, label: str, figure: str) -> DepartmentMetric:
    return MetricDefinition(name, text, (label,), partial(_by_word, figure))


def _unit(name: str, text: str, figure: str) -> DepartmentMetric:
    return MetricDefinition(name, text, ("unit",), partial(_by_unit, figure))


def _figure(name: str, text: str, figure: str) -> DepartmentMetric:
    return single_metric(name, text, lambda figures: figures.number(figure))


METRICS: tuple[DepartmentMetric, ...] = (
    single_metric("up", "1 while the server runs and its figures are fresh", lambda figures: figures.is_up),
    MetricDefinition("build_info", "1, with the version that runs", ("version",), _versions),
    single_metric("uptime_seconds", "Seconds since the server began", lambda figures: figures.uptime_s),
    single_metric("figures_age_seconds", "Seconds since it wrote its figures", lambda figures: figures.age_s),
    _words(
        "items_received_total",
        "Items answered with a receipt since it began; hits are left out, as some are covert",
        "kind",
        "items_received",
    ),
    _figure("items_refused_total", "Items refused since it began, hits left out", "items_refused"),
    _figure("batches_turned_away_total", "Batches asked to come again since it began", "batches_turned_away"),
    _figure("batches_on_their_way", "Batches that are received or stored now", "batches_on_their_way"),
    _words("units", "Units by their newest certificate", "state", "unit_states"),
    _unit("unit_heard_seconds", "Since the unit was last heard", "heard_s"),
    _unit("unit_ready", "1 if it said then that it does its work", "is_ready"),
    _unit("unit_queue_items", "Items that waited in it then, covert hits left out", "queue_items"),
    _figure("units_left_out", "Units beyond the most that are told one by one", "units_left_out"),
    _figure("disk_free_bytes", "Free on the disk of the department's folder", "disk_free_bytes"),
    _figure("disk_used_ratio", "Share of that disk in use, 0 to 1", "disk_share"),
    _words("certificate_remaining_seconds", "Until a certificate ends", "certificate", "certificates_left_s"),
    _words("last_good_seconds", "Since the last good backup, and drill", "what", "last_good_s"),
    _words("last_failed", "1 while the last backup, or drill, is one that failed", "what", "last_failed"),
    _figure("deletion_age_seconds", "Since the last deletion that did all there was to do", "deletion_age_s"),
    _words("alarms", "What is wrong, by what it is about", "kind", "alarms"),
)
