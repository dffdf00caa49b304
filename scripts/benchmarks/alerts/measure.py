"""Prints the price of alerting: listed vehicles heard, and wrong tones, of a release before and of this tree.

A vehicle counts whose text is beyond doubt and whose plate is found in a look that is taken for one. It is heard when
a tone for its text sounds of it while that stands on a list of 100,000. Wrong tones are reckoned over all lists of so
many different plates, drawn evenly from one state's serials, as :mod:`scripts.benchmarks.tones` does: a text that is of
the pattern of a vehicle's own, and for which a tone sounds of that vehicle where it is listed, is on such a list with
the list's share of all serials. So nothing depends on which list was drawn.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from alpr_edge.settings import VisionSettings
from scripts.benchmarks.alerts.look_maker import looks_of
from scripts.benchmarks.alerts.looks import LookSequence, default_folder, store
from scripts.benchmarks.alerts.scenes import SOURCES
from scripts.benchmarks.alerts.simulation import SIZES
from scripts.benchmarks.alerts.trees import BEFORE, ROOT, outcomes_of, simulation, tree_before
from scripts.benchmarks.figures import figure, round_figure, wilson
from scripts.benchmarks.tones import READS, SERIALS

__all__ = ["BEFORE", "SOURCES", "AlertsRequest", "default_folder", "run"]

OUTCOMES = Path("out/bench")
"""Folder of what came of each sequence, for a closer look."""
KINDS = {"wrong_full": "full", "possible": "possible"}
"""Of wrong tones."""


@dataclass(frozen=True, slots=True)
class AlertsRequest:
    """What to measure.

    Args:
        data: folder of the real photos.
        vision: models.
        before: a checkout of the release before; None: it is taken from this repository's history.
        sources: some of :data:`~scripts.benchmarks.alerts.scenes.SOURCES`.
        limit: the most sequences of each source; the figures of fewer than all are called partial.
        looks: folder in which looks are kept.
        anew: whether to look again although looks are kept.
    """

    data: Path
    vision: VisionSettings
    before: Path | None
    sources: tuple[str, ...]
    limit: int | None
    looks: Path
    anew: bool


@dataclass(frozen=True, slots=True, eq=False)
class TreeOutcome:
    """What came of all sequences in one tree."""

    outcomes: Sequence[dict[str, Any]]
    seconds: float

    @property
    def reads(self) -> int:
        """Reads that stand, of vehicles whose text is clear."""
        return sum(one["reads"] for one in self.outcomes)

    def heard_by_source(self, key: str) -> dict[str, list[int]]:
        """By source how many of the vehicles found were heard, and how many were found."""
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for one in self.outcomes:
            counts[one["source"]][0] += len(one[key])
            counts[one["source"]][1] += len(one["found"])
        return dict(counts)

    def wrong_texts(self, size: str, kind: str) -> int:
        """Pairs of a vehicle and another text, for which a tone of a kind sounds of it where it is listed."""
        return sum(tone[kind] for one in self.outcomes for tone in one["wrong"] if tone["size"] == size)

    def wrong_per_10k(self, size: str, kind: str) -> float:
        """Wrong tones to be expected in :data:`READS` reads."""
        return READS * self.wrong_texts(size, kind) * SIZES[size] / SERIALS / max(1, self.reads)


def run(request: AlertsRequest) -> None:
    """Look once, take the looks through both trees and print every figure."""
    began = time.monotonic()
    sequences = [
        one
        for source in request.sources
        for one in looks_of(source, request.data, request.vision, request.looks, request.limit, anew=request.anew)
    ]
    looking_s = time.monotonic() - began
    before, after = _simulate_both(request, sequences)
    _print(request, sequences, before, after)
    seconds = {"looking": looking_s, "before": before.seconds, "after": after.seconds}
    told: dict[str, Any] = {f"{name}_s": round(value, 1) for name, value in seconds.items()}
    figure(f"{_prefix(request)}seconds", time.monotonic() - began, "s", **told)


def _prefix(request: AlertsRequest) -> str:
    return "alerts." if request.limit is None else "partial.alerts."


def _simulate_both(request: AlertsRequest, sequences: Sequence[LookSequence]) -> tuple[TreeOutcome, TreeOutcome]:
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
        ThreadPoolExecutor(2) as pool,
        ExitStack() as stack,
    ):
        looks, product = Path(folder) / "looks", Path(folder) / "before"
        store(looks, sequences, {})
        product.mkdir()
        trees = stack.enter_context(tree_before(request.before, product)), ROOT
        processes = [stack.enter_context(simulation(tree, looks)) for tree in trees]
        bars = [
            partial(progress.advance, progress.add_task(name, total=len(sequences))) for name in ("before", "after")
        ]
        before, after = pool.map(_tree_outcome, processes, bars)
    for name, one in (("before", before), ("after", after)):
        _write(one, OUTCOMES / f"alerts-{name}.jsonl")
    return before, after


def _tree_outcome(process: "subprocess.Popen[str]", on_outcome: Callable[[], None]) -> TreeOutcome:
    began = time.monotonic()
    return TreeOutcome(outcomes_of(process, on_outcome), time.monotonic() - began)


def _write(one: TreeOutcome, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in one.outcomes), encoding="utf-8")
    sys.stderr.write(f"scripts/bench: what came of each sequence: {path.resolve()}\n")


def _print(request: AlertsRequest, sequences: Sequence[LookSequence], before: TreeOutcome, after: TreeOutcome) -> None:
    name = _prefix(request)
    frames = sum(len(one.frames) for one in sequences)
    looks, doubtful = sum(len(one.looks) for one in sequences), sum(len(one["doubtful"]) for one in after.outcomes)
    figure(f"{name}looks", looks, "looks", frames=frames, sequences=len(sequences), vehicles_never_accepted=doubtful)
    figure(f"{name}reads", after.reads, "reads", before=before.reads)
    for key in ("heard", "heard_full"):
        _print_heard(f"{name}{key}", before.heard_by_source(key), after.heard_by_source(key))
    for size in SIZES:
        for kind, key in KINDS.items():
            rates = [one.wrong_per_10k(size, key) for one in (before, after)]
            texts = [one.wrong_texts(size, key) for one in (before, after)]
            told: dict[str, Any] = {"texts": texts[1], "of": after.reads, "before_texts": texts[0]}
            told |= {"before": round_figure(rates[0]), "before_of": before.reads}
            figure(f"{name}{kind}_per_10k.{size}", rates[1], f"tones/{READS} reads", **told)
            ratio = 1.0 if rates[0] == rates[1] else rates[1] / rates[0] if rates[0] else None
            figure(f"{name}{kind}_vs_before.{size}", ratio, "ratio", is_new=ratio is None)


def _print_heard(name: str, before: dict[str, list[int]], after: dict[str, list[int]]) -> None:
    (heard, of), (heard_before, of_before) = (
        [sum(counts[i] for counts in by_source.values()) for i in (0, 1)] for by_source in (after, before)
    )
    figure(
        name,
        heard / max(1, of),
        "share",
        before=round(heard_before / max(1, of_before), 4),
        count=heard,
        of=of,
        wilson95=wilson(heard, of),
        by_source=after,
        before_by_source=before,
    )
