"""The stage of the capture daemon that places and releases what the department holds of this unit's reads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import HoldError, StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.holds import HOLDS_SPOOL_NAME
from alpr_edge.services.holds.department_holds import read_waiting_holds, take_in_department_holds
from alpr_edge.settings import Settings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool

STEP_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class DepartmentHoldsStage:
    """Looks once a second for what the uplink handed over; a stage of the supervisor."""

    settings: Settings
    database: Database
    incoming: DownloadSpool
    clock: Clock
    name: str = "holds"
    _is_begun: bool = False
    _failure: str = ""
    """Why the database takes nothing now."""
    _refusal: str = ""
    """Why the holds that were handed over last are not in force."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the unit stops; a database that cannot be written is tried again."""
        while not stop.wait(STEP_S):
            beat()
            try:
                self.step()
                self._failure = ""
            except StoreError as error:
                if str(error) != self._failure:
                    log.error("holds.failed", failure=str(error))
                self._failure = str(error)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def faults(self) -> list[Fault]:
        """Why the department's holds are not in force at present. Never waits."""
        reason = self._failure or (self._refusal and f"what the department holds is refused: {self._refusal}")
        return [Fault(FaultKind.SIDE_STAGE, self.name, f"{self.name}: {reason}")] if reason else []

    def step(self) -> None:
        """Take in what waits. At the start, and after a refusal, all of it is wanted again.

        At the start the database may be a new one; what was refused may have been damaged on its way.
        """
        if not self._is_begun:
            self._want_again()
            self._is_begun = True
        if self.incoming.waits(HOLDS_SPOOL_NAME):
            self._take_in()
        elif self._refusal and sync_state.state_of(self.database, HOLDS_SPOOL_NAME).etag:
            self._want_again()  # the uplink noted the ETag of what was refused only after that

    def _take_in(self) -> None:
        try:
            payload = read_waiting_holds(self.incoming)
            changes = take_in_department_holds(self.settings, self.database, payload, self.clock.now())
        except HoldError as error:
            self._refusal = str(error)
            log.error("holds.refused", reason=self._refusal)
            self._want_again()
        else:
            self._refusal = ""
            log.info("holds.taken_in", placed=len(changes.placed), released=len(changes.released))
        self.incoming.remove(HOLDS_SPOOL_NAME)

    def _want_again(self) -> None:
        """Have the uplink fetch the holds whole when it asks next, whether they changed or not."""
        sync_state.note(self.database, HOLDS_SPOOL_NAME, etag="")
