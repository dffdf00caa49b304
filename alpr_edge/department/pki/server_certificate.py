"""The certificate of the department's server: its names, its dates, how it is renewed, and what to say about its end.

Units trust nothing else of this server, so all of them stop delivering at its end, at the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.domain.errors import DepartmentError

WARNING_PERIOD = timedelta(days=45)
"""How long before the end of a certificate the department warns."""


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What the department states about its server's certificate and about its authority's."""

    files: TlsFiles
    names: tuple[str, ...]
    """The host names and addresses that it is for."""
    valid_until: datetime
    authority_until: datetime
    """The end of the authority's certificate; times are UTC."""

    @classmethod
    def load(cls, files: TlsFiles) -> "ServerCertificate":
        """Load it from a department's folder.

        Raises:
            DepartmentError: there is no usable certificate of the server or of the authority.
        """
        certificate, authority = _load(files.certificate), _load(files.authority)
        return cls(
            files,
            _names_of(certificate),
            certificate.not_valid_after_utc,
            authority.not_valid_after_utc,
        )

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; negative when it has."""
        return (self.valid_until - now).days

    def has_ended(self, now: datetime) -> bool:
        """Whether units refuse this server by now."""
        return min(self.valid_until, self.authority_until) <= now

    def warnings(self, now: datetime) -> list[str]:
        """One line for each certificate that ends within :data:`WARNING_PERIOD` or has ended."""
        directory = self.files.directory
        renew = f"run: alpr-edge department renew --directory {directory}"
        again = "a new authority needs every unit enrolled again: config/department-recovery.md, Certificates"
        lines = (
            _warning("the server's certificate", self.valid_until, renew, now),
            _warning("the certificate of the authority", self.authority_until, again, now),
        )
        return [line for line in lines if line]

    def require_valid(self, now: datetime) -> None:
        """Check that units can accept this server.

        Raises:
            DepartmentError: the certificate has ended.
        """
        if self.has_ended(now):
            raise DepartmentError(f"{self.files.certificate}: no unit accepts this server: {self.warnings(now)[0]}")


def server_names(files: TlsFiles) -> list[str]:
    """The names and addresses that the server's certificate is for.

    Raises:
        DepartmentError: there is no usable certificate, or it is for no name.
    """
    names = _names_of(_load(files.certificate))
    if not names:
        raise DepartmentError(f"{files.certificate}: no usable certificate of this server: it is for no name")
    return list(names)


def renew_server_certificate(files: TlsFiles, add: Sequence[str] = (), remove: Sequence[str] = ()) -> ServerCertificate:
    """Make a new key and certificate for the server, for the same names.

    Raises:
        DepartmentError: there is no certificate to renew, no authority to sign a new one, or no name is left.
    """
    Authority.load(files)  # a department without its authority must not get a new one here
    names = dict.fromkeys([*server_names(files), *add])
    unknown = [name for name in remove if name not in names]
    if unknown:
        raise DepartmentError(f"{', '.join(unknown)}: the certificate is not for this name; it has: {', '.join(names)}")
    initialise(files.directory, [name for name in names if name not in remove])
    return ServerCertificate.load(files)


def utc_now() -> datetime:
    """The present moment by this server's clock."""
    return datetime.now(UTC)


def _load(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        raise DepartmentError(f"{path}: no usable certificate of this server; run: alpr-edge department init") from None


def _names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def _warning(what: str, until: datetime, todo: str, now: datetime) -> str:
    if until - now > WARNING_PERIOD:
        return ""
    if until <= now:
        return f"{what} ended on {until:%Y-%m-%d}; {todo}"
    return f"{what} ends on {until:%Y-%m-%d}, in {(until - now).days} days; {todo}"
