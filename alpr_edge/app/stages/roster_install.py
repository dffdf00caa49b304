"""The stage of the capture daemon that puts a roster in force once the uplink handed it over, and judges the one there.

The capture daemon has the access key and no network. Whoever signs in reads the accounts anew, so that a roster counts
for every program of the unit as soon as it is in force.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import RosterError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.people.handed_roster import SPOOL_NAME
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.ports import Clock
from alpr_edge.services.accounts.rosters import HandedRoster, held_roster, put_in_force, waiting_roster
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access.schema import FILE_NAME
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool

STEP_S = 0.5
JUDGE_S = 10.0
RECORD_AGAIN_S = 60.0
ENDING = timedelta(days=3)
"""Time before the end of a roster from which on health says so."""
_SUBJECT = "roster"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class RosterInstallStage:
    """Looks for a roster twice a second; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    settings: Settings
    database: Database
    """The unit's database, with what the uplink says of its fetches."""
    incoming: DownloadSpool
    clock: Clock
    name: str = _SUBJECT
    record_again_s: float = RECORD_AGAIN_S
    """Time until a record that the access log did not take is tried again."""
    _resources: ExitStack = field(default_factory=ExitStack)
    _accounts: AccountStore | None = None
    _header: RosterHeader | None = None
    _refusal: str = ""
    """Why the roster that was handed over last, or that the uplink fetched last, is not in force."""
    _failure: str = ""
    """Why the accounts cannot be used now."""
    _judged_s: float = 0.0
    _unrecorded: HandedRoster | None = None
    """The roster in force, where the access log did not take its record yet."""
    _record_s: float = 0.0
    """When that record is due again."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the unit stops; accounts that cannot be used are tried again."""
        while not stop.wait(STEP_S):
            beat()
            try:
                self._step()
            except StoreError as error:
                if str(error) != self._failure:
                    log.error("accounts.failed", failure=str(error))
                self._failure = str(error)
                self._close()

    def finish(self) -> None:
        """Close the accounts."""
        self._close()

    def faults(self) -> list[Fault]:
        """What is wrong with the roster at present. Never waits."""
        faults = [Fault(FaultKind.ACCOUNTS, "accounts", f"accounts: {self._failure}")] if self._failure else []
        if self._refusal:
            faults.append(Fault(FaultKind.ROSTER_REFUSED, _SUBJECT, f"roster: a newer one is refused: {self._refusal}"))
        return faults + self._ending_faults()

    def figures(self) -> dict[str, Any]:
        """What health tells of the roster; None where there is none."""
        header = self._header
        until = None if header is None else rfc3339(header.valid_until)
        return {"roster_serial": None if header is None else header.serial, "roster_until": until}

    def _ending_faults(self) -> list[Fault]:
        header, now = self._header, self.clock.now().trusted_utc
        if header is None:
            return []
        end = f"{header.valid_until:%Y-%m-%d %H:%M} UTC"
        if header.is_expired(now):
            return [Fault(FaultKind.ROSTER_ENDED, _SUBJECT, f"roster: ended at {end}: nobody can sign in")]
        if now is not None and header.valid_until - now < ENDING:
            return [Fault(FaultKind.ROSTER_ENDING, _SUBJECT, f"roster: ends at {end}; nobody can sign in after that")]
        return []

    def _step(self) -> None:
        if self.incoming.waits(SPOOL_NAME):
            self._install()
        elif self._unrecorded is not None and time.monotonic() >= self._record_s:
            self._record_again(self._unrecorded)
        elif time.monotonic() - self._judged_s < JUDGE_S:
            return
        self._judge()
        self._failure = ""

    def _install(self) -> None:
        """Put in force what waits; what is refused goes, as the uplink has the next one or none."""
        refusal = ""
        try:
            if (handed := waiting_roster(self.incoming)) is not None:
                self._put_in_force(handed)
        except RosterError as error:
            refusal = str(error)
            log.error("roster.refused", reason=refusal)
        self.incoming.remove(SPOOL_NAME)
        sync_state.note(self.database, SPOOL_NAME, take_failure=refusal)

    def _record_again(self, handed: HandedRoster) -> None:
        """Put on record what is in force and is not on record; nothing where another roster came in between."""
        try:
            self._put_in_force(handed)
        except RosterError:
            self._unrecorded = None

    def _put_in_force(self, handed: HandedRoster) -> None:
        is_recorded = put_in_force(self.settings, self._open(), handed, self.clock.now())
        self._unrecorded, self._record_s = None if is_recorded else handed, time.monotonic() + self.record_again_s

    def _judge(self) -> None:
        """Read which roster is in force, and what is wrong with the one that is not."""
        self._judged_s = time.monotonic()
        state = sync_state.state_of(self.database, SPOOL_NAME)
        self._refusal = state.fetch_failure or state.take_failure
        is_made = (self.settings.unit.data_directory / FILE_NAME).exists()
        self._header = held_roster(self._open()) if is_made or self._accounts is not None else None
        if self._header is None and state.etag and not state.take_failure and not self.incoming.waits(SPOOL_NAME):
            # The accounts are new, or were moved away: what was fetched before is wanted again.
            sync_state.note(self.database, SPOOL_NAME, etag="")

    def _open(self) -> AccountStore:
        if self._accounts is None:
            directory, keys = self.settings.unit.data_directory, self.settings.store.keys_directory
            self._accounts = self._resources.enter_context(open_accounts(directory, keys, migrate=True))
        return self._accounts

    def _close(self) -> None:
        self._accounts = None
        self._resources.close()
