"""``department.toml`` in the department's folder: accounts, how long reads are kept, where all lies, who gets what.

Every key may be left out, and so may the file.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, Strict, ValidationError, model_validator

from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.identity_settings import (
    OutsideOrganisationTable,
    PeopleTable,
    ProvisioningTable,
    SingleSignOnTable,
)
from alpr_edge.department.map_settings import MapTable
from alpr_edge.department.public_settings import AdministrationTable, WebsiteTable
from alpr_edge.department.release_settings import LetterTable
from alpr_edge.department.setting_types import HttpsOrigin, ShortPath
from alpr_edge.domain.collection.department_periods import DepartmentPeriods, department_periods
from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.domain.hits import OWN_SOURCE
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.settings.base import FileSchema, Name, Section
from alpr_edge.settings.faults import faults_of
from alpr_edge.settings.lists import FeedSource
from alpr_edge.settings.loader import read_values_if_any
from alpr_edge.settings.policy import FORMATS_MAX, PolicySettings, check_formats
from alpr_edge.settings.profiles.barred_reasons import barred_reason_faults

FILE_NAME = "department.toml"
EXCHANGES_MAX = 20
FEEDS_MAX = 64
OUTSIDE_MAX = 20
TablesT = TypeVar("TablesT", tuple[ExchangeTable, ...], tuple[FeedSource, ...])


class DepartmentFileError(SettingsError, DepartmentError):
    """The file is unusable: every fault at once, one line each with its path, as of a unit's settings."""

    @classmethod
    def of(cls, path: Path, faults: Iterable[str]) -> Self:
        """The error of a file's faults.

        Args:
            path: the file.
            faults: one line each, which begins with the key.
        """
        return cls([f"{path}: {fault}" for fault in faults])


def _own_names(tables: TablesT) -> TablesT:
    """The tables, if each has a name of its own."""
    names = [each.name for each in tables]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"name {twice[0]!r} is given to more than one; give each a name of its own")
    return tables


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("no time zone; they look like America/Los_Angeles") from None
    return name


class SearchTable(Section):
    """[search]: the rules for whoever searches the department's reads, and how much one person may look at."""

    profile: Literal["california"] = "california"
    """The state whose purposes, offences and barred purposes hold."""
    case_formats: Annotated[
        tuple[Annotated[str, Strict()], ...],
        Strict(strict=False),
        Field(max_length=FORMATS_MAX),
        AfterValidator(check_formats),
    ] = ()
    """What the agency's case numbers look like; empty: as the profile has them."""
    pages_per_hour: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Pages of searches of one person; one of several plates counts for each of them."""
    reads_per_day: Annotated[int, Field(ge=50, le=1_000_000)] = 5_000
    """Reads that one person is shown by searches within 24 hours."""
    saved_days: Annotated[int, Field(ge=1, le=366)] = 30
    """After how many days a saved search ends where nobody says otherwise."""
    saved_days_max: Annotated[int, Field(ge=1, le=366)] = 90
    """After how many it ends at the latest."""

    @model_validator(mode="after")
    def _require_days_within(self) -> Self:
        if self.saved_days > self.saved_days_max:
            raise ValueError("saved_days is more than saved_days_max")
        return self


class PageTable(Section):
    """[page]: the page on which people search (``department page``)."""

    certificate: ShortPath = ""
    """Its certificate with those that vouch for it (PEM), which browsers know; empty: that of the server."""
    key: ShortPath = ""
    """The certificate's key (PEM)."""
    address: HttpsOrigin = ""
    """Where browsers reach it, which passkeys are bound to; empty: the domain, at the port that is served."""

    @model_validator(mode="after")
    def _require_both(self) -> Self:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key go together: give both or neither")
        return self


