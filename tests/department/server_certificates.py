"""Server certificates of any length, as time would make them."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from alpr_edge.department.pki.authority import Authority, TlsFiles


def set_days_left(files: TlsFiles, days: int, *names: str) -> TlsFiles:
    """Give a department's server a certificate that ends in so many days; below 0: one that has ended."""
    key = ec.generate_private_key(ec.SECP256R1())
    addresses = [x509.IPAddress(ip_address(name)) for name in names or ("127.0.0.1",)]
    certificate = Authority.load(files).issue(
        "server", key.public_key(), ExtendedKeyUsageOID.SERVER_AUTH, days, x509.SubjectAlternativeName(addresses)
    )
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    return files


def in_days(days: float) -> datetime:
    """The moment so many days from now."""
    return datetime.now(UTC) + timedelta(days=days)
