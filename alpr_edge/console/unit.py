"""What the page reaches of its unit: the store, the accounts, the access log and the clock, opened once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from alpr_edge.access.authorisation.authoriser import Authoriser, Policy
from alpr_edge.access.authorisation.page_log import PageLog
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.passwords import Argon2Passwords, PasswordVerifier
from alpr_edge.console.evidence.export_jobs import ExportJobs
from alpr_edge.console.theme import ThemeChoice
from alpr_edge.domain.errors import AccessError, SettingsError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.position.vehicle_state_file import read_vehicle_state
from alpr_edge.services.authorisation.opening import load_policy
from alpr_edge.services.canvass.unit_canvasses import UnitCanvasses
from alpr_edge.services.evidence.case_export import CaseExports
from alpr_edge.services.evidence.package_signer import load_package_signer
from alpr_edge.services.hits.corrections import ReadCorrections
from alpr_edge.services.hits.dispositions import HitDispositions
from alpr_edge.services.hits.hit_rows import HitRows
from alpr_edge.services.hits.hit_views import HitViews
from alpr_edge.services.hits.mutes import MuteState, UnitMutes
from alpr_edge.services.hits.quiets import EntryQuiets
from alpr_edge.services.holds.unit_holds import UnitHolds
from alpr_edge.services.shifts import UnitShifts
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.web.lookup_memory import LookupMemory
from alpr_edge.web.maps.street_tiles import StreetTiles
from alpr_edge.web.visitor import Visitor

# Whether the page shows little, because the car moves and the driver may be the one who looks at it.
#
# A page that asks for typing, or shows a list or a picture, begins with ``unit.speed.require_slow(visitor)``.

PASSENGER_MS = 600_000.0
"""How long the page believes that somebody is not driving."""
PASSENGERS_MAX = 32
"""Sessions that may have said so at the same time; more people than a car holds."""
WHEN_SLOW = "this opens when the car stands; a passenger can press: I am not driving"


class SpeedRestriction:
    """What may be shown to whom at the speed of the car; threads may share it.

    Who is not driving is kept in memory alone: a restart of the page asks anew.

    Args:
        clock: says when; only its boot time counts.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._is_never = settings.console.at_speed == "never"
        self._directory = settings.unit.runtime_directory
        self._clock = clock
        self._lock = threading.Lock()
        self._passengers: OrderedDict[str, Instant] = OrderedDict()
        """When the holder of a session said that they are not driving, by the digest of its token."""

    def applies_to(self, visitor: Visitor) -> bool:
        """Whether a visitor is shown one hit alone: the car is at speed, or its speed is not known."""
        if self._is_never:
            return False
        now, state = self._clock.now(), read_vehicle_state(self._directory)
        is_at_speed = state is None or state.is_at_speed(now)
        return is_at_speed and self.passenger_ms(visitor) == 0

    def require_slow(self, visitor: Visitor) -> None:
        """Refuse what a driver must not do."""
        if self.applies_to(visitor):
            raise AccessError(WHEN_SLOW)

    def passenger_ms(self, visitor: Visitor) -> float:
        """How long a visitor still counts as not driving; 0: they do not."""
        with self._lock:
            said = self._passengers.get(token_digest(visitor.token))
        now = self._clock.now()
        if said is None or said.boot_id != now.boot_id:
            return 0.0
        return max(0.0, PASSENGER_MS - now.ms_since(said))

    def begin_passenger(self, visitor: Visitor) -> None:
        """Believe for ten minutes that a visitor is not driving; the caller has put that on record."""
        digest = token_digest(visitor.token)
        with self._lock:
            self._passengers.pop(digest, None)
            self._passengers[digest] = self._clock.now()
            while len(self._passengers) > PASSENGERS_MAX:
                self._passengers.popitem(last=False)

    def end_passenger(self, visitor: Visitor) -> None:
        """Believe it no longer: the session was locked or ended."""
        with self._lock:
            self._passengers.pop(token_digest(visitor.token), None)


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class ConsoleUnit:
    """The open unit; threads may share it."""

    settings: Settings
    store: UnitStore = field(repr=False)
    accounts: AccountStore = field(repr=False)
    log: AccessLog = field(repr=False)
    page_log: PageLog = field(repr=False)
    """The access log as what whoever is at the page asks for goes on record."""
    policy: Policy = field(repr=False)
    clock: Clock = field(repr=False)
    passwords: PasswordVerifier = field(repr=False)
    views: HitViews = field(repr=False)
    dispositions: HitDispositions = field(repr=False)
    corrections: ReadCorrections = field(repr=False)
    mutes: UnitMutes = field(repr=False)
    rows: HitRows = field(repr=False)
    quiets: EntryQuiets = field(repr=False)
    holds: UnitHolds = field(repr=False)
    canvasses: UnitCanvasses = field(repr=False)
    shifts: UnitShifts = field(repr=False)
    speed: SpeedRestriction = field(repr=False)
    """What may be shown while the car moves."""
    theme: ThemeChoice = field(repr=False)
    lookups: LookupMemory = field(repr=False)
    """What people look up at present."""
    new_id: Callable[[], str] = field(repr=False)
    """Makes ids of this unit."""
    streets: StreetTiles | None = field(repr=False, default=None)
    """The streets of a map; None if the unit has no usable file."""
    export_jobs: ExportJobs = field(repr=False, default_factory=ExportJobs)
    """The exports that people began here."""

    def exports(self) -> CaseExports:
        """What writes packages of evidence. Raises StoreError: the key that signs them is missing."""
        signer = load_package_signer(self.settings)
        return CaseExports(self.store, self.log, self.settings, self.clock, self.new_id, signer)

    def authoriser(self, visitor: Visitor) -> Authoriser:
        """What decides for whoever sent a request."""
        caller = visitor.caller
        return Authoriser(self.accounts, self.page_log.of(caller), self.policy, self.clock, caller)

    def mute_state(self) -> MuteState:
        """Whether the unit is muted at present."""
        return self.mutes.state(self.clock.now())

    def sign_ins(self, visitor: Visitor) -> SignInService:
        """What signs in and out whoever sent a request."""
        return SignInService(self.accounts, self.passwords, self.page_log, self.policy, self.clock, visitor.caller)

    def write_waiting(self, *, is_end: bool = False) -> None:
        """Put on record what waits for it: ends of sessions that could not be written, and the sum of refusals."""
        self.accounts.unwritten_ends.write()
        self.page_log.write_sum(self.clock.now(), is_end=is_end)


