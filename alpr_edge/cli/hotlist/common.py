"""What the ``hotlist`` commands share: the lists opened, the whole of what is matched against, a bar, levels of age."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from alpr_edge.domain.hits import Generation
from alpr_edge.domain.matching import Entries
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.hotlist.index.officer_entries import CombinedIndex, OwnIndex
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.settings import Settings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.keys import load_key

PROGRESS_FROM_ENTRIES = 50_000
"""A smaller import is over before a bar could be read."""


@contextmanager
def opened_lists(unit: Settings, *, migrate: bool) -> Iterator[ListStore]:
    """The unit's lists, their database open."""
    lists_key = load_key("lists", unit.store.keys_directory)
    with opened_database(unit, migrate=migrate) as database:
        yield ListStore(database, lists_key, unit.unit.data_directory / LISTS_DIRECTORY)


@contextmanager
def opened_database(unit: Settings, *, migrate: bool) -> Iterator[Database]:
    """The unit's database alone, for what needs no list and so no key to them."""
    key = load_key("outbox", unit.store.keys_directory)
    database = Database.open(unit.unit.data_directory, key, migrate=migrate)
    try:
        yield database
    finally:
        database.close()


def watched(lists: ListStore, now: datetime | None) -> tuple[HotlistIndex, OwnIndex, Entries]:
    """The lists, the officers' own entries, and both as a read would meet them."""
    index = HotlistLoader(lists.database, lists.lists_key, lists.directory).load()
    own = OwnIndex(officer_entries.watched(lists.database, now))
    return index, own, CombinedIndex(index, own)


def age_s(generation: Generation, now: datetime | None) -> int | None:
    """Seconds since a list was made, for JSON."""
    age = generation.age(now)
    return None if age is None else round(age.total_seconds())


def age_text(seconds: int | None) -> str:
    """The age of a list for people."""
    return "unknown" if seconds is None else f"{seconds / 3600:.1f} h"


class Bar:
    """A progress bar on a terminal's stderr that shows itself on long imports only."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.fields[entries]:,} entries"), BarColumn(), TaskProgressColumn())
        self._console = Console(stderr=True)
        self._progress = Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True)
        self._task = self._progress.add_task("import", total=1.0, entries=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Stopping a bar that never started would print an empty line.
        if self._progress.live.is_started:
            self._progress.stop()

    def show(self, entries: int, share: float) -> None:
        """Advance the bar."""
        if entries >= PROGRESS_FROM_ENTRIES and self._console.is_terminal:
            self._progress.update(self._task, completed=share, entries=entries)
            self._progress.start()
