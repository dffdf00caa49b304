"""Measures the hotlist: import, swap, memory, look-ups, cold start, and what an import costs the commit of reads.

Import and unit are processes of their own, as in a car. Look-ups are timed in this one, and so are the peers, one
after another over the same list and plates.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from alpr_edge.app.factories import open_lists
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.matching import MatchQuery, find_matches
from alpr_edge.domain.patterns import PatternSet
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.hotlist.index.packed_list import PackedList
from alpr_edge.settings import load
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import open_store
from scripts.benchmarks.figures import figure
from scripts.benchmarks.hotlist.feed import looks, write_feed
from scripts.benchmarks.hotlist.peers import peers
from scripts.benchmarks.hotlist.unit import import_command

ENTRIES = 5_000_000
TABLE = (10**3, 10**4, 10**5, 10**6, 10**7)
LOOKS = 20_000
ROUNDS = 5
COMMAND_S_MAX = 1800.0
Asked = TypeVar("Asked")
NAMES = ("import_s", "swap_s", "memory_mb", "match_p99_us", "partial_p99_us", "cold_start_s", "commit_delay_ms")


def run(entries: int, *, table: bool) -> None:
    """Print every figure at one size, with the peers; or at each size of the table, without them."""
    if not table:
        _measure(entries, with_peers=True)
        return
    rows = {size: _measure(size, with_peers=False) for size in TABLE}
    output = Table("entries", *NAMES, box=None)
    for size, figures in rows.items():
        output.add_row(f"{size:,}", *(f"{figures[name]:.4g}" for name in NAMES))
    Console(stderr=True, width=140).print(output)


def _measure(entries: int, *, with_peers: bool) -> dict[str, float]:
    """Every figure at one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feed, settings = folder / "feed.csv", _unit(folder)
        write_feed(feed, entries)
        began = time.perf_counter()
        report = json.loads(_output(import_command(feed, settings)))
        import_s = time.perf_counter() - began
        if report["rejected"]:
            raise FeedError(
                f"{report['rejected']} lines of the made-up list were rejected; it is wrong or the format is"
            )
        unit = json.loads(_output([sys.executable, "-m", "scripts.benchmarks.hotlist.unit", str(settings), str(feed)]))
        index = _index(settings)
        figures: dict[str, float] = unit | {"import_s": import_s} | _look_ups(index, looks(entries, LOOKS))
        against = _against(index, looks(entries, LOOKS), feed, unit["memory_mb"]) if with_peers else {}
    _print(figures, against, entries)
    return figures


def _print(figures: dict[str, float], against: dict[str, dict[str, float]], entries: int) -> None:
    """One line a figure, with what belongs to it beside it."""
    beside = {
        "memory_mb": ("swap_memory_mb",),
        "match_p99_us": (
            "match_median_us",
            "match_best_p99_us",
            "hit_median_us",
            "hit_p99_us",
            "miss_median_us",
            "miss_p99_us",
        ),
        "partial_p99_us": ("partial_median_us", "partials"),
        "commit_delay_ms": ("commit_delay_p99_ms", "commit_rest_ms", "commit_rest_max_ms", "commits"),
    }
    for name in NAMES:
        more = {other: round(figures[other], 2) for other in beside.get(name, ())}
        unit = name.rpartition("_")[2].replace("mb", "MiB")
        figure(f"hotlist.{name}", figures[name], unit, against.get(name), entries=entries, **more)


def _unit(folder: Path) -> Path:
    """The settings file of a unit that holds nothing yet."""
    create_keys(folder / "keys")
    settings = folder / "alpr-edge.toml"
    settings.write_text(
        '[unit]\ndata_directory = "data"\nruntime_directory = "run"\n[store]\nkeys_directory = "keys"\n',
        encoding="utf-8",
    )
    return settings


def _output(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=COMMAND_S_MAX, check=False)  # noqa: S603
    if done.returncode:
        raise FeedError("a part of the benchmark ended with an error, which stands above")
    return done.stdout


def _index(settings: Path) -> HotlistIndex:
    unit = load(settings)
    with open_store(unit, migrate=False) as store:
        return open_lists(unit, store.database)[1].load()


def _look_ups(index: HotlistIndex, reads: Sequence[MatchQuery]) -> dict[str, float]:
    """Microseconds of exact and confusable look-ups together, and of the partials alone."""
    whole = replace(
        index, lists=tuple(replace(item, packed_list=_without_partials(item.packed_list)) for item in index.lists)
    )
    # A car asks for a plate once, so the first round counts; of the others only what no other process held up.
    rounds = np.array([_times_us(lambda read: find_matches(read, whole), reads) for _ in range(ROUNDS)])
    times, best = rounds[0], rounds.min(axis=0)
    is_match = np.array([bool(find_matches(read, whole)) for read in reads])
    partial = _times_us(lambda read: index.partial(read.plate), reads)
    return {
        "match_p99_us": float(np.percentile(times, 99)),
        "match_median_us": float(np.median(times)),
        "match_best_p99_us": float(np.percentile(best, 99)),
        "hit_median_us": float(np.median(times[is_match])),
        "hit_p99_us": float(np.percentile(times[is_match], 99)),
        "miss_median_us": float(np.median(times[~is_match])),
        "miss_p99_us": float(np.percentile(times[~is_match], 99)),
        "partial_p99_us": float(np.percentile(partial, 99)),
        "partial_median_us": float(np.median(partial)),
        "partials": sum(len(sealed_list.packed_list.patterns) for sealed_list in index.lists),
    }


def _without_partials(index: PackedList) -> PackedList:
    return replace(index, patterns=PatternSet([]))


def _against(
    index: HotlistIndex, reads: Sequence[MatchQuery], feed: Path, memory_mb: float
) -> dict[str, dict[str, float]]:
    """Our time and memory in parts of each peer's, for everything listed of the very plate read."""
    times, memory = {}, {}
    plates = [read.plate for read in reads]
    for peer in peers(feed):
        theirs = float(np.median(_times_us(peer.ask, plates)))
        ours = float(np.median(_times_us(index.exact, plates)))
        times[f"ratio to {peer.name}"] = round(ours / theirs, 2)
        memory[f"ratio to {peer.name}"] = round(memory_mb / peer.memory_mb, 3)
        figure(f"hotlist.peer.{peer.name}.exact_median_us", theirs, "us", ours_us=round(ours, 2))
        figure(f"hotlist.peer.{peer.name}.memory_mb", peer.memory_mb, "MiB", build_s=round(peer.build_s, 1))
    return {"match_p99_us": times, "memory_mb": memory}


def _times_us(ask: Callable[[Asked], object], questions: Sequence[Asked]) -> NDArray[np.float64]:
    """Microseconds that each question took."""
    times = np.empty(len(questions))
    for place, one in enumerate(questions):
        began = time.perf_counter_ns()
        ask(one)
        times[place] = time.perf_counter_ns() - began
    return times / 1000
