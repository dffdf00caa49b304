"""Which place a department uses for its images: the bucket that ``department.toml`` names, else a folder in its own."""

import configparser
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alpr_edge.department.db.day_keys.secret_sources import read_secret_file, secret_file
from alpr_edge.department.images.folder import ObjectFolder
from alpr_edge.department.images.objects import ObjectState, ObjectStore, TwoPlaces
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.upkeep_settings import ImagesTable
from alpr_edge.domain.errors import DepartmentError, StoreError

if TYPE_CHECKING:
    from obstore.store import S3Store


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


# Objects in an S3-compatible bucket.
#
# A new object is made only where there is none (``If-None-Match: *``), so that none takes the place of another by
# chance. What the server acknowledged counts as kept; whoever gives a receipt reads the object back before.

CONNECT_S_MAX = 5
REQUEST_S_MAX = 20
RETRIES_MAX = 2
RETRY_S_MAX = 30
CHECK_S_MAX = 5
"""Longest time for a look whether the bucket answers, which is not repeated."""
_NO_BUCKET = "NoSuchBucket"
_REASONS = (
    (_NO_BUCKET, "there is no such bucket; make it, or mend images.url"),
    ("InvalidAccessKeyId", "refuses the access key; mend the file of images.credentials"),
    ("SignatureDoesNotMatch", "refuses the secret key; mend the file of images.credentials"),
    ("403 Forbidden", "refuses: the credentials may not do this"),
    ("401 Unauthorized", "refuses the credentials; mend the file of images.credentials"),
    ("InvalidCertificate", "its certificate does not verify; name its authority in images.authority"),
    ("invalid peer certificate", "its certificate does not verify; name its authority in images.authority"),
    ("HTTP error", "cannot be reached; look at the network and at the server"),
    ("501 Not Implemented", "does not know create-only writes (If-None-Match); use a server that does"),
)
"""What an error's text holds, and what to tell; the text itself names objects and is not repeated."""


class ObjectBucket:
    """A bucket."""

    calls_at_once = 8

    def __init__(self, location: BucketLocation) -> None:
        try:
            # Only where a bucket is used: it is of the department's extra.
            import obstore  # noqa: PLC0415
            from obstore import exceptions  # noqa: PLC0415
        except ImportError:
            raise DepartmentError("not installed: obstore; run: pip install 'alpr-edge[department]'") from None
        self.label = location.label
        self._calls = obstore
        self._failures = exceptions.BaseError, OSError
        self._exists = exceptions.AlreadyExistsError
        self._store = self._open(location, REQUEST_S_MAX, RETRIES_MAX)
        self._quick_store = self._open(location, CHECK_S_MAX, 0)

    def create(self, name: str, content: bytes) -> bool:
        """Make an object; False: there is one of this name."""
        with self._errors():
            try:
                self._calls.put(self._store, name, content, mode="create", use_multipart=False)
            except self._exists:
                return False
        return True

    def replace(self, name: str, content: bytes) -> None:
        """Write an object in place of the one that is there."""
        with self._errors():
            self._calls.put(self._store, name, content, use_multipart=False)

    def read(self, name: str) -> bytes | None:
        """What an object holds; None: there is none."""
        with self._errors():
            try:
                return bytes(self._calls.get(self._store, name).bytes())
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise
                return None

    def stat(self, name: str) -> ObjectState | None:
        """Size and date of an object; None if it does not exist. An answer to HEAD names no missing bucket."""
        with self._errors():
            try:
                found = self._calls.head(self._store, name)
            except FileNotFoundError:
                return None
        return ObjectState(found["size"], found["last_modified"])

    def remove(self, name: str) -> None:
        with self._errors():
            try:
                self._calls.delete(self._store, name)
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise

    def names(self) -> Iterator[str]:
        """The names of all objects, as the server lists them."""
        yield from (name for name, _ in self.sizes())

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Likewise, with their bytes."""
        with self._errors():
            for some in self._calls.list(self._store):
                yield from ((each["path"], each["size"]) for each in some)

    def check(self) -> None:
        """List the first object."""
        with self._errors():
            next(iter(self._calls.list(self._quick_store, chunk_size=1)), None)

    def _open(self, location: BucketLocation, request_s: int, retries: int) -> "S3Store":
        from obstore.store import S3Store  # noqa: PLC0415 - likewise

        try:
            return S3Store(
                location.bucket,
                prefix=location.prefix or None,
                endpoint=location.endpoint or None,
                region=location.region,
                access_key_id=location.access_key,
                secret_access_key=location.secret_key,
                virtual_hosted_style_request=False,
                client_options={
                    "allow_http": location.is_plain,
                    "allow_invalid_certificates": False,
                    "connect_timeout": timedelta(seconds=CONNECT_S_MAX),
                    "timeout": timedelta(seconds=request_s),
                    **({} if location.authority is None else {"root_certificate": location.authority}),
                },
                retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=RETRY_S_MAX)},
            )
        except (*self._failures, ValueError):
            raise DepartmentError(
                f"{location.label}: cannot be used; look at [images] in department.toml, and at images.authority"
            ) from None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise the library's errors as StoreError in one line."""
        try:
            yield
        except self._failures as error:
            text = f"{error} {error!r}"
            reasons = (reason for word, reason in _REASONS if word in text)
            raise StoreError(f"{self.label}: {next(reasons, 'failed; look at the log of its server')}") from None


IMAGES_NAME = "images"


def image_folder(directory: Path) -> ObjectFolder:
    """The folder in a department's own."""
    return ObjectFolder(directory / IMAGES_NAME)


def image_bucket(directory: Path) -> ObjectBucket | None:
    """The bucket that a department's settings name; None: they name none. It is not asked for anything yet."""
    table = load_department_file(directory).images
    return ObjectBucket(bucket_location(table, directory)) if table.url else None


def image_objects(directory: Path) -> ObjectStore:
    """The place of a department's images; with a bucket also the folder, as long as images are in it.

    Raises:
        DepartmentError: the settings are wrong, or the bucket's credentials cannot be read.
        StoreError: the folder cannot be used.
    """
    folder, bucket = image_folder(directory), image_bucket(directory)
    if bucket is None:
        return folder
    return bucket if folder.is_empty else TwoPlaces(bucket, folder)
