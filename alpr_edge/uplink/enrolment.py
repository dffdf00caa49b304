"""Gets the first certificate of a unit.

The unit makes a key, which never leaves it, and sends the department a request signed with that key, and a one-time
code. The code must reach nobody but the department: the certificate of its authority is fetched first and compared with
the SHA-256 that came with the code on paper (or with a copy on this computer), and the code is sent only to a server
whose certificate was made by this authority.

The clock is checked before the code is sent: by a clock that is wrong by days a new certificate has ended already, or
is not valid yet.

With the certificate come the department's keys, which the unit pins (:mod:`alpr_edge.uplink.department_keys`).
"""

import re
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.enrolment import AUTHORITY_PATH, ENROL_PATH, EnrolPayload, Refusal
from alpr_edge.domain.protocol.enrolment_codes import MistypedError, parse_code
from alpr_edge.domain.protocol.service_ports import ENROL_PORT
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.certificate_client import NoCertificateError, ask, issued_in
from alpr_edge.uplink.delivery_responses import Reply
from alpr_edge.uplink.department_keys import fetch_keys, keys_in, pin_keys, pinned_keys
from alpr_edge.uplink.tls import context_of

CLOCK_OFF_MAX = timedelta(hours=12)
"""Largest error of the clock: a department dates certificates back by a day; half of that is left to drift."""
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_REMEDIES = {
    Refusal.CODE: "the department has no such code for unit {unit}; check the code, and [unit] id in the settings",
    Refusal.EXPIRED: "the code has expired; make a new one there: alpr-edge department code {unit}",
    Refusal.USED: "the code was used already; make a new one there: alpr-edge department code {unit}",
    Refusal.WITHDRAWN: "the code was withdrawn, by a newer one or a revocation; make a new one there: "
    "alpr-edge department code {unit}",
    Refusal.UNIT: "the department takes no unit with the id {unit}; check [unit] id in the settings",
    Refusal.TRIES: "too many wrong tries from here; wait ten minutes and try again",
    Refusal.KEY: "the department does not take this key any more; run this again, which makes a new one",
    Refusal.NUMBER: "unit {unit} holds too many certificates; there: alpr-edge department unit revoke {unit}",
    Refusal.AUTHORITY: "the department cannot issue certificates at present; look at its log",
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """The code and the proof of the authority that a person got from the department for this unit."""

    code: str
    """The code as it was typed."""
    ca_fingerprint: str = ""
    """SHA-256 of the authority's certificate; any case, colons and spaces allowed."""
    ca_file: Path | None = None
    """A copy of the authority's certificate that came by another way, in place of the fingerprint."""
    enrol_port: int = ENROL_PORT
    new_keys: bool = False
    """Whether to take other keys of the department than those that are pinned."""


@dataclass(frozen=True, slots=True)
class UnitCertificate:
    """The certificate that a unit holds."""

    unit_id: str
    serial: str
    until: datetime
    new: bool
    """Whether it is new; False: it was held before, and at most missing keys were asked for."""
    key_notes: tuple[str, ...] = ()
    """What is wrong with the department's keys, a line each."""


def valid_certificate(settings: UplinkSettings, unit_id: str, now: datetime) -> UnitCertificate | None:
    """The stored certificate; None unless it is this unit's, of the stored authority, and valid with its key."""
    try:
        context_of(settings)
        certificate = key_pair.certificate_held(settings)
        if certificate is None:
            return None
        certificate.verify_directly_issued_by(key_pair.load_authority(settings))
    except (UplinkError, ValueError, TypeError, InvalidSignature):
        return None
    names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [unit_id] or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return None
    return _unit_certificate(certificate, unit_id, new=False)


def enrol(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, clock: Clock, *, again: bool
) -> UnitCertificate:
    """Make sure that this unit holds a certificate of its department.

    Raises:
        NoCertificateError: the department refuses.
        UplinkError: it is not reached or not trusted, the code is mistyped, or this unit's clock is wrong.
        StoreError: the files cannot be written.
    """
    now = clock.now().utc
    if now is None:
        raise UplinkError(
            "this unit's clock was never set (it says 1970 or so): set it, or let it get a GNSS fix, first"
        )
    with key_pair.pair_lock(settings):
        key_pair.settle_pair(settings)
        certificate = valid_certificate(settings, unit_id, now)
        if certificate is not None and not again:
            return replace(certificate, key_notes=_ask_for_keys(settings, unit_id, replace_keys=invitation.new_keys))
        if not invitation.code:
            raise UplinkError(f"give --code: the department makes one with: alpr-edge department code {unit_id}")
        try:
            code = parse_code(invitation.code)
        except MistypedError as error:
            raise UplinkError(f"--code: {error}") from None
        return _request_certificate(settings, unit_id, invitation, code, now)


def _request_certificate(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, code: str, now: datetime
) -> UnitCertificate:
    target = _enrolment_settings(settings, invitation)
    authority = _authority(target, invitation, now)
    key_file = settings.key_file.with_name(settings.key_file.name + ".enrolling")
    key = key_pair.waiting_key(key_file)
    payload = EnrolPayload(unit_id=unit_id, code=code, request=key_pair.request_of(unit_id, key))
    try:
        answer = issued_in(ask(_context(authority), target, ENROL_PATH, payload), target)
    except NoCertificateError as refusal:
        if refusal.final:
            key_pair.remove(key_file)
        raise _explain_refusal(refusal, target, unit_id) from None
    certificate = key_pair.check_certificate(answer.certificate, unit_id, key, authority)
    offered, is_other_department = keys_in(answer), _has_other_authority(settings, authority)
    notes = _key_notes(pin_keys(settings, offered, replace=invitation.new_keys or is_other_department), settings)
    # The pair last: until it is in place, the unit is not enrolled, and the enrollment can be repeated.
    key_pair.write_whole(settings.ca_file, authority.public_bytes(Encoding.PEM))
    key_pair.write_media_key(settings, answer.media_key)
    key_pair.replace_pair(settings, certificate.public_bytes(Encoding.PEM), key_pair.pem_of(key))
    key_pair.remove(key_file)
    return replace(_unit_certificate(certificate, unit_id, new=True), key_notes=notes)


def _ask_for_keys(settings: UplinkSettings, unit_id: str, *, replace_keys: bool) -> tuple[str, ...]:
    """Pin keys that are missing, or new ones; a department that is out of reach keeps no unit enrolled any less."""
    if not replace_keys and not pinned_keys(settings).missing:
        return ()
    try:
        refused = pin_keys(settings, fetch_keys(settings, unit_id), replace=replace_keys)
    except UplinkError as error:
        return (f"the department's keys were not fetched: {error}",)
    return _key_notes(refused, settings)


def _has_other_authority(settings: UplinkSettings, authority: x509.Certificate) -> bool:
    """Whether this unit trusted another authority before: then it moves to another department, as a person said."""
    try:
        return key_pair.load_authority(settings).public_key() != authority.public_key()
    except UplinkError:
        return False


def _key_notes(refused: tuple[str, ...], settings: UplinkSettings) -> tuple[str, ...]:
    """What a person has to know of the keys that came or did not come."""
    return (
        *(
            f"the department has another key for {what} than the one that is pinned, which stays; if it is right: "
            "alpr-edge unit enroll --new-keys"
            for what in refused
        ),
        *(f"the department gives no key for {what}: update its software" for what in pinned_keys(settings).missing),
    )


def _enrolment_settings(settings: UplinkSettings, invitation: Invitation) -> UplinkSettings:
    """The settings with the address of the department's enrollment port, and without a certificate."""
    try:
        url = httpx.URL(settings.url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme != "https" or not url.host:
        line = f"{settings.url or '--department'}: not an address; it looks like https://department.example:8443"
        raise UplinkError(line)
    enrol_url = str(url.copy_with(port=invitation.enrol_port, raw_path=b"/")).rstrip("/")
    return settings.model_copy(update={"url": enrol_url, "certificate_file": Path("/dev/null")})


def _authority(target: UplinkSettings, invitation: Invitation, now: datetime) -> x509.Certificate:
    """The authority's certificate, verified to be the right one."""
    fingerprint = "".join(invitation.ca_fingerprint.split()).replace(":", "").lower()
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        raise UplinkError("--ca-fingerprint: expected a SHA-256, 64 hexadecimal digits; the department prints it")
    if not fingerprint and invitation.ca_file is None:
        raise UplinkError(
            "give --ca-fingerprint (alpr-edge department code prints it) or --ca-file: without one of them this unit "
            "cannot know its department"
        )
    reply = _fetch_authority(target, invitation)
    _check_clock(reply, now)
    content = reply.body if invitation.ca_file is None else _local(invitation.ca_file)
    try:
        certificate = x509.load_pem_x509_certificate(content)
    except CERTIFICATE_FAULTS:
        where = invitation.ca_file or target.url
        raise UplinkError(f"{where}: gives no certificate of an authority; check the address") from None
    if fingerprint and certificate.fingerprint(SHA256()).hex() != fingerprint:
        raise UplinkError(
            f"{target.url}: its authority is not the one of --ca-fingerprint; nothing was sent. Compare it with what "
            "the department printed; if it is right, somebody else answers there"
        )
    return certificate


def _fetch_authority(target: UplinkSettings, invitation: Invitation) -> Reply:
    """The enrollment port's answer about its authority: nothing secret is sent, and the answer is not trusted yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    hint = f"does the department serve with --enroll-port {invitation.enrol_port}?"
    try:
        reply = ask(context, target, AUTHORITY_PATH)
    except UplinkError as error:
        raise UplinkError(f"{error}; {hint}") from None
    if reply.status != 200 or not reply.is_of_department:
        raise UplinkError(f"{target.url}: what answers there (status {reply.status}) enrolls nobody; {hint}")
    return reply


def _check_clock(reply: Reply, now: datetime) -> None:
    try:
        there = parsedate_to_datetime(reply.headers.get("Date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return
    if abs(there - now) > CLOCK_OFF_MAX:
        raise UplinkError(
            f"this unit's clock says {now:%Y-%m-%d %H:%M} UTC, the department's {there:%Y-%m-%d %H:%M}: set this "
            "unit's clock, or let it get a GNSS fix, and enroll again; the code was not used"
        )


def _local(path: Path) -> bytes:
    with io_errors(f"{path}: cannot be read", UplinkError):
        return path.read_bytes()


def _context(authority: x509.Certificate) -> ssl.SSLContext:
    """A TLS context that trusts this authority alone, and checks the server's name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=authority.public_bytes(Encoding.PEM).decode("ascii"))
    return context


def _explain_refusal(refusal: NoCertificateError, target: UplinkSettings, unit_id: str) -> NoCertificateError:
    for reason, todo in _REMEDIES.items():
        if refusal.reason == reason:
            return NoCertificateError(f"{target.url}: {todo.format(unit=unit_id)}", reason, refusal.retry_after_s)
    return refusal


def _unit_certificate(certificate: x509.Certificate, unit_id: str, *, new: bool) -> UnitCertificate:
    return UnitCertificate(unit_id, f"{certificate.serial_number:X}", certificate.not_valid_after_utc, new)
