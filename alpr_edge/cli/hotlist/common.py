"""What the ``hotlist`` commands share: opening the lists, a progress bar, and ages for JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.hits import Generation, HotlistEntry
from alpr_edge.settings import Settings

if TYPE_CHECKING:
    from alpr_edge.hotlist.index.index import HotlistIndex
    from alpr_edge.hotlist.index.officer_entries import CombinedIndex, OwnIndex
    from alpr_edge.hotlist.ingest.feed_reader import Progress
    from alpr_edge.hotlist.ingest.importer import ListStore
    from alpr_edge.store.db.database import Database

_BAR_STEPS = 1000


@contextmanager
def open_lists(unit: Settings, *, migrate: bool) -> Iterator[ListStore]:
    """Open the unit's lists and their database."""
    from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
    from alpr_edge.hotlist.ingest.importer import ListStore
    from alpr_edge.store.keys import load_key

    lists_key = load_key("lists", unit.store.keys_directory)
    with open_list_database(unit, migrate=migrate) as database:
        yield ListStore(database, lists_key, unit.unit.data_directory / LISTS_DIRECTORY)


@contextmanager
def open_list_database(unit: Settings, *, migrate: bool) -> Iterator[Database]:
    """Open the unit's database alone, without the key of the lists."""
    from alpr_edge.store.db.database import Database
    from alpr_edge.store.keys import load_key

    key = load_key("outbox", unit.store.keys_directory)
    database = Database.open(unit.unit.data_directory, key, migrate=migrate)
    try:
        yield database
    finally:
        database.close()


def load_indexes(
    lists: ListStore, covert_sources: Collection[str], now: datetime | None
) -> tuple[HotlistIndex, OwnIndex, CombinedIndex]:
    """The lists, the officers' own entries, and both together, as reads are matched against them."""
    from alpr_edge.hotlist.index.loader import HotlistLoader
    from alpr_edge.hotlist.index.officer_entries import CombinedIndex, OwnIndex
    from alpr_edge.store.hotlists import officer_entries

    index = HotlistLoader(lists.database, lists.lists_key, lists.directory, covert_sources).load()
    own = OwnIndex(officer_entries.entries_in_force(lists.database, now))
    return index, own, CombinedIndex(index, own)


def age_json(generation: Generation, now: datetime | None) -> tuple[int | None, int | None]:
    """Seconds since a list was made, and seconds by which it is dated ahead of the clock, for JSON."""
    age = generation.age(now)
    if age is None:
        return None, None
    seconds = round(age.total_seconds())
    return (None, -seconds) if seconds < 0 else (seconds, None)


@contextmanager
def import_progress() -> Iterator[Progress]:
    """Show a bar on a terminal's stderr while a feed is imported."""
    with progress_bar("import", _BAR_STEPS) as show:
        yield lambda entries, share: show(f"{entries:,} entries", round(share * _BAR_STEPS), _BAR_STEPS)


def entry_json(entry: HotlistEntry) -> dict[str, object]:
    """An entry of a list as its feed has it, for JSON."""
    return {
        "plate": entry.plate_raw,
        "state": entry.state,
        "reason": entry.reason.value,
        "source": entry.source,
        "record_id": entry.record_id,
        **details_json(entry),
    }


def details_json(entry: HotlistEntry) -> dict[str, object]:
    """What an entry says of the vehicle, and when and where it is in force, for JSON."""
    return {
        "vehicle": entry.vehicle,
        "remarks": entry.remarks,
        "effective": entry.effective,
        "expires": entry.expires,
        "area": str(entry.area) if entry.area else None,
        "hours": str(entry.hours) if entry.hours else None,
        "covert": entry.covert,
    }
