"""What signs packages for other agencies: a key of the department, and its authority's word for whose that is."""

from pathlib import Path

from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.evidence_certificates import vouch_for_signer
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.evidence.signer import PackageSigner

NAME = "alpr-edge/releases"
"""Stands where packages of a unit have its id; no unit has a name with such a sign in it."""


def load_release_signer(directory: Path) -> PackageSigner:
    """What signs packages of this department; without the authority's key here nobody vouches for it.

    Raises:
        DepartmentError: the department's key cannot be read or made.
    """
    key, files = Witness(directory).other_key("release packages"), TlsFiles(directory)
    if not files.authority_key.exists():
        return PackageSigner(NAME, key)
    return PackageSigner(NAME, key, vouch_for_signer(_authority(files), NAME, key.public_key()))


def _authority(files: TlsFiles) -> Authority:
    try:
        return Authority.load(files)
    except DepartmentError as error:
        raise DepartmentError(f"the package cannot be signed so that others can tell whose it is: {error}") from None
