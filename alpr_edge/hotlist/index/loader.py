"""Opens the live generations and keeps the index up to date while the unit runs.

When a list does not open, the others are matched all the same. The generation of it that was open before stays in
use, and the fault is part of the index, so that it can be sounded and shown.
"""

import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.hotlist.index import sealed_file
from alpr_edge.hotlist.index.index import HotlistIndex, ListFault, SealedList
from alpr_edge.hotlist.index.packed_list import PackedList
from alpr_edge.hotlist.index.plate_keys import Marks
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.generations import StoredGeneration, live

LISTS_DIRECTORY = "hotlists"
"""Folder of the sealed files in the unit's data folder."""

RETRY_S = 30.0
"""Time after which a list that did not open is tried again: the disk may have failed to read it once."""

log = structlog.get_logger(__name__)


def open_sealed(row: StoredGeneration, lists_key: bytes, directory: Path) -> PackedList:
    """Open and check the sealed file of a generation.

    Raises:
        StoreError: it is missing, changed, or sealed with another key.
    """
    seal = sealed_file.Seal(row.generation.source, row.generation.serial)
    return sealed_file.read(directory / row.file, seal, lists_key, row.sha256)


def open_marks(row: StoredGeneration, lists_key: bytes, directory: Path) -> Marks:
    """Open the part of a sealed file that an import compares; errors as of :func:`open_sealed`."""
    seal = sealed_file.Seal(row.generation.source, row.generation.serial)
    return sealed_file.read_marks(directory / row.file, seal, lists_key, row.sha256)


class HotlistLoader:
    """Holds the current index; implements :class:`~alpr_edge.domain.matching.Entries` by it.

    One thread loads and refreshes; any number may look up meanwhile and see one whole index.

    Args:
        lists_key: 32 bytes.
    """

    def __init__(
        self,
        database: Database,
        lists_key: bytes,
        directory: Path,
        covert_sources: Collection[str] = (),
        retry_s: float = RETRY_S,
    ) -> None:
        self._database = database
        self._lists_key = lists_key
        self._directory = directory
        self._covert_sources = covert_sources
        self._data_version: int | None = None
        self._rows: list[StoredGeneration] = []
        self._index = HotlistIndex()
        self._retry_s = retry_s
        self._tried_s = 0.0

    @property
    def directory(self) -> Path:
        """Folder of the sealed files and of the reports on feeds."""
        return self._directory

    @property
    def index(self) -> HotlistIndex:
        """The index as it stands."""
        return self._index

    def load(self) -> HotlistIndex:
        """Open what is live and not open yet, and swap the index.

        Raises:
            StoreError: the database does not say what is live; the index stays.
        """
        # Before the rows: a commit between the two then shows as one more change, not as none.
        self._data_version, self._tried_s = self._database.data_version(), time.monotonic()
        lists: list[SealedList] = []
        faults: list[ListFault] = []
        rows = live(self._database)
        for row in rows:
            sealed_list, fault = self._open_or_keep(row)
            lists += [sealed_list] if sealed_list else []
            faults += [fault] if fault else []
        self._rows = rows
        self._index = HotlistIndex(tuple(lists), tuple(faults))
        return self._index

    def refresh_if_changed(self) -> bool:
        """Load again when another generation went live or a list opens again; cheap when nothing was committed.

        Returns:
            Whether the index was swapped.

        Raises:
            StoreError: the database does not answer; the index stays.
        """
        if self._index.faults and self._opens_again():
            self.load()
            return True
        version = self._database.data_version()
        if version == self._data_version:
            return False
        if live(self._database) == self._rows:
            # Something else was committed.
            self._data_version = version
            return False
        self.load()
        return True

    def _opens_again(self) -> bool:
        """Whether a list that did not open does now; tried once in a while."""
        if time.monotonic() - self._tried_s < self._retry_s:
            return False
        self._tried_s = time.monotonic()
        sources = {fault.source for fault in self._index.faults}
        for row in (row for row in self._rows if row.generation.source in sources):
            with suppress(StoreError):
                open_sealed(row, self._lists_key, self._directory)
                return True
        return False

    def _open_or_keep(self, row: StoredGeneration) -> tuple[SealedList | None, ListFault | None]:
        """The list of a live row; where it does not open, the one open before and the fault."""
        generation = row.generation
        before = next(
            (sealed_list for sealed_list in self._index.lists if sealed_list.generation.source == generation.source),
            None,
        )
        if before is not None and before.sha256 == row.sha256:
            return self._sealed_list(row, before.packed_list), None
        try:
            packed_list = open_sealed(row, self._lists_key, self._directory)
        except StoreError as error:
            log.error("hotlist.not_opened", source=generation.source, serial=generation.serial, fault=str(error))
            return before, ListFault(generation.source, str(error))
        log.info("hotlist.refreshed", source=generation.source, serial=generation.serial, entries=len(packed_list))
        return self._sealed_list(row, packed_list), None

    def _sealed_list(self, row: StoredGeneration, packed_list: PackedList) -> SealedList:
        is_covert = row.generation.source in self._covert_sources
        return SealedList(row.generation, row.sha256, packed_list, is_covert)
