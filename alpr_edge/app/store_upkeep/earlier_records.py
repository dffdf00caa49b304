"""Goes on with the records that earlier runs set aside and that the start did not come to: some a second."""

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.unit_store import UnitStore

log = structlog.get_logger(__name__)


class EarlierRecords:
    """Tries what the start left."""

    def __init__(self, store: UnitStore) -> None:
        self._store = store
        self._failure = ""

    @property
    def faults(self) -> list[str]:
        """What could not be taken in or removed, two lines at most; what a later step repairs is told no more."""
        return [*([self._failure] if self._failure else []), *self._store.intake.failures]

    def step(self) -> None:
        """Try the next records; nothing when all were tried. What fails is tried again by the next step."""
        failure = ""
        try:
            self._store.intake.step()
        except StoreError as error:
            failure = str(error)
            if failure != self._failure:
                log.error("store.records_not_taken_in", failure=failure)
        self._failure = failure
