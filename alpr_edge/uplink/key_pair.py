"""Stores the unit's certificate and its key: two files that are replaced as one, whenever the power goes.

A certificate is of no use beside the key of another, and two files cannot be renamed in one step. So the new pair is
first written as a whole to a file of its own, ``unit.pem.next``, which is used as long as it is there
(:func:`pair_files`). Then key and certificate are replaced, and that file is removed. A power cut at any moment leaves
the old pair or the new one, and :func:`settle_pair` finishes what was begun.

A key that waits for its certificate has a file of its own (:func:`waiting_key`): after a lost answer the unit asks
again with the same key, and the department gives the same certificate.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from alpr_edge.domain.errors import StoreError, UplinkError
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.sealing import SealedError, media_key_in
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, replace_file, sync_directory
from alpr_edge.runtime.file_lock import exclusive_lock
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import UplinkSettings

PAIR_BYTES_MAX = 65_536
_KEY_END = b"-----END PRIVATE KEY-----\n"


def pair_files(settings: UplinkSettings) -> tuple[Path, Path]:
    """The files to load certificate and key from: those of the settings, or a newer pair that is not in place yet."""
    next_pair = next_file(settings)
    return (next_pair, next_pair) if next_pair.exists() else (settings.certificate_file, settings.key_file)


def next_file(settings: UplinkSettings) -> Path:
    """The file that a new pair is written to first: the key, then the certificate."""
    return settings.certificate_file.with_name(settings.certificate_file.name + ".next")


def certificate_held(settings: UplinkSettings) -> x509.Certificate | None:
    """The unit's certificate; None where there is none to be read."""
    try:
        content = pair_files(settings)[0].read_bytes()
        return x509.load_pem_x509_certificate(content.rpartition(_KEY_END)[2])
    except (OSError, ValueError):
        return None


def pair_held(settings: UplinkSettings) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """The unit's certificate with the key of it; None where they are not there or do not belong together."""
    certificate = certificate_held(settings)
    try:
        key = load_pem_private_key(pair_files(settings)[1].read_bytes().partition(_KEY_END)[0] + _KEY_END, None)
    except (OSError, ValueError, TypeError):
        return None
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return (certificate, key) if certificate.public_key() == key.public_key() else None


def load_authority(settings: UplinkSettings) -> x509.Certificate:
    """The certificate of the department's authority."""
    try:
        return x509.load_pem_x509_certificate(settings.ca_file.read_bytes())
    except (OSError, ValueError):
        raise UplinkError(f"{settings.ca_file}: no usable department authority; enroll this unit") from None


def replace_pair(settings: UplinkSettings, certificate: bytes, key: bytes) -> None:
    """Replace the stored pair by a new one.

    Args:
        key: the key as PEM, unencrypted PKCS#8; its files have mode 0600.
    """
    write_whole(next_file(settings), key + certificate)
    settle_pair(settings)


def settle_pair(settings: UplinkSettings) -> None:
    """Move a new pair from its own file into place; nothing when there is none."""
    next_pair = next_file(settings)
    try:
        with no_follow.opened_folder(next_pair.parent) as folder:
            content = no_follow.read_file(folder, next_pair.name, PAIR_BYTES_MAX)
        key, end, certificate = content.partition(_KEY_END)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{next_pair}: cannot be read: {error.strerror}") from None
    write_whole(settings.key_file, key + end)
    write_whole(settings.certificate_file, certificate)
    remove(next_pair)


def waiting_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key at ``path`` that still waits for its certificate, made (mode 0600) and durable if there is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        key = None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    new_key = ec.generate_private_key(ec.SECP256R1())
    write_whole(path, pem_of(new_key))
    return new_key


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PEM of a key, as its file holds it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def request_of(unit_id: str, key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate request (PKCS#10, PEM): the unit's id, the public key, and proof that the unit holds the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit_id)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode("ascii")


def check_certificate(
    pem: str, unit_id: str, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate
) -> x509.Certificate:
    """Check the certificate that a department issued, and return it."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        certificate.verify_directly_issued_by(authority)
        names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        certified_key = certificate.public_key()
    except CERTIFICATE_FAULTS:
        raise UplinkError("the department gave no certificate of its own authority; look at its log") from None
    if names != [unit_id] or certified_key != key.public_key():
        raise UplinkError("the department gave a certificate for another unit or key; look at its log")
    return certificate


@contextmanager
def pair_lock(settings: UplinkSettings) -> Iterator[None]:
    """Lock the pair, so that no other process replaces it meanwhile."""
    folder = settings.certificate_file.parent
    with io_errors(f"{folder}: cannot be used as a folder", StoreError):
        folder.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    busy = f"{folder}: this unit is being enrolled or renewed at this moment; try again"
    with exclusive_lock(descriptor, busy):
        yield


def write_media_key(settings: UplinkSettings, pem: str) -> None:
    """Store the department's public key for media; when the department sends none, the stored one is kept."""
    if not pem:
        return
    try:
        media_key_in(pem.encode())
    except SealedError as error:
        raise UplinkError(f"the department gave for media {error}; look at its log") from None
    write_whole(settings.media_key_file, pem.encode())


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once (mode 0600), durable; it belongs to the owner of its folder."""
    hint = f"{path.parent} must be writable for the user that runs this"
    with io_errors(f"{path}: cannot be written", StoreError, hint):
        replace_file(path, content)


def remove(path: Path) -> None:
    """Remove a file durably; nothing when there is none."""
    with io_errors(f"{path}: cannot be removed", StoreError):
        path.unlink(missing_ok=True)
        sync_directory(path.parent)
