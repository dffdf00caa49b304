"""The stage that puts on record how many frames were dropped in areas in which nothing is collected."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from alpr_edge.app.collection.no_collection import FrameDrops
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.services.audit.access_entries import unit_entry
from alpr_edge.services.authorisation.record_texts import record_sentence
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import open_access_log

STEP_S = 1.0
RECORD_S = 3600.0
"""Time between two records: one for each visit would tell where the car was, and when."""
DROP_FRAMES = "drop_frames"
COMPONENT = "run"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class DropRecordStage:
    """Writes a record an hour, and one at the end; a stage of the supervisor."""

    settings: Settings
    drops: FrameDrops
    clock: Clock
    name: str = "collection"
    _next_s: float = field(default_factory=lambda: time.monotonic() + RECORD_S)

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the unit stops."""
        while not stop.wait(STEP_S):
            beat()
            if time.monotonic() >= self._next_s:
                self.record()

    def finish(self) -> None:
        """Record what came since."""
        self.record()

    def record(self) -> None:
        """Put on record what was dropped since the last record; what cannot be written is written with the next."""
        self._next_s = time.monotonic() + RECORD_S
        counts = self.drops.take_new()
        if not counts:
            return
        text = "; ".join(f"{area}, camera {camera}: {count} frames" for (area, camera), count in sorted(counts.items()))
        now = self.clock.now()
        entry = unit_entry(COMPONENT, DROP_FRAMES, now).model_copy(update={"note": record_sentence(text)})
        try:
            with open_access_log(self.settings, migrate=True) as access_log:
                access_log.append(entry, now)
        except StoreError as error:
            self.drops.give_back(counts)
            log.error("collection.not_recorded", failure=str(error))
