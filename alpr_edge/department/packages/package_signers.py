"""What signs the packages of this department: keys of its own, and its authority's word for whose they are."""

from pathlib import Path

from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.evidence_certificates import vouch_for_signer, vouch_for_witness
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.evidence.signer import PackageSigner


def load_signer(directory: Path, name: str, purpose: str) -> PackageSigner:
    """What signs packages of one purpose; without the authority's key here nobody vouches for it."""
    key, files = Witness(directory).other_key(purpose), TlsFiles(directory)
    if not files.authority_key.exists():
        return PackageSigner(name, key)
    return PackageSigner(name, key, vouch_for_signer(_authority(files), name, key.public_key()))


def witness_certificate(directory: Path) -> bytes:
    """The authority's certificate (PEM) of the key that signs and cosigns access logs; empty: its key is not here."""
    files = TlsFiles(directory)
    if not files.authority_key.exists():
        return b""
    return vouch_for_witness(_authority(files), Witness(directory).key)


def _authority(files: TlsFiles) -> Authority:
    try:
        return Authority.load(files)
    except DepartmentError as error:
        raise DepartmentError(f"the package cannot be signed so that others can tell whose it is: {error}") from None
