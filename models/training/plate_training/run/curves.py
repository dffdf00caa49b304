"""A run's curves: every figure of its log over the samples seen."""

from collections import defaultdict
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no display is needed

from matplotlib import pyplot as plt  # after the choice above

from plate_training.data.pictures import rows_of

COLUMNS = 3
CELL_INCHES = 4.2, 2.6
LOSSES = {"centre", "overlap", "ratio", "slots", "ctc"}
"""Drawn on a log scale."""


def draw_curves(folder: Path) -> Path:
    """Write ``curves.png`` beside ``log.csv``.

    Returns:
        Its path.

    Raises:
        SystemExit: there is no log, or nothing in it.
    """
    log = folder / "log.csv"
    rows = rows_of(log) if log.exists() else []
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        curves[row["figure"]].append((int(row["samples_seen"]), float(row["value"])))
    curves.pop("final", None)
    if not curves:
        raise SystemExit(f"{log}: nothing logged; train first")
    high = -(-len(curves) // COLUMNS)
    sheet, axes = plt.subplots(
        high, COLUMNS, figsize=(COLUMNS * CELL_INCHES[0], high * CELL_INCHES[1]), squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(curves) :]:
        axis.axis("off")
    for axis, (name, points) in zip(axes.flat, curves.items(), strict=False):
        axis.plot(*zip(*points, strict=True), marker="" if name in LOSSES else ".", linewidth=1)
        axis.set_yscale("log" if name in LOSSES else "linear")
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("samples seen", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
    last = rows[-1]
    length = f"{int(last['samples_seen']):,} samples, {float(last['hours']):.2f} hours"
    sheet.suptitle(f"{folder.name}: {length}", fontsize=10)
    target = folder / "curves.png"
    sheet.savefig(target, dpi=110)
    plt.close(sheet)
    return target
