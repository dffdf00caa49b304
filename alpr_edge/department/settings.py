"""``department.toml`` in the department's folder: accounts, how long reads are kept, where all lies, who gets what.

Every key may be left out, and so may the file.
"""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, Strict, ValidationError, model_validator

from alpr_edge.department.public_settings import AdministrationTable, WebsiteTable
from alpr_edge.domain.collection.department_periods import DepartmentPeriods, department_periods
from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.settings.base import Name, Section
from alpr_edge.settings.policy import FORMATS_MAX, check_formats

FILE_NAME = "department.toml"
_DOMAIN = r"^$|^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"
_ABSOLUTE = r"^$|^/[^\x00-\x1f\x7f]*$"
EXCHANGES_MAX = 20
APPROVAL_MAX = timedelta(days=366)
Words = Annotated[str, Field(min_length=3, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MailAddress = Annotated[str, Field(max_length=254, pattern=r"^[^\s@<>,;:\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$")]


class PeopleTable(Section):
    """[people]: the accounts of the department's people."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f:]*$")] = ""
    """What authenticator apps and browsers show; empty: the department's domain."""
    domain: Annotated[str, Field(max_length=253, pattern=_DOMAIN)] = ""
    """The domain that passkeys are bound to; empty: the server's first name that is no address."""
    address: Annotated[str, Field(pattern=r"^$|^https://[^/\s?#]+$")] = ""
    """Where people reach the page of invitations; empty: the domain, at the port that is served."""
    invitation_hours: Annotated[int, Field(ge=1, le=72)] = 24
    roster_days: Annotated[int, Field(ge=2, le=365)] = 30
    """How long a roster is valid; ``department serve`` publishes the next after half of it."""
    security_profile: Literal["cjis", "nist"] = "cjis"
    """The rules of passwords."""


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


class PageTable(Section):
    """[page]: the page on which people search (``department page``)."""

    certificate: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """Its certificate with those that vouch for it (PEM), which browsers know; empty: that of the server."""
    key: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The certificate's key (PEM)."""
    address: Annotated[str, Field(pattern=r"^$|^https://[^/\s?#]+$")] = ""
    """Where browsers reach it, which passkeys are bound to; empty: the domain, at the port that is served."""

    @model_validator(mode="after")
    def _require_both(self) -> Self:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key go together: give both or neither")
        return self


class RetentionTable(Section):
    """[retention]: how long the department keeps reads (policy 462.5)."""

    state: Literal[*STATE_PERIODS] = "CA"  # type: ignore[valid-type] # the states of the table
    read_days: Annotated[float | None, Field(gt=0, le=36_500)] = None
    """Of reads that were on no list; None: as the state bounds them, else a year; likewise the next."""
    hit_days: Annotated[float | None, Field(gt=0, le=36_500)] = None


class DatabaseTable(Section):
    """[database]: where reads, hits and people are kept."""

    url: Annotated[str, Field(max_length=500)] = ""
    """A PostgreSQL database (:mod:`~alpr_edge.department.db.engines.location`); empty: SQLite in the folder."""


class AlarmsTable(Section):
    """[alarms]: who is told when something is wrong (:mod:`alpr_edge.department.alarms`)."""

    remind_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """After how long what lasts is told again."""
    ca_file: Annotated[str, Field(pattern=_ABSOLUTE)] = ""
    """The authorities (PEM) that vouch for the servers below; empty: those of the system."""
    mail_to: Annotated[tuple[MailAddress, ...], Strict(strict=False), Field(max_length=20)] = ()
    """Who gets mail; empty: nobody."""
    mail_from: MailAddress | Literal[""] = ""
    smtp_host: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9.:-]*$")] = ""
    """The server that takes mail in."""
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """``none``: in clear, to this computer alone."""
    smtp_user: Annotated[str, Field(max_length=200)] = ""
    """Empty: without signing in."""
    smtp_password_file: Annotated[str, Field(pattern=_ABSOLUTE)] = ""
    webhook_url: Annotated[str, Field(max_length=500, pattern=r"^$|^https?://[^\s]+$")] = ""
    """Where alarms are posted; in clear (``http``) to this computer alone."""
    webhook_key_file: Annotated[str, Field(pattern=_ABSOLUTE)] = ""
    """A file with a key of 32 bytes or more, which the receiver has as well; it signs each post."""

    @model_validator(mode="after")
    def _require_whole(self) -> Self:
        if self.mail_to and not (self.mail_from and self.smtp_host):
            raise ValueError("mail_to needs mail_from and smtp_host")
        if self.smtp_user and not self.smtp_password_file:
            raise ValueError("smtp_user needs smtp_password_file")
        if self.smtp_security == "none" and self.smtp_host and self.smtp_host not in _LOOPBACK:
            raise ValueError("smtp_security: mail leaves this computer encrypted alone; use starttls or tls")
        url = urlsplit(self.webhook_url)
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise ValueError("webhook_url: use https; http is for this computer alone")
        if self.webhook_url and not self.webhook_key_file:
            raise ValueError("webhook_url needs webhook_key_file; make the key: openssl rand -hex 32")
        return self


class ImagesTable(Section):
    """[images]: where images lie, and by which key they are encrypted; no secret stands here."""

    url: Annotated[str, Field(max_length=500)] = ""
    """``s3://BUCKET/PREFIX`` (:mod:`~alpr_edge.department.images.bucket_location`); empty: ``images`` in the folder."""
    endpoint: Annotated[str, Field(max_length=500)] = ""
    """Where an S3-compatible server answers; empty: Amazon's of the region."""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] = "us-east-1"
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

    target: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The folder of the backups, on another disk; empty: it is said with each command."""
    keys: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The folder that the keys are copied to, apart from the backups; empty: somebody keeps them by hand."""
    keep_days: Annotated[int, Field(ge=2, le=365)] = 35
    """After so many days a backup is removed: what was deleted here is in none that is older."""
    programs: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The folder of PostgreSQL's programs; empty: where Debian and Red Hat put those of the server's release."""


class ExchangeTable(Section):
    """[[exchange]]: another system of this department that gets some of what is stored; without one nothing goes out.

    Other agencies get data on an approved request alone (``department release``, policy 462.7).
    """

    name: Name
    format: Annotated[str, Field(min_length=1, max_length=500)]
    """A template by its name, or the whole path of one (:mod:`alpr_edge.department.interchange.templates`)."""
    url: Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s?#@]+$")]
    """Where it is posted, without any secret; in clear (``http``) to this computer alone."""
    key: Annotated[str, Field(min_length=1, max_length=500)]
    """A file with a key of 32 bytes or more, or ``credential:NAME``; it signs each post."""
    token: Annotated[str, Field(max_length=500)] = ""
    """A file with a token that the receiver asks for (``Authorization: Bearer``), or ``credential:NAME``."""
    ca_file: Annotated[str, Field(pattern=_ABSOLUTE)] = ""
    """The authorities (PEM) that vouch for the receiver; empty: those of the system."""
    operator: Words
    """The part of this department that runs it, such as dispatch."""
    purpose: Words
    """What for (policy 462.3)."""
    legal_basis: Words
    approved_by: Words
    """The Operations Division Commander or the authorised designee."""
    approved_on: date
    until: date
    """The last day; a year after the approval at most, so that nothing goes on unseen."""
    rule: Literal["hits", "all_reads"] = "hits"
    lists: Annotated[tuple[Name, ...], Strict(strict=False), Field(max_length=100)] = ()
    """Of hits: the sources of the lists; others stay here."""
    matches: Annotated[tuple[Literal["exact", "confusable", "partial"], ...], Strict(strict=False)] = ("exact",)
    """Of hits: how the plate met the entry."""
    hours_max: Annotated[int, Field(ge=1, le=720)] = 24
    """What was seen longer ago does not go out any more."""
    pictures: bool = False
    """Whether pictures go out, where the template has a place for them."""

    @model_validator(mode="after")
    def _require_terms(self) -> Self:
        url = urlsplit(self.url)
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise ValueError("url: use https; http is for this computer alone")
        if not self.approved_on <= self.until <= self.approved_on + APPROVAL_MAX:
            raise ValueError(f"until: name a day within {APPROVAL_MAX.days} days of approved_on")
        if self.rule == "hits" and not self.lists:
            raise ValueError('lists: name the lists whose hits go out; or, for all reads, rule = "all_reads"')
        if not self.matches:
            raise ValueError('matches: name at least "exact"')
        return self


class DepartmentFile(Section):
    """The whole file."""

    people: PeopleTable = PeopleTable()
    search: SearchTable = SearchTable()
    page: PageTable = PageTable()
    database: DatabaseTable = DatabaseTable()
    retention: RetentionTable = RetentionTable()
    images: ImagesTable = ImagesTable()
    alarms: AlarmsTable = AlarmsTable()
    backup: BackupTable = BackupTable()
    administration: AdministrationTable = AdministrationTable()
    website: WebsiteTable = WebsiteTable()
    exchange: Annotated[tuple[ExchangeTable, ...], Strict(strict=False), Field(max_length=EXCHANGES_MAX)] = ()

    @model_validator(mode="after")
    def _require_own_names(self) -> Self:
        names = [each.name for each in self.exchange]
        if len(set(names)) < len(names):
            raise ValueError("exchange: two have one name")
        return self


def load_department_file(directory: Path) -> DepartmentFile:
    """Load the settings of a department.

    Args:
        directory: the department's folder.

    Raises:
        DepartmentError: a key is wrong, or the file cannot be read.
    """
    path = directory / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return DepartmentFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise DepartmentError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise DepartmentError(f"{path}: cannot be read: {error}") from None


def load_periods(directory: Path) -> DepartmentPeriods:
    """Load how long a department keeps reads.

    Raises:
        DepartmentError: a key is wrong, or against what the state says.
    """
    table = load_department_file(directory).retention
    try:
        return department_periods(table.state, table.read_days, table.hit_days)
    except DepartmentError as error:
        raise DepartmentError(f"{directory / FILE_NAME}: retention.{error}") from None
