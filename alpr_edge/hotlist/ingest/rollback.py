"""Rolls a list back to the generation before: for the day a feed that passed validation turns out to be wrong."""

from alpr_edge.domain.errors import FeedError, StoreError
from alpr_edge.hotlist.index.loader import open_sealed
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.store.hotlists.generations import StoredGeneration, activate, all_generations


def roll_back(lists: ListStore, source: str) -> StoredGeneration:
    """Make the generation before a source's live one live; a loader notices it with its next refresh.

    It is opened and checked first: a list that does not open would be no list at all.

    Returns:
        The generation now live.

    Raises:
        FeedError: the source is not known, or holds nothing older.
        StoreError: the file of the older one is gone or damaged; the live one stays.
    """
    rows = all_generations(lists.database, source)
    live = next((row for row in rows if row.live), None)
    if live is None:
        raise FeedError(f"no list is called {source}; alpr-edge hotlist status shows them all")
    before = next((row for row in rows if row.generation.serial < live.generation.serial), None)
    if before is None:
        raise FeedError(f"list {source} has no generation before {live.generation.serial}; it stays live")
    serial = before.generation.serial
    try:
        open_sealed(before, lists.lists_key, lists.directory)
    except StoreError as error:
        raise StoreError(
            f"list {source} stays at generation {live.generation.serial}: the one before does not open: {error}"
        ) from None
    activate(lists.database, source, serial, lists.directory)
    return before
