"""Builds the import request that a source's settings describe."""

from pathlib import Path

from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.ingest.importer import ImportRequest
from alpr_edge.hotlist.ingest.source_feed import reading_of
from alpr_edge.settings import ListSource


def request_for(source: ListSource, path: Path, change: ListChange = ListChange.COMPLETE) -> ImportRequest:
    """The import that a source's settings ask for.

    Raises:
        FeedError: they name no format known, or the password cannot be read.
    """
    return reading_of(ImportRequest, source, path, change)
