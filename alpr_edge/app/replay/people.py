"""Access log and roster of a replay: as on a unit, start and end go on record, and the department's people come.

Each step is one turn of the unit's own stage. What fails is a line for whoever replays, and ends nothing.
"""

import threading
from dataclasses import dataclass, field

from alpr_edge.app.stages.access_log_upload import AccessLogUpload
from alpr_edge.domain.errors import AlprEdgeError, RosterError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.accounts.rosters import put_in_force, waiting_roster
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.unit_store import UnitStore
from alpr_edge.uplink.roster_downloader import RosterDownloader


@dataclass(slots=True, eq=False)
class ReplayPeople:
    """People and access log of one replay."""

    settings: Settings
    store: UnitStore
    _clock: SystemClock = field(default_factory=SystemClock)
    _log: AccessLogUpload = field(init=False)

    def __post_init__(self) -> None:
        self._log = AccessLogUpload(self.settings, self.store.database, self._clock)

    def open_log(self) -> None:
        """Record the start."""
        stop = threading.Event()
        stop.set()  # one turn
        self._log.run(_do_nothing, stop)

    def fetch_roster(self) -> list[str]:
        """Put the department's people in force, where there is a department; returns what went wrong."""
        if not self.settings.uplink.url:
            return []
        incoming, database = self.store.incoming, self.store.database
        try:
            downloader = RosterDownloader(
                uplink=self.settings.uplink,
                unit_id=self.settings.unit.id,
                incoming=incoming,
                database=database,
                clock=self._clock,
            )
            downloader.step()
            return [downloader.trouble] if downloader.trouble else self._install()
        except AlprEdgeError as error:
            return [f"the department's people are not here: {error}"]

    def close_log(self) -> list[str]:
        """Record the end, sign the log and queue it for the department; returns what is wrong with it."""
        self._log.finish()
        return [fault.text for fault in self._log.faults()]

    def _install(self) -> list[str]:
        try:
            handed = waiting_roster(self.store.incoming)
            if handed is None:
                return []  # a department without people
            directory, keys = self.settings.unit.data_directory, self.settings.store.keys_directory
            with open_accounts(directory, keys, migrate=True) as accounts:
                put_in_force(self.settings, accounts, handed, self._clock.now())
        except RosterError as error:
            return [f"the department's roster is refused: {error}"]
        return []


def _do_nothing() -> None:
    """No beat is awaited."""
