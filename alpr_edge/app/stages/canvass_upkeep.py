"""The stage that looks after canvasses: it ends those whose time is over, and holds the reads from before their start.

That new reads are held is no work of this stage: it is done in the commit of each read
(:mod:`alpr_edge.store.canvass.canvass_reads`), so that a stage that hangs loses none.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from alpr_edge.access.authorisation.callers import UNIT
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnd, CanvassEnding
from alpr_edge.domain.errors import CanvassError, StoreError
from alpr_edge.domain.holds.hold import Hold, HoldPerson
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.canvass.canvass_reads import hold_earlier_reads
from alpr_edge.store.canvass.canvass_rows import end_canvass, is_released, running_canvasses, settle_end
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention.holds import find_hold

STEP_S = 1.0
BUSY_STEP_S = 0.1
"""Time between two steps back through earlier reads."""
COMPONENT = "run"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class CanvassUpkeep:
    """Works until the unit stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    settings: Settings
    database: Database
    clock: Clock
    name: str = "canvass"
    _failure: str = ""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Look after canvasses; what the store does not take now is tried again with the next step."""
        is_busy = False
        while not stop.wait(BUSY_STEP_S if is_busy else STEP_S):
            beat()
            try:
                is_busy = self.step()
                self._failure = ""
            except StoreError as error:
                if str(error) != self._failure:
                    log.error("canvass.failed", failure=str(error))
                self._failure, is_busy = str(error), False

    def finish(self) -> None:
        """Do nothing: the stage holds nothing that is not stored."""

    def faults(self) -> list[Fault]:
        """Why canvasses are not looked after at present. Never waits."""
        return [Fault(FaultKind.SIDE_STAGE, self.name, f"{self.name}: {self._failure}")] if self._failure else []

    def step(self) -> bool:
        """End what is over, and take a step back through earlier reads; whether more of these are left."""
        now = self.clock.now()
        with self.database.read() as connection:
            running = running_canvasses(connection)
            released = {
                canvass.canvass_id: find_hold(connection, canvass.canvass_id)  # counts what it holds: not each second
                for canvass in running
                if is_released(connection, canvass.canvass_id)
            }
        for canvass in running:
            end = _end_of(canvass, released.get(canvass.canvass_id), now)
            if end is not None:
                self._end(canvass, end)
            elif canvass.ends is None and now.trusted:
                with self.database.write() as connection:
                    settle_end(connection, canvass.with_end_known(now))
        return hold_earlier_reads(self.database, self.settings.unit.id)

    def _end(self, canvass: Canvass, end: CanvassEnd) -> None:
        """End a canvass: first it goes on record, as every change does; a power cut between the two repeats both."""
        with open_access_log(self.settings, migrate=False) as access_log:
            recorder = ChangeRecorder(access_log, COMPONENT, self.clock)
            recorder.note(Operation.END_CANVASS.value, canvass.canvass_id, note=f"ended by {end.how.value}")
        try:
            with self.database.write() as connection:
                end_canvass(connection, canvass.canvass_id, end, self.settings.unit.id)
        except CanvassError:
            return  # somebody ended it meanwhile
        log.info("canvass.ended", canvass=canvass.canvass_id, how=end.how.value)


def _end_of(canvass: Canvass, hold: Hold | None, now: Instant) -> CanvassEnd | None:
    """The end of a canvass that is due: its time is over, or somebody released its hold, so that it keeps nothing."""
    if hold is not None and hold.released is not None and hold.released_by is not None:
        return CanvassEnd(hold.released, hold.released_by, CanvassEnding.HAND)
    if canvass.is_over_at(now):
        return CanvassEnd(now, HoldPerson("", UNIT, ""), CanvassEnding.TIME)
    return None