@contextmanager
def open_console_unit(settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[ConsoleUnit]:
    """Open the unit for its page; closes it at the end.

    Raises:
        StoreError: a key is missing, or a database cannot be opened.
    """
    directory, keys = settings.unit.data_directory, settings.store.keys_directory
    with (
        open_store(settings, migrate=False) as store,
        open_access_log(settings, migrate=False) as log,
        open_accounts(directory, keys, migrate=True) as accounts,
    ):
        views, policy = HitViews(store, settings.hotlist), load_policy(settings)
        database, unit_id, mutes = store.database, settings.unit.id, UnitMutes(store.database, new_id)
        streets = _open_streets(settings.console.streets_file)
        unit = ConsoleUnit(
            settings=settings,
            store=store,
            accounts=accounts,
            log=log,
            page_log=PageLog(log),
            policy=policy,
            clock=clock,
            passwords=Argon2Passwords(),
            views=views,
            dispositions=HitDispositions(database, unit_id, views, new_id),
            corrections=ReadCorrections(store, unit_id, views, new_id),
            mutes=mutes,
            rows=HitRows(database, settings.hotlist, views),
            quiets=EntryQuiets(database, accounts, policy.security.sessions, views, new_id),
            holds=UnitHolds(database, unit_id, new_id),
            canvasses=UnitCanvasses(database, unit_id, new_id),
            shifts=UnitShifts(store, settings.hotlist, mutes),
            speed=SpeedRestriction(settings, clock),
            theme=ThemeChoice(settings, clock),
            lookups=LookupMemory(),
            new_id=new_id,
            streets=streets,
        )
        try:
            yield unit
        finally:
            unit.export_jobs.close()
            unit.write_waiting(is_end=True)
            if streets is not None:
                streets.close()


def _open_streets(file: Path | None) -> StreetTiles | None:
    """Open the file of streets; hits must be shown whatever is wrong with it."""
    if file is None:
        return None
    try:
        return StreetTiles(file)
    except SettingsError as error:
        log.warning("console.streets_not_opened", reason=f"{error}; see [console] streets_file")
        return None
