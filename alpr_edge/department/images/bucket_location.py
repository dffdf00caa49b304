"""Where a bucket is and who asks, as ``[images]`` in ``department.toml`` says it; no secret stands there."""

import configparser
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from alpr_edge.department.db.day_keys.secret_sources import read_secret_file, secret_file
from alpr_edge.department.upkeep_settings import ImagesTable
from alpr_edge.domain.errors import DepartmentError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*|")
_CREDENTIALS_ELSEWHERE = (
    "images.url: credentials in a URL can be read in settings, backups and logs; put them into a file of mode 0600 and "
    "name it in images.credentials"
)


@dataclass(frozen=True, slots=True)
class BucketLocation:
    """A bucket, and what opens it."""

    bucket: str
    prefix: str
    endpoint: str
    """Empty: Amazon's of the region."""
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    authority: bytes | None = field(default=None, repr=False)
    """PEM of the authority that vouches for the endpoint, beside the system's."""

    @property
    def is_plain(self) -> bool:
        """Whether it is reached without TLS, which is allowed within this machine alone."""
        return self.endpoint.startswith("http://")

    @property
    def label(self) -> str:
        """The bucket as errors and people name it."""
        host = urlsplit(self.endpoint).netloc or f"Amazon S3, {self.region}"
        return f"bucket {self.bucket} at {host}"


def bucket_location(table: ImagesTable, directory: Path) -> BucketLocation:
    """The bucket that settings name."""
    bucket, prefix = _parts(table.url)
    _require_endpoint(table.endpoint)
    if not table.credentials:
        raise DepartmentError("images.credentials: missing; name the file with the bucket's access key, mode 0600")
    access_key, secret_key = _credentials(secret_file(table.credentials, directory, "images.credentials"))
    authority = None
    if table.authority:
        try:
            authority = Path(table.authority).read_bytes()
        except OSError as error:
            raise DepartmentError(f"images.authority: {table.authority}: cannot be read: {error.strerror}") from None
    return BucketLocation(bucket, prefix, table.endpoint, table.region, access_key, secret_key, authority)


def _parts(url: str) -> tuple[str, str]:
    """Bucket and prefix of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DepartmentError("images.url: not a bucket; write s3://BUCKET/PREFIX") from None
    if "@" in parts.netloc or parts.query:
        raise DepartmentError(_CREDENTIALS_ELSEWHERE)
    prefix = parts.path.strip("/")
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or not _PREFIX.fullmatch(prefix) or parts.fragment:
        raise DepartmentError("images.url: not a bucket; write s3://BUCKET/PREFIX")
    return parts.netloc, prefix


def _require_endpoint(endpoint: str) -> None:
    if not endpoint:
        return
    try:
        parts = urlsplit(endpoint)
        is_whole = bool(parts.hostname) and parts.path in {"", "/"} and not parts.query and not parts.fragment
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in {"http", "https"}:
        raise DepartmentError("images.endpoint: not an address; write https://HOST or https://HOST:PORT")
    if "@" in parts.netloc:
        raise DepartmentError(_CREDENTIALS_ELSEWHERE.replace("images.url", "images.endpoint"))
    if parts.scheme == "http" and not _is_local(parts.hostname or ""):
        raise DepartmentError("images.endpoint: a server on another machine needs https: pictures of plates go there")


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials(path: Path) -> tuple[str, str]:
    """Access key and secret of a file in the form that tools of Amazon use."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_secret_file(path).decode())
        table = parser["default"]
        return table["aws_access_key_id"], table["aws_secret_access_key"]
    except (configparser.Error, UnicodeDecodeError, KeyError):
        raise DepartmentError(
            f"{path}: no credentials; write a line [default], then aws_access_key_id = ... and "
            "aws_secret_access_key = ..."
        ) from None
