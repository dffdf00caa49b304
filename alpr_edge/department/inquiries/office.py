"""Opens everything by which people sign in at the department and search its reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from alpr_edge.access.attempts import SignInOutcome, SignInResult
from alpr_edge.access.authorisation.authoriser import Authoriser, Policy
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.page_log import PageLog
from alpr_edge.access.authorisation.refusals import PlaceWords
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.access_log.quota import SearchQuota
from alpr_edge.department.audits.audit_register import AuditRegister
from alpr_edge.department.audits.audit_schedules import load_audit_rules
from alpr_edge.department.audits.audited_logs import AuditedLogs
from alpr_edge.department.audits.declaration_service import DeclarationService
from alpr_edge.department.audits.incident_register import IncidentRegister
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.evidence.passphrase_requests import PassphraseRequests
from alpr_edge.department.hotlists import LISTS_NAME, ListRepository
from alpr_edge.department.images.choice import image_objects
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.inquiries.accounts.account_service import AccountService
from alpr_edge.department.inquiries.accounts.credential_changes import CredentialChanges
from alpr_edge.department.inquiries.canvass_areas import CanvassAreas
from alpr_edge.department.inquiries.cases.case_exports import DepartmentExports
from alpr_edge.department.inquiries.cases.hold_service import HoldService
from alpr_edge.department.inquiries.cases.package_service import PackageService
from alpr_edge.department.inquiries.hits.arrivals import HitArrivals
from alpr_edge.department.inquiries.hits.hit_board import HitBoard
from alpr_edge.department.inquiries.lists.list_service import ListService
from alpr_edge.department.inquiries.lists.roster_service import RosterService
from alpr_edge.department.inquiries.read_inquiries import ReadInquiries
from alpr_edge.department.inquiries.saved_searches import SavedSearches
from alpr_edge.department.inquiries.units.settings_service import SettingsService
from alpr_edge.department.inquiries.units.unit_board import UnitBoard
from alpr_edge.department.packages.stored_records import StoredRecords
from alpr_edge.department.people.accounts import DepartmentAccounts
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.department.people.registry import require_entry
from alpr_edge.department.people.roster_holders import RosterStandings
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.people.sign_outs import SignOuts
from alpr_edge.department.people.trainings import TrainingRegister
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.units import Units
from alpr_edge.department.publishing.list_publisher import ListPublisher
from alpr_edge.department.publishing.settings_register import SettingsRegister
from alpr_edge.department.publishing.uploaded_feeds import UploadedFeeds
from alpr_edge.department.releases.letter_scan import LetterScanner
from alpr_edge.department.releases.release_packages import ReleasePackages
from alpr_edge.department.releases.release_register import ReleaseRegister
from alpr_edge.department.releases.waiting_packages import WaitingPackages
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.ports import Clock
from alpr_edge.runtime.boot import boot_id, boottime_ns
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_profile, load_security_profile


class ServerClock:
    """Tells instants of this server; its UTC counts as confirmed, as a server is set by time servers.

    Certificates, rosters and deletions go by the same clock: were it wrong, ``department purge`` refuses.
    """

    def __init__(self) -> None:
        self._boot_id = boot_id()

    def now(self) -> Instant:
        """The present instant."""
        return Instant(self._boot_id, boottime_ns(), datetime.now(UTC), UtcSource.NTP)


PEOPLE_AT_ONCE_MAX = 1_000
"""People signed in at the department at the same time; the few of the profile are those of a car."""
_ROSTER = "publish one: alpr-edge department roster publish"
AT_DEPARTMENT = PlaceWords(
    "alpr-edge department sign-in", "alpr-edge department sign-out", _ROSTER, "at the department"
)
_ANSWERS = {
    SignInOutcome.NO_ROSTER: f"no roster of people was published yet; {_ROSTER}",
    SignInOutcome.ROSTER_EXPIRED: f"the roster of people has ended; {_ROSTER}",
    SignInOutcome.CAR_FULL: "too many people are signed in; one of them has to sign out",
}


@dataclass(frozen=True, slots=True, eq=False)
class InquiryOffice:
    """Where people sign in and search; threads may share it."""

    accounts: DepartmentAccounts = field(repr=False)
    log: DepartmentAccessLog = field(repr=False)
    page_log: PageLog = field(repr=False)
    """The access log as what people sign in for and ask for goes on record."""
    policy: Policy = field(repr=False)
    quota: SearchQuota
    reads: ReadInquiries = field(repr=False)
    canvasses: CanvassAreas = field(repr=False)
    saved_searches: SavedSearches = field(repr=False)
    holds: HoldService = field(repr=False)
    booked: PackageService = field(repr=False)
    exports: DepartmentExports = field(repr=False)
    hits: HitBoard = field(repr=False)
    arrivals: HitArrivals = field(repr=False)
    units: UnitBoard = field(repr=False)
    unit_settings: SettingsService = field(repr=False)
    lists: ListService = field(repr=False)
    uploads: UploadedFeeds = field(repr=False)
    roster: RosterService = field(repr=False)
    releases: ReleaseRegister = field(repr=False)
    passphrases: PassphraseRequests = field(repr=False)
    audits: AuditRegister = field(repr=False)
    declarations: DeclarationService = field(repr=False)
    incidents: IncidentRegister = field(repr=False)
    trainings: TrainingRegister = field(repr=False)
    sign_outs: SignOuts = field(repr=False)
    identities: IdentityLinks = field(repr=False)
    packages: ReleasePackages = field(repr=False)
    waiting_packages: WaitingPackages = field(repr=False)
    own_accounts: AccountService = field(repr=False)
    passwords: Argon2Passwords = field(repr=False)
    clock: Clock = field(repr=False)

    def sign_ins(self, caller: Caller) -> SignInService:
        """What signs people in."""
        return SignInService(self.accounts, self.passwords, self.page_log, self.policy, self.clock, caller)

    def authoriser(self, caller: Caller) -> Authoriser:
        """What allows and records whatever somebody asks for."""
        return Authoriser(self.accounts, self.page_log.of(caller), self.policy, self.clock, caller, self.quota)

    def sum_refusals(self, *, is_end: bool = False) -> None:
        """Put on record how many refusals have no record of their own, once it is time or this is the end."""
        self.page_log.write_sum(self.clock.now(), is_end=is_end)


def sign_in_answer(result: SignInResult) -> str:
    """What somebody is told who tried to sign in at the department."""
    return _ANSWERS.get(result.outcome, result.answer)


def load_department_policy(directory: Path) -> Policy:
    """The rules in force by ``department.toml``."""
    file = load_department_file(directory)
    settings = PolicySettings(
        profile=file.search.profile,
        security_profile=file.people.security_profile,
        case_formats=file.search.case_formats,
    )
    security = load_security_profile(settings)
    sessions = replace(security.sessions, people_max=PEOPLE_AT_ONCE_MAX)
    return Policy(load_profile(settings), replace(security, sessions=sessions), AT_DEPARTMENT)


@contextmanager
def open_office(
    directory: Path, clock: Clock | None = None, passwords: Argon2Passwords | None = None
) -> Iterator[InquiryOffice]:
    """Open it over the folder of a department that exists; closes its database at the end.

    Args:
        clock: says when; None: this server's clock.
        passwords: compares and hashes passwords; None: at the cost of this release.

    Raises:
        DepartmentError: there is none, or a setting is wrong.
        StoreError: it cannot be opened: nobody can sign in.
    """
    database = DepartmentDatabase(directory, create=False)
    try:
        with database.reading() as connection:
            database.keys.require_key(connection)
        office = _office(directory, database, clock or ServerClock(), passwords or Argon2Passwords())
        try:
            yield office
        finally:
            office.sum_refusals(is_end=True)
    finally:
        database.close()


def _office(directory: Path, database: DepartmentDatabase, clock: Clock, passwords: Argon2Passwords) -> InquiryOffice:
    policy, file = load_department_policy(directory), load_department_file(directory)
    names, images = Organisations.of(file).names, DepartmentImages(database, image_objects(directory))
    log, searches = DepartmentAccessLog(database, Witness(directory)), DepartmentSearches(database)
    releases = ReleaseRegister(database, policy.profile, clock, LetterScanner(file.releases.scan_command))
    packages = ReleasePackages(directory, database, searches, images, policy.profile, clock)
    reads, rosters = ReadInquiries(searches, database, images, file.hits), Rosters(directory, database)
    return InquiryOffice(
        accounts=DepartmentAccounts(database),
        log=log,
        page_log=PageLog(log),
        policy=policy,
        quota=SearchQuota(database, file.search.pages_per_hour, file.search.reads_per_day),
        reads=reads,
        canvasses=CanvassAreas(database),
        saved_searches=SavedSearches(database, file.search, clock),
        holds=HoldService(database, clock),
        booked=PackageService(database),
        exports=DepartmentExports(directory, StoredRecords(database, images), reads, log, file.hits, clock),
        hits=HitBoard(database, images, file.hits),
        arrivals=HitArrivals(database),
        units=_unit_board(directory, database),
        unit_settings=SettingsService(directory, database),
        lists=ListService(ListPublisher(directory, database)),
        uploads=UploadedFeeds(directory),
        roster=RosterService(RosterStandings(directory, database)),
        releases=releases,
        packages=packages,
        waiting_packages=WaitingPackages(packages, releases),
        passphrases=PassphraseRequests(directory, database, clock),
        audits=_audit_register(directory, database, log, policy, clock),
        declarations=DeclarationService(database, partial(_person_id, database), clock),
        incidents=IncidentRegister(database, clock),
        trainings=TrainingRegister(database, rosters, clock),
        sign_outs=SignOuts(database, rosters, clock),
        own_accounts=AccountService(CredentialChanges(database, rosters, clock), passwords, policy, names),
        identities=IdentityLinks(database),
        passwords=passwords,
        clock=clock,
    )


def _person_id(database: DepartmentDatabase, name: str) -> str:
    """The id of somebody who is named by badge, e-mail address or id."""
    with database.reading() as connection:
        return require_entry(connection, name).person.person_id


def _audit_register(
    directory: Path, database: DepartmentDatabase, log: DepartmentAccessLog, policy: Policy, clock: Clock
) -> AuditRegister:
    logs, rules = AuditedLogs(database, log), load_audit_rules(directory)
    return AuditRegister(database, logs, policy.profile, rules, clock)


def _unit_board(directory: Path, database: DepartmentDatabase) -> UnitBoard:
    units, lists = Units(database, TlsFiles(directory)), ListRepository(directory / LISTS_NAME)
    return UnitBoard(database, units, lists, Rosters(directory, database), SettingsRegister(directory, database))
