"""Draws a soak as SVG: memory of each daemon, items that wait for the department, frames a second."""

import importlib.util
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.soak.campaign import QueueSample, SoakCampaign
from scripts.soak.growth import ProcessLife

HOW_TO_GET = 'no plots: matplotlib is not installed; pip install "alpr-edge[reports]"'
SIZE_INCH = 9.0, 3.2
_STYLE: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "alpr-edge", "font.size": 9}
_COLOURS = {"run": "#1f4e79", "uplink": "#b35900", "console": "#2e7d32"}
_FAULT_COLOUR = "#d9d9d9"


def can_plot() -> bool:
    """Whether plots can be drawn here."""
    return importlib.util.find_spec("matplotlib") is not None


def write_plots(folder: Path, campaign: SoakCampaign) -> list[Path]:
    """Write the three plots, with the times of faults in grey; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    lives = campaign.parts.services.lives

    def draw_memory(axes: Any) -> None:  # noqa: ANN401 - of matplotlib
        _draw_memory(axes, lives, campaign.began_s)

    def draw_queue(axes: Any) -> None:  # noqa: ANN401 - of matplotlib
        minutes = [(each.at_s - campaign.began_s) / 60 for each in campaign.queue]
        axes.plot(minutes, [each.waiting for each in campaign.queue], color=_COLOURS["uplink"], linewidth=0.9)

    def draw_frames(axes: Any) -> None:  # noqa: ANN401 - of matplotlib
        moments = frame_rates(campaign.queue)
        minutes = [(at_s - campaign.began_s) / 60 for at_s, _ in moments]
        axes.plot(minutes, [rate for _, rate in moments], color=_COLOURS["run"], linewidth=0.9)

    plots = {
        "memory": ("memory, MB", draw_memory),
        "queue": ("items that wait", draw_queue),
        "frames": ("frames a second", draw_frames),
    }
    return [_write(folder / f"{name}.svg", label, draw, campaign) for name, (label, draw) in plots.items()]


def frame_rates(samples: Sequence[QueueSample]) -> list[tuple[float, float]]:
    """Frames a second between each two samples; a daemon that was started anew counts from 0."""
    return [
        (after.at_s, max(0, after.frames - before.frames) / (after.at_s - before.at_s))
        for before, after in itertools.pairwise(samples)
        if after.at_s > before.at_s
    ]


def _draw_memory(axes: Any, lives: Sequence[ProcessLife], began_s: float) -> None:  # noqa: ANN401 - of matplotlib
    named = set[str]()
    for life in lives:
        minutes = [(sample.at_s - began_s) / 60 for sample in life.samples]
        label = None if life.name in named else life.name
        named.add(life.name)
        memory = [sample.memory_mb for sample in life.samples]
        axes.plot(minutes, memory, color=_COLOURS[life.name], label=label, linewidth=0.9)
    axes.legend(loc="best", ncols=len(named))


def _write(path: Path, label: str, draw: Any, campaign: SoakCampaign) -> Path:  # noqa: ANN401 - a function of axes
    import matplotlib as mpl  # noqa: PLC0415 - of an extra, and slow to load
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=SIZE_INCH, layout="constrained")
        canvas: Any = FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for trial in campaign.trials:
            ended_s = trial.ended_s if trial.ended_s is not None else trial.began_s
            begin, end = ((moment_s - campaign.began_s) / 60 for moment_s in (trial.began_s, ended_s))
            axes.axvspan(begin, end, color=_FAULT_COLOUR, linewidth=0)
        draw(axes)
        axes.set(xlabel="minutes", ylabel=label, xlim=(0, max(campaign.lasted_s / 60, 0.1)))
        axes.set_ylim(bottom=0)
        canvas.print_svg(str(path), metadata={"Date": None})
    return path
