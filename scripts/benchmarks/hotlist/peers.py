"""Other ways to look a plate up in a list, for comparison: a Python dict, an index of SQLite, a MARISA trie."""

import csv
import gc
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import marisa_trie

from alpr_edge.domain.patterns import is_partial
from alpr_edge.domain.plates import canonical

Ask = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class PeerMatcher:
    """One other way of looking plates up, over the whole list."""

    name: str
    ask: Ask
    """Everything listed of a plate."""
    memory_mb: float
    build_s: float


def peers(feed: Path) -> Iterator[PeerMatcher]:
    """Build each other way over the feed's plates in turn: the one before is gone when the next is built."""
    for name, build in (("dict", _dict), ("sqlite", _sqlite), ("marisa_trie", _marisa)):
        gc.collect()
        before, began = _rss_mb(), time.perf_counter()
        ask = build(feed)
        yield PeerMatcher(name, ask, _rss_mb() - before, time.perf_counter() - began)


def _rows(feed: Path) -> Iterator[tuple[str, Sequence[str]]]:
    """Canonical plates with the rest of their rows."""
    with feed.open(encoding="ascii", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for plate, *rest in rows:
            if not is_partial(plate):
                yield canonical(plate), rest


def _dict(feed: Path) -> Ask:
    table: defaultdict[str, list[str]] = defaultdict(list)
    for plate, rest in _rows(feed):
        table[plate].append("\x1f".join(rest))
    return table.get


def _sqlite(feed: Path) -> Ask:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE entries (plate TEXT, rest TEXT)")
    database.executemany(
        "INSERT INTO entries VALUES (?, ?)", ((plate, "\x1f".join(rest)) for plate, rest in _rows(feed))
    )
    database.execute("CREATE INDEX entries_plate ON entries (plate)")
    return lambda plate: database.execute("SELECT rest FROM entries WHERE plate = ?", (plate,)).fetchall()


def _marisa(feed: Path) -> Ask:
    trie = marisa_trie.BytesTrie((plate, "\x1f".join(rest).encode("ascii")) for plate, rest in _rows(feed))
    get: Ask = trie.get
    return get


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
