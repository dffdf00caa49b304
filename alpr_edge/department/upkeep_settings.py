"""The tables of ``department.toml`` about what is kept: where it lies, for how long, its copies, its audits."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from alpr_edge.department.setting_types import ShortPath
from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.settings.base import Section


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("no time zone; they look like America/Los_Angeles") from None
    return name


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
    """``s3://BUCKET/PREFIX`` (:mod:`~alpr_edge.department.images.choice`); empty: ``images`` in the folder."""
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
