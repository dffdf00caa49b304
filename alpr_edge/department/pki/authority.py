"""A small certificate authority: one authority, one server, a certificate a unit.

ECDSA on P-256 with SHA-256. An authority of the agency's own serves as well: ``ca.pem``, ``server.pem`` and
``server.key`` are all the server reads to serve, a unit's certificate needs its id as common name and the client
purpose, and is made known by ``department unit add``.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import private_directory, replace_file
from alpr_edge.runtime.key_derivation import derive_key

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
UNIT_DAYS = 397
BACKDATED = timedelta(days=1)
"""How far certificates are dated back, so that one just made holds on a machine whose clock is a little behind."""
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
"""Labels of letters, digits, dashes and underscores, with dots between."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of the department's certificates and keys."""

    directory: Path

    @property
    def authority(self) -> Path:
        """Certificate of the authority that units are checked against."""
        return self.directory / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's key: only enrolling and renewing need it."""
        return self.directory / "ca.key"

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        """The server's key."""
        return self.directory / "server.key"

    @property
    def media_key(self) -> Path:
        """The key that opens what units wrote to portable media."""
        return self.directory / "media.key"


def initialise(directory: Path, names: Sequence[str]) -> TlsFiles:
    """Make the authority when there is none, and a new server certificate (which also renews one).

    Args:
        directory: the department's folder, made with mode 0700.

    Raises:
        DepartmentError: no name, one that is none of a host, or a file cannot be used.
    """
    if not names:
        raise DepartmentError("give every name and address units reach this server under, as --name")
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
    files = TlsFiles(directory)
    try:
        private_directory(directory)
        if not files.authority.exists():
            _make_authority(files)
        authority = Authority.load(files)
        key = _new_key()
        certificate = authority.issue(
            names[0], key.public_key(), ExtendedKeyUsageOID.SERVER_AUTH, SERVER_DAYS, alternative
        )
        replace_file(files.key, _pem_key(key))
        replace_file(files.certificate, _pem(certificate))
    except (OSError, StoreError) as error:
        raise DepartmentError(f"{directory}: {error}") from None
    return files


@dataclass(frozen=True, slots=True)
class Authority:
    """The certificate and key that everything else is signed with."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def load(cls, files: TlsFiles) -> "Authority":
        """Load the authority of a department's folder.

        Raises:
            DepartmentError: there is none, or not its key.
        """
        try:
            certificate = x509.load_pem_x509_certificate(files.authority.read_bytes())
            key = load_pem_private_key(files.authority_key.read_bytes(), password=None)
        except (OSError, ValueError, TypeError):
            hint = "run: alpr-edge department init"
            raise DepartmentError(f"{files.directory}: no usable authority (ca.pem, ca.key); {hint}") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise DepartmentError(f"{files.authority_key}: not a key this authority makes")
        return cls(certificate, key)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate (DER), lower-case hex: what a unit compares before it sends its code."""
        return self.certificate.fingerprint(SHA256()).hex()

    def secret(self, purpose: str) -> bytes:
        """Derive 32 bytes for one purpose that only a holder of the authority's key can know."""
        return derive_key(self.key.private_numbers().private_value.to_bytes(32), f"department {purpose}")

    def certify(self, unit_id: str, key: ec.EllipticCurvePublicKey, days: int = UNIT_DAYS) -> x509.Certificate:
        """Issue a unit's certificate: its id as common name, for clients alone.

        Args:
            days: the days from now for which the certificate holds; 0 and below makes one that has run out.
        """
        return self.issue(unit_id, key, ExtendedKeyUsageOID.CLIENT_AUTH, days)

    def issue(
        self,
        common_name: str,
        key: ec.EllipticCurvePublicKey | Ed25519PublicKey,
        purpose: x509.ObjectIdentifier,
        days: int,
        alternative: x509.SubjectAlternativeName | None = None,
    ) -> x509.Certificate:
        """A certificate for one purpose; it ends before the authority does."""
        until = min(datetime.now(UTC) + timedelta(days=days), self.certificate.not_valid_after_utc)
        builder = _builder(common_name, self.certificate.subject, key, until)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        if alternative is not None:
            builder = builder.add_extension(alternative, critical=False)
        return builder.sign(self.key, SHA256())


def _make_authority(files: TlsFiles) -> None:
    key = _new_key()
    name = "alpr-edge department authority"
    until = datetime.now(UTC) + timedelta(days=AUTHORITY_DAYS)
    builder = _builder(name, _name(name), key.public_key(), until)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    # The key first: a certificate without its key would look like an authority of somebody else's.
    replace_file(files.authority_key, _pem_key(key))
    replace_file(files.authority, _pem(builder.sign(key, SHA256())))


def _builder(
    common_name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey | Ed25519PublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(datetime.now(UTC), until) - BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name.isascii():
        raise DepartmentError(f"{name}: not a host name in ASCII; write it in its xn-- form")
    if not _HOST_NAME.fullmatch(name):
        raise DepartmentError(f"{name!r}: not a host name or address; write it as department.example or 192.0.2.10")
    return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
