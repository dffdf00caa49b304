"""Writes items to portable media at the depot (policy 462.5), sealed, and reads the receipts that come back.

Only the department can read what is written, and the unit's signature shows who wrote it. An item on a medium has not
arrived: it stays in the outbox until a receipt that the department signed comes back, on the medium or over the link.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import ValidationError

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.items import Answer, OutboxItem, Outcome, digest
from alpr_edge.domain.protocol.media import (
    MEDIUM_BYTES_MAX,
    MEDIUM_FILE,
    RECEIPTS_BYTES_MAX,
    RECEIPTS_LINE,
    RECEIPTS_PREFIX,
    RECEIPTS_SUFFIX,
    MediumPayload,
    ReceiptsPayload,
    item_file,
)
from alpr_edge.domain.protocol.sealing import SealedError, Sealer, media_key_in, parse_signed_file
from alpr_edge.runtime import no_follow
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink import key_pair


@dataclass(frozen=True, slots=True)
class Medium:
    """An open medium with a folder for this unit; made by :func:`open_medium`."""

    directory: Path
    medium_id: str
    folder: int
    """Descriptor of the unit's folder."""

    def write(self, item: OutboxItem, content: bytes) -> None:
        """Write an item's file and read it back."""
        place, name = item_file(item.item_id)
        with _medium_errors(self.directory):
            no_follow.make_folder(self.folder, place)
            with no_follow.folder_below(self.folder, place) as folder:
                no_follow.write_file(folder, name, content)
                same = digest(_read_back(folder, name)) == digest(content)
        if not same:
            raise UplinkError(f"{self.directory}: the medium gives back something else than was written; take another")

    def receipts(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file of receipts. Raises UplinkError."""
        with _medium_errors(self.directory):
            for name in filter(_is_receipts, no_follow.names_in(self.folder)):
                yield name, no_follow.read_file(self.folder, name, RECEIPTS_BYTES_MAX)


@contextmanager
def open_medium(directory: Path, unit_id: str) -> Iterator[Medium]:
    """Open a medium; one that is new gets its id.

    Args:
        directory: a folder on the medium, which must exist: where nothing is mounted, a new one would be on the
            vehicle's own disk.

    Raises:
        UplinkError: it is not there, or does not work.
    """
    with ExitStack() as stack:
        with _medium_errors(directory):
            top = stack.enter_context(no_follow.opened_folder(directory))
            medium_id = _medium_id(directory, top)
            no_follow.make_folder(top, unit_id)
            folder = stack.enter_context(no_follow.folder_below(top, unit_id))
        yield Medium(directory, medium_id, folder)


def sealer_of(settings: UplinkSettings, unit_id: str, medium_id: str) -> Sealer:
    """The sealer that seals items with this unit's certificate for its department.

    Raises:
        UplinkError: the certificate, its key or the department's key for media is missing.
    """
    pair = key_pair.pair_held(settings)
    if pair is None:
        files = f"{settings.certificate_file}, {settings.key_file}"
        raise UplinkError(f"{files}: no certificate to sign with; enroll this unit: alpr-edge unit enroll")
    try:
        media_key = media_key_in(settings.media_key_file.read_bytes())
    except (OSError, SealedError):
        raise UplinkError(
            f"{settings.media_key_file}: the department's key for media is not there; it comes with a certificate "
            "(alpr-edge unit enroll --again), or print it there: alpr-edge department key"
        ) from None
    return Sealer(unit_id, medium_id, *pair, media_key)


def offload(
    outbox: Outbox,
    medium: Medium,
    sealer: Sealer,
    settings: UplinkSettings,
    now: Callable[[], datetime | None],
    tick: Callable[[int], None],
) -> int:
    """Write everything that is ready to a medium; returns how many items lie on it now.

    Args:
        now: the present moment in UTC; None when unknown.

    Raises:
        UplinkError: the medium is full or broken; what lies on it whole is noted as such.
        StoreError: the outbox cannot be read or written; what was written is written again.
    """
    done = 0
    while left := outbox.counts().ready:
        tick(left)
        items = outbox.due(settings.batch_items, settings.batch_bytes)
        on_medium: list[OutboxItem] = []
        try:
            for item in items:
                medium.write(item, sealer.seal(item, now()))
                on_medium.append(item)
        finally:
            done += outbox.offload(on_medium, medium.medium_id, now())
    tick(0)
    return done


@dataclass(slots=True)
class ReceiptImport:
    """The result of reading the receipts on a medium."""

    delivered: int = 0
    """Items of this unit that had waited for one."""
    troubles: list[str] = field(default_factory=list)
    """Files that are not receipts of this unit's department, one line each."""


def take_receipts(
    outbox: Outbox, medium: Medium, settings: UplinkSettings, unit_id: str, now: datetime | None
) -> ReceiptImport:
    """Apply the receipts that the department left on a medium; a second time changes nothing.

    Args:
        now: the moment of delivery in UTC; None when unknown.

    Raises:
        UplinkError: the medium cannot be read, or this unit knows no department.
        StoreError: the outbox cannot be written.
    """
    authority, host = key_pair.load_authority(settings), _host_of(settings.url)
    result, before = ReceiptImport(), outbox.counts().delivered
    for name, content in medium.receipts():
        try:
            answers = _answers(content, authority, host, unit_id, now)
        except SealedError as error:
            result.troubles.append(f"{name}: {error}")
            continue
        for start in range(0, len(answers), settings.batch_items):
            outbox.settle(answers[start : start + settings.batch_items], settings.digest_attempts_max, now)
    result.delivered = outbox.counts().delivered - before
    return result


def _answers(
    content: bytes, authority: x509.Certificate, host: str, unit_id: str, now: datetime | None
) -> list[Answer]:
    """The receipts of a file that the department's server, by its host's name, signed for this unit."""
    file = parse_signed_file(RECEIPTS_LINE, content)
    try:
        certificate = x509.load_der_x509_certificate(file.second)
        certificate.verify_directly_issued_by(authority)
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        payload = ReceiptsPayload.model_validate_json(file.first)
    except ValidationError:
        raise SealedError("holds no receipts") from None
    except CERTIFICATE_FAULTS:
        raise SealedError("not signed by this unit's department") from None
    # Every unit has a certificate of the same authority; only a server's speaks for the department.
    if ExtendedKeyUsageOID.SERVER_AUTH not in purposes:
        raise SealedError("not signed by a server of this unit's department")
    # The page of every car is such a server, too: the name tells it from the department's.
    _require_name(certificate, host)
    if now is not None and not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SealedError("signed with a certificate that has ended; import the medium again at the department")
    file.verify(certificate)
    if payload.unit_id != unit_id:
        raise SealedError("receipts of another unit")
    return [Answer(receipt.item_id, Outcome.RECEIPT, receipt.sha256) for receipt in payload.receipts]


def _host_of(url: str) -> str:
    """The name or address of a URL's host as certificates have it; empty where there is none."""
    host = ""
    with suppress(ValueError):
        host = urlsplit(url).hostname or ""
        return str(ip_address(host))
    return host


def _require_name(certificate: x509.Certificate, host: str) -> None:
    """Check that a certificate is for a host, by the rules by which its name is verified on a connection (RFC 9525)."""
    if not host:
        raise SealedError("this unit's settings name no department: set url below [uplink] to its address")
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except CERTIFICATE_FAULTS:
        names = x509.SubjectAlternativeName([])
    hosts = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    hosts |= {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    if not {host, f"*.{host.partition('.')[2]}"} & hosts:
        raise SealedError(f"signed with a certificate that is not for {host}, which [uplink] url names")


def _medium_id(directory: Path, top: int) -> str:
    try:
        content = no_follow.read_file(top, MEDIUM_FILE, MEDIUM_BYTES_MAX)
    except FileNotFoundError:
        payload = MediumPayload(medium_id=secrets.token_hex(16))
        no_follow.write_file(top, MEDIUM_FILE, json.dumps(payload.model_dump()).encode() + b"\n")
        return payload.medium_id
    try:
        return MediumPayload.model_validate_json(content).medium_id
    except ValidationError:
        raise UplinkError(f"{directory / MEDIUM_FILE}: does not name a medium; remove it and try again") from None


def _read_back(folder: int, name: str) -> bytes:
    """A file as the medium has it: this machine's cache of it is dropped first."""
    with os.fdopen(no_follow.open_file(folder, name), "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read()


def _is_receipts(name: str) -> bool:
    return name.startswith(RECEIPTS_PREFIX) and name.endswith(RECEIPTS_SUFFIX)


@contextmanager
def _medium_errors(directory: Path) -> Iterator[None]:
    """Turn the errors of a failing medium into one line."""
    try:
        yield
    except OSError as error:
        if not directory.is_dir():
            raise UplinkError(f"{directory}: no such folder; is the medium mounted?") from None
        raise UplinkError(f"{directory}: the medium failed: {error.filename or ''} {error.strerror}") from None
