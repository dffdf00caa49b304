"""Figures as JSON lines, and the interval that goes with a share."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from alpr_edge.domain.statistics.proportions import wilson_interval


def figure(
    name: str,
    value: float | None,
    unit: str,
    against: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401
) -> None:
    """Print one figure, of four digits; None is one that cannot be measured here, and ``more`` says why."""
    line = {
        "figure": name,
        "value": None if value is None else round_figure(value),
        "unit": unit,
        "against": against or {},
        **more,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def round_figure(value: float) -> float:
    """Four digits after the point, of small values four that are not zero."""
    return round(value, 4) if abs(value) >= 0.1 else float(f"{value:.4g}")


def share(name: str, count: int, of: int, against: dict[str, Any] | None = None, **more: Any) -> None:  # noqa: ANN401
    """Print a share with its 95 % Wilson interval."""
    figure(name, count / of if of else 0.0, "share", against, count=count, of=of, wilson95=wilson(count, of), **more)


def rate(name: str, count: int, of: int, unit: str, per: int = 1, **more: Any) -> None:  # noqa: ANN401
    """Print how many of something there are to so many of something else, with a 95 % interval.

    The interval is Wilson's for the share that have one, as if none had more: it holds for rates well under one.
    """
    interval = tuple(round(per * edge, 4) for edge in wilson(min(count, of), of))
    figure(name, per * count / max(1, of), unit, count=count, of=of, wilson95=interval, **more)


def milliseconds(name: str, times: Sequence[float], **more: Any) -> None:  # noqa: ANN401
    """Print the median of times, with the 90th percentile beside it."""
    p90 = round(float(np.percentile(times, 90)), 4)
    figure(name, float(np.median(times)), "ms", p90=p90, of=len(times), **more)


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, to four digits."""
    low, high = wilson_interval(count, of)
    return round(low, 4), round(high, 4)
