"""The steps that the upkeep of the store consists of, beside those of lists and people."""

from collections.abc import Callable

from alpr_edge.app.store_upkeep.clock_pairs import ClockPairs
from alpr_edge.app.store_upkeep.disk_probe import DiskProbe
from alpr_edge.app.store_upkeep.last_place import LastPlaceFile
from alpr_edge.domain.ports import Clock
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.settings import Settings
from alpr_edge.store.db.database import Database


def store_steps(
    settings: Settings, database: Database, clock: Clock, fix_history: FixHistory
) -> tuple[Callable[[], None], ...]:
    """The steps that store clock pairs, tell the last place and probe the disk, in this order."""
    pairs = ClockPairs(database, clock)
    place = LastPlaceFile(settings, clock, fix_history)
    return pairs.step, place.step, DiskProbe(settings.unit.data_directory, database.commits).step
