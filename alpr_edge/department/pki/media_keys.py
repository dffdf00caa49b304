"""The department's two keys for portable media: one opens what units wrote, one signs the receipts that go back.

The first is an X25519 key of its own in ``media.key``: units get its public half with their certificates, and what they
sealed opens with nothing else. Losing it loses what lies on media. The second is the server's, whose certificate every
unit can check.
"""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.items import encode
from alpr_edge.domain.protocol.media import RECEIPTS_LINE, ReceiptPayload, ReceiptsPayload
from alpr_edge.domain.protocol.sealing import sign
from alpr_edge.runtime.durable_files import private_directory, replace_file


def make_media_key(files: TlsFiles) -> None:
    """Make the key that opens media, unless there is one.

    Raises:
        DepartmentError: it cannot be written.
    """
    if files.media_key.exists():
        return
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        private_directory(files.directory)
        replace_file(files.media_key, pem)
    except (OSError, StoreError) as error:
        raise DepartmentError(f"{files.media_key}: cannot be written: {error}") from None


def load_media_key(files: TlsFiles) -> X25519PrivateKey:
    """The key that opens media.

    Raises:
        DepartmentError: there is none.
    """
    try:
        key = load_pem_private_key(files.media_key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, X25519PrivateKey):
        raise DepartmentError(f"{files.media_key}: no usable key for media; make one: alpr-edge department key")
    return key


def public_pem(key: X25519PrivateKey) -> str:
    """Its public half, as units hold it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


class ReceiptSigner:
    """Signs receipts as the department's server."""

    def __init__(self, files: TlsFiles) -> None:
        try:
            self._certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
            key = load_pem_private_key(files.key.read_bytes(), password=None)
        except (OSError, ValueError, TypeError):
            hint = "run: alpr-edge department init"
            raise DepartmentError(f"{files.certificate}, {files.key}: cannot sign receipts; {hint}") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise DepartmentError(f"{files.key}: cannot sign receipts: not an ECDSA key")
        self._key = key

    def sign_receipts(self, unit_id: str, receipts: list[ReceiptPayload]) -> bytes:
        """A file of receipts for a unit, at most :data:`~alpr_edge.domain.protocol.media.RECEIPTS_MAX`."""
        payload = encode(ReceiptsPayload(unit_id=unit_id, receipts=receipts))
        return sign(RECEIPTS_LINE, payload, self._certificate.public_bytes(Encoding.DER), self._key)
