"""One metric in the text format of Prometheus, and where its samples come from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

F = TypeVar("F")
Sample = tuple[tuple[str, ...], float | None]
"""The values of its labels, and its own; None: not known at present."""


@dataclass(frozen=True, slots=True)
class MetricDefinition(Generic[F]):
    """One metric: its name, what it says, its labels, and where its samples come from."""

    name: str
    """Without the prefix of all; a counter's name ends with ``_total``."""
    text: str
    labels: tuple[str, ...]
    samples: Callable[[F], Iterable[Sample]]

    @property
    def kind(self) -> Literal["counter", "gauge"]:
        """What Prometheus calls its type."""
        return "counter" if self.name.endswith("_total") else "gauge"

    def family(self, prefix: str, figures: F) -> Metric:
        """The metric with its samples; a value that is not known is left out."""
        kind = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = kind(prefix + self.name, self.text, labels=self.labels)
        for labels, value in self.samples(figures):
            if value is not None:
                family.add_metric(labels, value)
        return family


def single_metric(name: str, text: str, value: Callable[[F], float | None]) -> MetricDefinition[F]:
    """A metric without labels."""
    return MetricDefinition(name, text, (), partial(_single, value))


def value_of(name: str, figures: object) -> float | None:
    """A figure by the name of its field."""
    value: float | None = getattr(figures, name)
    return value


def _single(value: Callable[[Any], float | None], figures: object) -> Iterator[Sample]:
    yield (), value(figures)