class HitsTable(Section):
    """[hits]: the board of hits, and whose data the lists are (policy 462.4(e))."""

    hours: Annotated[int, Field(ge=1, le=72)] = 12
    """How long a hit stays on the board after it arrived."""
    department_lists: Annotated[tuple[Name, ...], Strict(strict=False), Field(max_length=100)] = ()
    """The sources of this department's own lists; likewise the state's. All others count as federal."""
    state_lists: Annotated[tuple[Name, ...], Strict(strict=False), Field(max_length=100)] = ()

    def permission_of(self, source: str) -> SourcePermission:
        """The permission that whoever sees hits of a list needs; of a list that is not named, the strictest."""
        if source == OWN_SOURCE or source in self.department_lists:
            return SourcePermission.DEPARTMENT
        return SourcePermission.STATE if source in self.state_lists else SourcePermission.FEDERAL

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if both := {*self.department_lists} & {*self.state_lists}:
            raise ValueError(f"{min(both)}: a list is the department's or the state's, not both")
        return self


class RetentionTable(Section):
    """[retention]: how long the department keeps reads (policy 462.5)."""

    state: Literal[*STATE_PERIODS] = "CA"  # type: ignore[valid-type] # the states of the table
    read_days: Annotated[float | None, Field(gt=0, le=36_500)] = None
    """Of reads that were on no list; None: as the state bounds them, else a year; likewise the next."""
    hit_days: Annotated[float | None, Field(gt=0, le=36_500)] = None


class AuditsTable(Section):
    """[audits]: how the access logs are audited (policy 462.6(c))."""

    interval_days: Annotated[int | None, Field(ge=1, le=366)] = None
    """After how many days the next audit is due; None: as the profile says."""
    sign_off_days: Annotated[int, Field(ge=1, le=366)] = 30
    """Days after its draw by which an audit is signed off."""
    share_percent: Annotated[int, Field(ge=1, le=100)] = 5
    """Share of the records that stand out by nothing, drawn by the seed."""
    records_min: Annotated[int, Field(ge=1, le=1000)] = 10
    """And no fewer of them than so many."""
    zone: Annotated[str, Field(max_length=64), AfterValidator(_check_zone)] = "America/Los_Angeles"
    """Time zone of days, shifts and nights."""


class DatabaseTable(Section):
    """[database]: where reads, hits and people are kept."""

    url: Annotated[str, Field(max_length=500)] = ""
    """A PostgreSQL database (:mod:`~alpr_edge.department.db.engines.location`); empty: SQLite in the folder."""


class ImagesTable(Section):
    """[images]: where images lie, and by which key they are encrypted; no secret stands here."""

    url: Annotated[str, Field(max_length=500)] = ""
    """``s3://BUCKET/PREFIX`` (:mod:`~alpr_edge.department.images.bucket_location`); empty: ``images`` in the folder."""
    endpoint: Annotated[str, Field(max_length=500)] = ""
    """Where an S3-compatible server answers; empty: Amazon's of the region."""
    region: Annotated[
        str, Field(pattern=r"^[a-z0-9-]{1,64}$", description="small letters, digits and dashes, at most 64")
    ] = "us-east-1"
    credentials: Annotated[str, Field(max_length=500)] = ""
    """A file with the bucket's access key, or ``credential:NAME`` of systemd."""
    authority: Annotated[str, Field(max_length=500)] = ""
    """PEM of the authority that vouches for the endpoint, beside the system's."""
    key: Annotated[str, Field(max_length=500)] = ""
    """A file with the master key of the keys of a day, or ``credential:NAME``; neither this nor the next: images lie
    as they came."""
    key_command: Annotated[tuple[str, ...], Field(strict=False, max_length=32)] = ()
    """A command that prints the master key, and its arguments."""


class BackupTable(Section):
    """[backup]: where backups go, and how long they stay."""

    target: ShortPath = ""
    """The folder of the backups, on another disk; empty: it is said with each command."""
    keys: ShortPath = ""
    """The folder that the keys are copied to, apart from the backups; empty: somebody keeps them by hand."""
    keep_days: Annotated[int, Field(ge=2, le=365)] = 35
    """After so many days a backup is removed: what was deleted here is in none that is older."""
    bucket_pictures: bool = True
    """Whether the pictures of a bucket are copied into backups; False: the bucket's owner keeps copies of them."""
    programs: ShortPath = ""
    """The folder of PostgreSQL's programs; empty: where Debian and Red Hat put those of the server's release."""


