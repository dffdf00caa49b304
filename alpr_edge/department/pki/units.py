"""The units that may connect to this department: enrolling, renewing, revoking, and the record of all of it.

Only a unit with a certificate on record may connect. One that the authority signed and that is not on record (made with
a stolen key, or after the backup of a restored database) does not count: the unit enrolls anew. Rows are never deleted,
so that an audit finds who could send when (policy 462.6(c)).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from sqlalchemy import Connection, Row, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.exchange_schema import IMPORT_PREFIX
from alpr_edge.department.db.schema import certificates, enrolment_codes
from alpr_edge.department.pki import enrolment_codes as codes
from alpr_edge.department.pki.authority import UNIT_DAYS, Authority, TlsFiles
from alpr_edge.department.pki.enrolment_codes import NewCode
from alpr_edge.department.pki.issuance import CertificateOrder, issue, issued_before, key_of, record
from alpr_edge.department.pki.media_keys import load_media_key, public_pem
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.enrolment import Refusal
from alpr_edge.settings.base import is_name

_CODES = "enrollment codes"
REASONS_LENGTH_MAX = 2000
"""Longest text of reasons that another one is added to."""


class CertificateStatus(StrEnum):
    """The status of a certificate at present."""

    GOOD = "good"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Revocation:
    """The certificates and codes that a revocation ended."""

    unit_id: str
    certificates: int
    codes: int
    reasons_added: int = 0
    """Certificates that were revoked before, and now have this reason beside the first."""
    end: UnitEnd | None = None
    """As what it is shown from now on, where that was said and it has a certificate."""


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """A unit, as the department knows it."""

    unit_id: str
    state: str
    """``valid`` with a valid certificate, else ``expired`` or ``revoked`` by its newest; without any ``invited`` or
    ``not enrolled``."""
    valid_until: datetime | None
    certificates: list[dict[str, Any]]
    """Its certificates, newest first."""
    code_until: datetime | None
    """When the code that waits for the unit expires; None when none waits."""
    end: UnitEnd | None = None
    """As what it was ended, where it is revoked and that was said."""

    @property
    def ended_at(self) -> datetime | None:
        """When it was revoked, UTC, where it is."""
        if self.state != CertificateStatus.REVOKED:
            return None
        revoked_at: datetime = self.certificates[0]["revoked_at"]
        return revoked_at.replace(tzinfo=UTC)


class Units:
    """The units of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase, files: TlsFiles) -> None:
        self._database = database
        self._files = files

    def invite(self, unit_id: str, valid: timedelta) -> NewCode:
        """Make a one-time code for a unit; also for one that was revoked, whose new certificate will count."""
        _check_id(unit_id)
        secret = Authority.load(self._files).secret(_CODES)
        with self._database.writing() as connection:
            return codes.make(connection, secret, unit_id, valid)

    def enrol(self, unit_id: str, code: str, request: str, address: str | None = None) -> bytes:
        """Give a unit its certificate (PEM) for its one-time code in canonical form."""
        _check_id(unit_id)
        order, authority = CertificateOrder(unit_id, key_of(request), address), Authority.load(self._files)
        secret = authority.secret(_CODES)
        # A wrong code takes no lock that the storage of items waits for.
        with self._database.reading() as connection:
            if codes.find_code(connection, secret, unit_id, code) is None:
                raise CertificateRefusedError(Refusal.CODE)
        with self._database.writing() as connection:
            row = codes.find_code(connection, secret, unit_id, code)
            result = Refusal.CODE if row is None else _redeem_code(connection, authority, order, row)
            if isinstance(result, Refusal):
                raise CertificateRefusedError(result)
        return result

    def renew(
        self, unit_id: str, fingerprint: str, request: str, address: str | None = None, days: int = UNIT_DAYS
    ) -> bytes:
        """Give a unit the certificate (PEM) after the one it has; the same again for the same request."""
        order = CertificateOrder(unit_id, key_of(request), address, fingerprint)
        authority = Authority.load(self._files)
        with self._database.writing() as connection:
            if _status(connection, unit_id, fingerprint) is not CertificateStatus.GOOD:
                raise CertificateRefusedError(Refusal.REVOKED)
            return issued_before(connection, order) or issue(connection, authority, order, days)

    def add(self, certificate: x509.Certificate) -> str:
        """Record a certificate that an authority of the agency's own made; returns the unit's id."""
        names = [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        unit_id, key = names[0] if len(names) == 1 else "", certificate.public_key()
        _check_id(unit_id)
        try:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(self._files.authority.read_bytes()))
        except (OSError, ValueError, TypeError, InvalidSignature):
            raise DepartmentError(f"{unit_id}: not issued by the authority in {self._files.authority}") from None
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise DepartmentError(f"{unit_id}: its key is of another kind than units have (ECDSA)")
        with self._database.writing() as connection:
            query = select(certificates.c.unit_id).where(certificates.c.fingerprint == _fingerprint(certificate))
            if connection.scalar(query) is None:
                record(connection, certificate, CertificateOrder(unit_id, key, None), "added")
        return unit_id

    def media_key(self) -> str:
        """The department's public key for media (PEM), which comes with every certificate; empty: it has none."""
        try:
            return public_pem(load_media_key(self._files))
        except DepartmentError:
            return ""

    def certificate(self, unit_id: str, fingerprint: str) -> tuple[x509.Certificate, CertificateStatus] | None:
        """A unit's recorded certificate and its status now; None: there is no such one."""
        mine = (certificates.c.fingerprint == fingerprint, certificates.c.unit_id == unit_id)
        with self._database.reading() as connection:
            row = connection.execute(select(certificates).where(*mine)).one_or_none()
        return None if row is None else (x509.load_pem_x509_certificate(row.pem), _status_of(row))

    def standing(self, unit_id: str, fingerprint: str) -> CertificateStatus:
        """The status of a connection's certificate at this moment."""
        with self._database.reading() as connection:
            return _status(connection, unit_id, fingerprint)

    def revoke(self, unit_id: str, reason: str = "", end: UnitEnd | None = None) -> Revocation:
        """End every certificate and code of a unit, from the next request on; the record of them stays.

        Args:
            end: as what it is ended, which takes the place of what was said before; None: it is not said.
        """
        with self._database.writing() as connection:
            table = certificates.c
            if not any(connection.execute(select(c).where(c == unit_id).limit(1)).all() for c in _ID_COLUMNS):
                raise DepartmentError(f"{unit_id}: no such unit here; see: alpr-edge department unit list")
            reasons = _add_reason(connection, unit_id, reason)
            statement = update(certificates).where(table.unit_id == unit_id, table.revoked_at.is_(None))
            count = connection.execute(statement.values(revoked_at=naive_utc_now(), revoked_reason=reason)).rowcount
            newest = select(table.fingerprint).where(table.unit_id == unit_id).order_by(table.issued_at.desc()).limit(1)
            mark = update(certificates).where(table.fingerprint == newest.scalar_subquery())
            if end is not None and not connection.execute(mark.values(ended_as=end.value)).rowcount:
                end = None
            return Revocation(unit_id, count, codes.withdraw(connection, unit_id), reasons, end)

    def records(self) -> list[UnitRecord]:
        """Every unit that ever was, by id."""
        with self._database.reading() as connection:
            certificate_rows = connection.execute(select(certificates).order_by(certificates.c.issued_at.desc())).all()
            code_rows = connection.execute(select(enrolment_codes)).all()
        rows_of: dict[str, tuple[list[Row[Any]], list[Row[Any]]]] = {}
        for place, rows in enumerate((certificate_rows, code_rows)):
            for row in rows:
                rows_of.setdefault(row.unit_id, ([], []))[place].append(row)
        return [_record_of(unit_id, *rows_of[unit_id]) for unit_id in sorted(rows_of)]


