"""The request for a voucher of the key that signs evidence packages: left by who has the key, read by the uplink.

It stands apart from what sends it, so that the daemon that leaves it does not load the libraries of HTTP.
"""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.domain.protocol.enrolment import REQUEST_BYTES_MAX
from alpr_edge.uplink import key_pair

REQUEST_NAME = "evidence-key.csr"


def leave_request(file: Path, unit_id: str, key: Ed25519PrivateKey) -> None:
    """Leave the request for a voucher of a key, unless it lies there already.

    Raises:
        StoreError: it cannot be written.
    """
    left = read_request(file)
    if left is not None and left.public_key() == key.public_key():
        return
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, unit_id)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, None)
    key_pair.write_whole(file, request.public_bytes(Encoding.PEM))


def read_request(file: Path) -> x509.CertificateSigningRequest | None:
    """The request that was left; None: there is none that can be used."""
    try:
        with file.open("rb") as opened:
            return x509.load_pem_x509_csr(opened.read(REQUEST_BYTES_MAX))
    except (OSError, ValueError):
        return None
