"""Objects in an S3-compatible bucket.

A new object is made only where there is none (``If-None-Match: *``), so that none takes the place of another by chance.
What the server acknowledged counts as kept; whoever gives a receipt reads the object back before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from alpr_edge.department.images.bucket_location import BucketLocation
from alpr_edge.department.images.objects import ObjectState
from alpr_edge.domain.errors import DepartmentError, StoreError

if TYPE_CHECKING:
    from obstore.store import S3Store

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