class DepartmentFile(Section):
    """The whole file."""

    people: PeopleTable = PeopleTable()
    outside_organisation: Annotated[
        tuple[OutsideOrganisationTable, ...], Strict(strict=False), Field(max_length=OUTSIDE_MAX)
    ] = ()
    search: SearchTable = SearchTable()
    page: PageTable = PageTable()
    hits: HitsTable = HitsTable()
    single_sign_on: SingleSignOnTable = SingleSignOnTable()
    provisioning: ProvisioningTable = ProvisioningTable()
    database: DatabaseTable = DatabaseTable()
    retention: RetentionTable = RetentionTable()
    audits: AuditsTable = AuditsTable()
    releases: LetterTable = LetterTable()
    images: ImagesTable = ImagesTable()
    alarms: AlarmsTable = AlarmsTable()
    backup: BackupTable = BackupTable()
    administration: AdministrationTable = AdministrationTable()
    website: WebsiteTable = WebsiteTable()
    feed: Annotated[
        tuple[FeedSource, ...], Strict(strict=False), Field(max_length=FEEDS_MAX), AfterValidator(_own_names)
    ] = ()
    """How the feeds of the lists for the units are read and checked before they are published, one a source; the keys
    are those of ``[[hotlist.source]]`` in a unit's settings that say so."""
    map: MapTable = MapTable()
    exchange: Annotated[
        tuple[ExchangeTable, ...], Strict(strict=False), Field(max_length=EXCHANGES_MAX), AfterValidator(_own_names)
    ] = ()


FILE_SCHEMA = FileSchema(DepartmentFile)
"""How faults of the file find their tables and keys."""


def load_department_file(directory: Path) -> DepartmentFile:
    """Load the settings of a department.

    Args:
        directory: the department's folder.

    Raises:
        DepartmentFileError: with every fault found, or the file cannot be read.
        DepartmentError: the folder cannot be looked at.
    """
    path = directory / FILE_NAME
    _require_path(directory)
    try:
        file = DepartmentFile.model_validate(read_values_if_any(path))
    except FileNotFoundError:
        return DepartmentFile()
    except ValidationError as error:
        raise DepartmentFileError.of(path, faults_of(error, FILE_SCHEMA)) from None
    except SettingsError as error:
        raise DepartmentFileError(error.faults) from None
    if faults := list(_faults_between_tables(file)):
        raise DepartmentFileError.of(path, faults)
    return file


def _require_path(directory: Path) -> None:
    """A folder that cannot be looked at, for its name or those above it, is no fault of the settings."""
    try:
        directory.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise DepartmentError(f"{directory}: cannot be looked at: {error.strerror}") from None


def _faults_between_tables(file: DepartmentFile) -> Iterator[str]:
    """What each table may hold by itself, and not beside the others."""
    mailed = [each for each in file.exchange if each.mail_to]
    if mailed and not (file.alarms.smtp_host and file.alarms.mail_from):
        yield "exchange: mail_to needs smtp_host and mail_from in [alarms]"
    if file.alarms.smtp_security == "none" and any(each.plate_in_mail for each in mailed):
        yield 'exchange: plate_in_mail needs smtp_security "starttls" or "tls" in [alarms]'
    yield from barred_reason_faults("feed", file.feed, PolicySettings(profile=file.search.profile))


def load_periods(directory: Path) -> DepartmentPeriods:
    """Load how long a department keeps reads.

    Raises:
        DepartmentFileError: with every fault found, or what is against the law of the state.
    """
    table = load_department_file(directory).retention
    try:
        return department_periods(table.state, table.read_days, table.hit_days)
    except DepartmentError as error:
        raise DepartmentFileError.of(directory / FILE_NAME, [f"retention.{error}"]) from None
