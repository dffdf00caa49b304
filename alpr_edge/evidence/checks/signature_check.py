"""Checks who signed the tag manifest, by both signatures over it, and who vouches for the key."""

from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_edge.domain.errors import AuditError, EvidenceError
from alpr_edge.domain.log_proofs.notes import ED25519, NoteKey, SignedNote, check_note
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.package_files import PackageFiles, UnreadableError
from alpr_edge.evidence.minisign import MinisignSignature, parse_public_key
from alpr_edge.evidence.vouchers import VouchedKey, open_voucher

_CHANGED = "was changed: it is not what the signing key signed"


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """The tag manifest, and who signed it."""

    text: bytes
    """As it was signed; where no signature holds, as it lies there."""
    signer: str
    """The name of the signing key; empty: no signature holds."""
    key: bytes
    """The raw public key that signed it; empty likewise."""


def check_signatures(files: PackageFiles, findings: Findings) -> SignedManifest:
    """Check both signatures over the tag manifest, and tell which of the three files was changed if one was."""
    manifest, note, minisig = (
        _read(files, findings, path) for path in (layout.TAG_MANIFEST, layout.NOTE, layout.MINISIG)
    )
    keys = _keys(files)
    by_note = next((signed for key in keys if (signed := _signed_note(note, key)) is not None), None)
    by_minisign = next((key for key in keys if _minisign_holds(minisig, manifest, key)), b"")
    if by_note is None and not by_minisign:
        findings.fault(DefectKind.SIGNATURE_FALSE, layout.TAG_MANIFEST, "is not signed by the key in the package")
        findings.state(CheckSubject.SIGNATURE, "the signature does not hold: nothing here is vouched for", holds=False)
        return SignedManifest(manifest, "", b"")
    if by_note is None:
        signed = SignedManifest(manifest, "", by_minisign)
        _fault_unless_missing(files, findings, layout.NOTE)
    else:
        signed = by_note
        if signed.text != manifest:
            _fault_unless_missing(files, findings, layout.TAG_MANIFEST)
        if not _minisign_holds(minisig, signed.text, signed.key):
            _fault_unless_missing(files, findings, layout.MINISIG)
    findings.state(CheckSubject.SIGNATURE, "the list of all digests was signed by the key in the package", holds=True)
    return signed


def check_key(files: PackageFiles, findings: Findings, signed: SignedManifest, authority: str) -> VouchedKey | None:
    """Check who vouches for the signing key; returns its voucher where there is one that holds.

    Args:
        authority: SHA-256 of the authority's certificate, as the department tells it; empty: not given.
    """
    if layout.CERTIFICATE not in files.sizes and layout.AUTHORITY not in files.sizes:
        words = (
            "nobody vouches for the signing key but itself: the package shows that it was not changed since, not who"
        )
        _state_not_vouched(findings, f"{words} made it", authority)
        return None
    try:
        voucher = open_voucher(files.read(layout.CERTIFICATE), files.read(layout.AUTHORITY))
    except (EvidenceError, UnreadableError) as error:
        _state_not_vouched(findings, str(error), authority or "any")
        return None
    if signed.key and voucher.public_key != signed.key:
        _state_not_vouched(
            findings, "the certificate is that of another key than the one that signed", authority or "any"
        )
        return None
    if signed.signer and voucher.name != signed.signer:
        _state_not_vouched(findings, "the certificate names another unit than the signature", authority or "any")
        return None
    return _compare_authority(findings, voucher, authority)


def _compare_authority(findings: Findings, voucher: VouchedKey, authority: str) -> VouchedKey | None:
    if not authority:
        words = (
            f"an authority vouches that it is the key of {voucher.name}; whether that is the department's, you did not "
            f"say: compare its SHA-256 with what the department tells you: {voucher.authority}"
        )
        findings.state(CheckSubject.KEY, words, holds=None)
    elif voucher.authority != authority:
        _state_not_vouched(findings, "another authority than the one you named vouches for the key", authority)
        return None
    else:
        findings.state(
            CheckSubject.KEY, f"the authority you named vouches that it is the key of {voucher.name}", holds=True
        )
    return voucher


def _state_not_vouched(findings: Findings, words: str, authority: str) -> None:
    findings.state(CheckSubject.KEY, words, holds=False if authority else None)
    if authority:
        findings.fault(DefectKind.KEY_NOT_VOUCHED, layout.CERTIFICATE, words)


def _read(files: PackageFiles, findings: Findings, path: str) -> bytes:
    try:
        return files.read(path)
    except UnreadableError as error:
        kind = DefectKind.DAMAGED if path in files.sizes else DefectKind.MISSING
        findings.fault(kind, path, str(error) if path in files.sizes else "is not there")
        return b""


def _keys(files: PackageFiles) -> list[bytes]:
    """The raw public keys of certificate and key file; both are the same unless one was changed."""
    keys: list[bytes] = []
    with suppress(UnreadableError, *CERTIFICATE_FAULTS):
        key = x509.load_pem_x509_certificate(files.read(layout.CERTIFICATE)).public_key()
        keys += [key.public_bytes_raw()] if isinstance(key, Ed25519PublicKey) else []
    with suppress(UnreadableError, EvidenceError, UnicodeDecodeError):
        keys.append(parse_public_key(files.read(layout.MINISIGN_KEY).decode("ascii")))
    return list(dict.fromkeys(keys))


def _signed_note(content: bytes, key: bytes) -> SignedManifest | None:
    """What a note says that a key signed, to the byte as this product writes it; None: it did not."""
    try:
        text = content.decode()
        note = SignedNote.parse(text)
        (signature,) = note.signatures
        check_note(note, NoteKey(signature.name, ED25519, key))
    except (AuditError, ValueError):
        return None
    return SignedManifest(note.text.encode(), signature.name, key) if note.whole == text else None


def _minisign_holds(content: bytes, manifest: bytes, key: bytes) -> bool:
    try:
        return MinisignSignature.parse(content.decode()).holds(manifest, key)
    except (EvidenceError, UnicodeDecodeError):
        return False


def _fault_unless_missing(files: PackageFiles, findings: Findings, path: str) -> None:
    if path in files.sizes:
        findings.fault(DefectKind.DAMAGED, path, _CHANGED)
