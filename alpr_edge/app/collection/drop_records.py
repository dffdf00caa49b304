"""The stage that puts on record how many frames were dropped in areas in which nothing is collected."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import structlog

from alpr_edge.access.authorisation.record_texts import record_sentence
from alpr_edge.app.collection.no_collection import FrameDrops, Place
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.services.audit.access_entries import unit_entry
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import AccessLog, open_access_log

STEP_S = 1.0
RECORD_S = 3600.0
"""Time between two times at which something is put on record: once a visit would tell where the car was, and when."""
CAMERAS_A_RECORD = 4
"""Cameras that one record tells of: with the longest names and counts of nine digits they fit into its note."""
DROP_FRAMES = "drop_frames"
COMPONENT = "run"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class DropRecordStage:
    """Writes what was dropped, an area a record, once an hour and at the end; a stage of the supervisor."""

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
                self.record(beat)

    def finish(self) -> None:
        """Record what came since."""
        self.record()

    def record(self, beat: Callable[[], None] = lambda: None) -> None:
        """Put on record what was dropped since the last time, a record for each area.

        What cannot be written is written the next time, and what was written is not written again.
        """
        self._next_s = time.monotonic() + RECORD_S
        waiting = self.drops.take_new()
        if not waiting:
            return
        try:
            with open_access_log(self.settings, migrate=True) as access_log:
                for keys in _keys_by_record(waiting):
                    beat()
                    self._append(access_log, {key: waiting[key] for key in keys})
                    for key in keys:
                        del waiting[key]
        except StoreError as error:
            self.drops.give_back(waiting)
            log.error("collection.not_recorded", failure=str(error))

    def _append(self, access_log: AccessLog, counts: Mapping[Place, int]) -> None:
        """Put on record how many frames some cameras dropped in one area."""
        (area,) = {area for area, _ in counts}
        note = f"{area}: " + ", ".join(f"camera {camera} {count} frames" for (_, camera), count in counts.items())
        now = self.clock.now()
        access_log.append(
            unit_entry(COMPONENT, DROP_FRAMES, now).model_copy(update={"note": record_sentence(note)}), now
        )


def _keys_by_record(keys: Iterable[Place]) -> Iterator[list[Place]]:
    """The area and cameras of each record."""
    for _, of_area in groupby(sorted(keys), key=itemgetter(0)):
        cameras = list(of_area)
        for start in range(0, len(cameras), CAMERAS_A_RECORD):
            yield cameras[start : start + CAMERAS_A_RECORD]
