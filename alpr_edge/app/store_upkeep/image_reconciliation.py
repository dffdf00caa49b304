"""Compares image files with their rows after a start, while the unit works: one folder of 256 a second, each once.

Looking through all of a full store would hold up the first picture of the cameras for most of a minute. The folders are
taken in another order at each start: a unit that is always off before the last of them comes to each all the same.
"""

import random

import structlog

from alpr_edge.domain.errors import DamagedError
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.unit_store import UnitStore

log = structlog.get_logger(__name__)


class ImageReconciliation:
    """Repairs what the last run left of its images; once a start."""

    def __init__(self, store: UnitStore) -> None:
        self._store = store
        self._prefixes_left = random.sample(PREFIXES, len(PREFIXES))
        self.faults: list[str] = []
        """What could not be repaired first, one line at most: a disk that fails would be told of 256 times."""

    def step(self) -> None:
        """Look at the next folder; nothing when all were looked at. What fails is tried again after the next start."""
        if not self._prefixes_left:
            return
        try:
            failures = self._store.reconcile_images(self._prefixes_left.pop())
        except DamagedError as error:
            # The daemon's round replaces a database that shows damage.
            log.error("store.images_not_reconciled", failure=str(error))
            return
        self.faults = (self.faults + failures)[:1]
