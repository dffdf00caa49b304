"""Tells the uplink where the car was last, for the heartbeat, where the settings allow it (``uplink.heartbeat_place``).

A place is told only by a fix that is trusted and at a time that is: a wrong one would send people looking for a car
where it is not. In an area in which nothing is collected this is not collected either.
"""

from datetime import timedelta

import structlog

from alpr_edge.domain.collection.areas import NoCollectionArea, area_of
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.domain.ports import Clock
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.last_place_file import remove_last_place, write_last_place
from alpr_edge.settings import Settings

SAME_PLACE = timedelta(seconds=30)
"""Least time between two writings at the same place."""

log = structlog.get_logger(__name__)


class LastPlaceFile:
    """Keeps the file of the last place; stepped once a second."""

    def __init__(self, settings: Settings, clock: Clock, fix_history: FixHistory) -> None:
        self._directory = settings.unit.runtime_directory
        self._is_told = bool(settings.uplink.url) and settings.uplink.heartbeat_place
        self._areas: tuple[NoCollectionArea, ...] = tuple(one.area for one in settings.capture.no_collection_areas)
        self._clock = clock
        self._fix_history = fix_history
        self._written: LastPlace | None = None
        self._failure = ""
        if not self._is_told:
            self._remove()

    def step(self) -> None:
        """Write the place if it is another one, or the same half a minute later; a failure is logged once."""
        place = self._place(self._clock.now()) if self._is_told else None
        if place is None or not self._is_due(place):
            return
        try:
            write_last_place(self._directory, place)
        except OSError as error:
            self._log(error.strerror or str(error))
        else:
            self._written, self._failure = place, ""

    def _place(self, now: Instant) -> LastPlace | None:
        position, utc = self._fix_history.at(now), now.trusted_utc
        if position is None or utc is None or area_of(self._areas, position) is not None:
            return None
        return LastPlace.of(position.lat_deg, position.lon_deg, utc)

    def _is_due(self, place: LastPlace) -> bool:
        before = self._written
        return before is None or not place.is_at(before) or abs(place.at - before.at) >= SAME_PLACE

    def _remove(self) -> None:
        """Remove what an earlier start with other settings left."""
        try:
            remove_last_place(self._directory)
        except OSError as error:
            self._log(error.strerror or str(error))

    def _log(self, failure: str) -> None:
        if failure != self._failure:
            log.error("position.place_not_written", failure=failure)
        self._failure = failure