def _add_reason(connection: Connection, unit_id: str, reason: str) -> int:
    """Put a reason, with its date, behind those of the certificates that are revoked already; returns how many."""
    table = certificates.c
    is_revoked_unit = (table.unit_id == unit_id, table.revoked_at.is_not(None))
    count = 0
    for row in connection.execute(select(table.fingerprint, table.revoked_reason).where(*is_revoked_unit)).all():
        before = row.revoked_reason or ""
        if not reason or reason in before or len(before) > REASONS_LENGTH_MAX:
            continue
        text = f"{before}; {naive_utc_now():%Y-%m-%d}: {reason}" if before else reason
        statement = update(certificates).where(table.fingerprint == row.fingerprint)
        connection.execute(statement.values(revoked_reason=text))
        count += 1
    return count


_ID_COLUMNS = (certificates.c.unit_id, enrolment_codes.c.unit_id)


def _check_id(unit_id: str) -> None:
    if not is_name(unit_id) or unit_id.startswith(IMPORT_PREFIX):
        raise CertificateRefusedError(Refusal.UNIT)


def _redeem_code(
    connection: Connection, authority: Authority, order: CertificateOrder, row: Row[Any]
) -> bytes | Refusal:
    """The result of a correct code."""
    refusal = codes.refusal_of(row)
    if refusal is Refusal.USED:
        first = connection.execute(select(certificates).where(certificates.c.fingerprint == row.used_for)).one()
        is_same = first.key_sha256 == order.key_sha256 and first.revoked_at is None
        return bytes(first.pem) if is_same and naive_utc_now() - row.used_at <= codes.REPEAT_WITHIN else refusal
    if refusal is not None:
        return refusal
    try:
        pem = issue(connection, authority, order)
    except CertificateRefusedError as error:
        return error.reason
    codes.use(connection, row, _fingerprint(x509.load_pem_x509_certificate(pem)))
    return pem


def _status(connection: Connection, unit_id: str, fingerprint: str) -> CertificateStatus:
    mine = (certificates.c.fingerprint == fingerprint, certificates.c.unit_id == unit_id)
    row = connection.execute(select(certificates).where(*mine)).one_or_none()
    return CertificateStatus.UNKNOWN if row is None else _status_of(row)


def _status_of(row: Row[Any]) -> CertificateStatus:
    if row.revoked_at is not None:
        return CertificateStatus.REVOKED
    return CertificateStatus.EXPIRED if row.not_after <= naive_utc_now() else CertificateStatus.GOOD


def _record_of(unit_id: str, certificate_rows: list[Row[Any]], code_rows: Iterable[Row[Any]]) -> UnitRecord:
    statuses = [_status_of(row) for row in certificate_rows]
    good = [
        row.not_after
        for row, status in zip(certificate_rows, statuses, strict=True)
        if status is CertificateStatus.GOOD
    ]
    waiting = [row.expires_at for row in code_rows if codes.refusal_of(row) is None]
    state = "valid" if good else statuses[0].value if statuses else "invited" if waiting else "not enrolled"
    details = [
        {column.name: getattr(row, column.name) for column in certificates.c if column.name != "pem"}
        | {"standing": status.value}
        for row, status in zip(certificate_rows, statuses, strict=True)
    ]
    ended_as = certificate_rows[0].ended_as if state == CertificateStatus.REVOKED else None
    end = None if ended_as is None else UnitEnd(ended_as)
    return UnitRecord(unit_id, state, max(good, default=None), details, max(waiting, default=None), end)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()
