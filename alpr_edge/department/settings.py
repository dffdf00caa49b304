"""``department.toml`` in the department's folder: accounts, how long reads are kept, where all lies, who gets what.

Every key may be left out, and so may the file.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, Strict, ValidationError, model_validator

from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.identity_settings import (
    OutsideOrganisationTable,
    PeopleTable,
    ProvisioningTable,
    SingleSignOnTable,
)
from alpr_edge.department.public_settings import AdministrationTable, WebsiteTable
from alpr_edge.department.setting_types import HttpsOrigin, LineOfText, ShortPath
from alpr_edge.department.upkeep_settings import (
    AuditsTable,
    BackupTable,
    DatabaseTable,
    ImagesTable,
    RetentionTable,
)
from alpr_edge.domain.collection.department_periods import DepartmentPeriods, department_periods
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.domain.hits import OWN_SOURCE
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.restrictions import Area
from alpr_edge.settings.base import FileSchema, Location, Name, Section
from alpr_edge.settings.faults import faults_of
from alpr_edge.settings.lists import FeedSource
from alpr_edge.settings.loader import read_values_if_any
from alpr_edge.settings.policy import FORMATS_MAX, PolicySettings, check_formats
from alpr_edge.settings.profiles.barred_reasons import barred_reason_faults

WORDS_MAX = 32


def _check_program(command: tuple[str, ...]) -> tuple[str, ...]:
    if command and not command[0].startswith("/"):
        raise ValueError("begin with the whole path of the program, such as /usr/bin/clamdscan")
    return command


class LetterTable(Section):
    """[releases]: requests of other agencies for data (policy 462.7)."""

    scan_command: Annotated[
        tuple[Annotated[str, Strict(), Field(min_length=1, max_length=500)], ...],
        Strict(strict=False),
        Field(max_length=WORDS_MAX),
        AfterValidator(_check_program),
    ] = ()
    """A scanner for viruses and its arguments, run without a shell; it gets a letter on standard input before it is
    handed out, and ends with 0 where it found nothing. Empty: letters are handed out as they came, which is said."""


def _check_view(text: str) -> str:
    if text:
        Area.parse(text)
    return text


class MapTable(Section):
    """[map]: what the maps of the page show beneath reads (:mod:`alpr_edge.department.page.maps`)."""

    outline: ShortPath = ""
    """A GeoJSON file with lines and areas to draw; empty: the borders of states and counties of the release."""
    streets: ShortPath = ""
    """A PMTiles file with vector tiles of streets; empty: no streets."""
    streets_credit: LineOfText = "© OpenStreetMap"
    """Whose data the streets are, which stands below each map with streets."""
    view: Annotated[str, Field(max_length=100), AfterValidator(_check_view)] = ""
    """What a map shows at first, ``latitude,longitude,metres around it``; empty: what its files reach over."""


FILE_NAME = "department.toml"
EXCHANGES_MAX = 20
FEEDS_MAX = 64
OUTSIDE_MAX = 20
TablesT = TypeVar("TablesT", tuple[ExchangeTable, ...], tuple[FeedSource, ...])


class DepartmentFileError(SettingsError, DepartmentError):
    """The file is unusable: every fault at once, one line each with its path, as of a unit's settings."""

    @classmethod
    def of(cls, path: Path, faults: Iterable[str]) -> Self:
        """The error of a file's faults."""
        return cls([f"{path}: {fault}" for fault in faults])


def _own_names(tables: TablesT) -> TablesT:
    names = [each.name for each in tables]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"name {twice[0]!r} is given to more than one; give each a name of its own")
    return tables


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


@dataclass(frozen=True, slots=True)
class SoundTables:
    """The tables of a file in which no fault was found; others are as if the file left them out."""

    file: DepartmentFile
    feeds: Mapping[int, FeedSource]
    """[[feed]] by its place in the file."""
    faulty: frozenset[str]
    """Names of the tables with faults."""
    faults: tuple[str, ...]
    """These faults, one line each, which begins with the key."""


def load_department_file(directory: Path) -> DepartmentFile:
    """Load the settings of a department.

    Raises:
        DepartmentFileError: with every fault found, or the file cannot be read.
        DepartmentError: the folder cannot be looked at.
    """
    tables = load_sound_tables(directory)
    if tables.faults:
        raise DepartmentFileError.of(directory / FILE_NAME, tables.faults)
    return tables.file


def load_sound_tables(directory: Path) -> SoundTables:
    """Load the tables that can be used, and name every fault of the others."""
    _require_path(directory)
    try:
        values = read_values_if_any(directory / FILE_NAME)
    except FileNotFoundError:
        values = {}
    except SettingsError as error:
        raise DepartmentFileError(error.faults) from None
    faults: list[str] = []
    faulty: set[str] = set()
    feeds = list(range(len(_elements(values, "feed"))))
    while True:
        try:
            file = DepartmentFile.model_validate(values)
            break
        except ValidationError as error:
            faults += faults_of(error, FILE_SCHEMA)
            places = {each["loc"][:2] for each in error.errors()}
            faulty |= {str(place[0]) for place in places}
            feeds = [index for index in feeds if ("feed", index) not in places] if ("feed",) not in places else []
            values = _without(values, places)
    tables = SoundTables(file, dict(zip(feeds, file.feed, strict=True)), frozenset(faulty), ())
    return replace(tables, faults=(*faults, *_faults_between_tables(tables)))


def _without(values: dict[str, Any], places: Collection[Location]) -> dict[str, Any]:
    """Values without the tables at some places; of an array of tables the others stay."""
    whole = {place[0] for place in places if len(place) == 1 or not isinstance(place[1], int)}
    sound = {name: value for name, value in values.items() if name not in whole}
    for name in {place[0] for place in places if place[0] in sound}:
        sound[str(name)] = [
            each for index, each in enumerate(_elements(values, str(name))) if (name, index) not in places
        ]
    return sound


def _elements(values: dict[str, Any], name: str) -> list[Any]:
    """The tables of an array; none where it is no array."""
    found = values.get(name)
    return found if isinstance(found, list) else []


def _require_path(directory: Path) -> None:
    """A folder that cannot be looked at, for its name or those above it, is no fault of the settings."""
    try:
        directory.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise DepartmentError(f"{directory}: cannot be looked at: {error.strerror}") from None


def _faults_between_tables(tables: SoundTables) -> Iterator[str]:
    """What each table may hold by itself, and not beside the others."""
    file = tables.file
    mailed = [each for each in file.exchange if each.mail_to and "alarms" not in tables.faulty]
    if mailed and not (file.alarms.smtp_host and file.alarms.mail_from):
        yield "exchange: mail_to needs smtp_host and mail_from in [alarms]"
    if file.alarms.smtp_security == "none" and any(each.plate_in_mail for each in mailed):
        yield 'exchange: plate_in_mail needs smtp_security "starttls" or "tls" in [alarms]'
    yield from barred_reason_faults("feed", tables.feeds, PolicySettings(profile=file.search.profile))


def load_periods(directory: Path) -> DepartmentPeriods:
    """Load how long a department keeps reads.

    Raises:
        DepartmentFileError: with every fault found, or what is against the law of the state.
    """
    table = load_department_file(directory).retention
    if fault := fault_of_periods(table):
        raise DepartmentFileError.of(directory / FILE_NAME, [fault])
    return department_periods(table.state, table.read_days, table.hit_days)


def fault_of_periods(table: RetentionTable) -> str:
    """What of [retention] is against the law of the state; empty: nothing is."""
    try:
        department_periods(table.state, table.read_days, table.hit_days)
    except DepartmentError as error:
        return f"retention.{error}"
    return ""
