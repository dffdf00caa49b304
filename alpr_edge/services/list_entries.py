"""Shows the entries of an imported list, page by page, to users who may see its hits (policy 462.4(e))."""

from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import Generation, HotlistEntry
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.hotlist.index.index import SealedList
from alpr_edge.hotlist.index.loader import open_sealed
from alpr_edge.hotlist.ingest.importer import ListStore, require_source_name
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.hotlists.generations import StoredGeneration, live


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page of a list."""

    source: str
    first: int
    """Number of its first entry, from 1."""
    limit: int
    """Most entries on it."""
    covert: bool = False
    """Whether to show covert entries too."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some entries of a list, in the order of their plates."""

    generation: Generation
    entries: tuple[tuple[int, HotlistEntry], ...]
    """Each with its number in the list."""
    next: int | None
    """Number of the entry that the next page begins with; None: this is the last page."""


def show_list(
    lists: ListStore, authoriser: Authoriser, purpose: Purpose, query: PageQuery, limits: HotlistSettings
) -> ListPage:
    """Return a page of the live generation of a list.

    Args:
        lists: the lists of this unit; only the one that is asked for is opened.

    Raises:
        AccessError: the access is refused.
        FeedError: no list of this name is live.
        StoreError: the list does not open, or the access cannot be recorded.
    """
    require_source_name(query.source)
    operation = Operation.SHOW_COVERT_ENTRIES if query.covert else Operation.SHOW_ENTRIES
    row = next((row for row in live(lists.database) if row.generation.source == query.source), None)
    needed = limits.permission_of(query.source) if row is not None else None
    subject = AccessSubject((f"list:{query.source}",), source=needed, is_covert=query.covert)
    with authoriser.access(operation, purpose, subject) as access:
        if row is None:
            raise FeedError(f"no list is called {query.source}; alpr-edge hotlist status shows them all")
        page = _page(_open(lists, row, limits), query)
        access.show(subject.objects, count=len(page.entries))
        return page


def _open(lists: ListStore, row: StoredGeneration, limits: HotlistSettings) -> SealedList:
    packed_list = open_sealed(row, lists.lists_key, lists.directory)
    return SealedList(row.generation, row.sha256, packed_list, row.generation.source in limits.covert_sources)


def _page(sealed_list: SealedList, query: PageQuery) -> ListPage:
    place, count = query.first - 1, len(sealed_list.packed_list)
    shown: list[tuple[int, HotlistEntry]] = []
    if sealed_list.is_covert and not query.covert:
        place = count
    while place < count and len(shown) < query.limit:
        for entry in sealed_list.page(place, query.limit - len(shown)):
            place += 1
            if query.covert or not entry.covert:
                shown.append((place, entry))
    return ListPage(sealed_list.generation, tuple(shown), place + 1 if place < count else None)
