"""A unit's files, made without a network: the authority certifies, the record is written, as enrollment would."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import UNIT_DAYS, Authority, TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key, make_media_key, public_pem


def enrol_unit(directory: Path, unit_id: str, out: Path, days: int = UNIT_DAYS) -> Path:
    """Certificate, key and authority of a unit that the department in ``directory`` knows; ``days`` < 0: run out."""
    files = TlsFiles(directory)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = Authority.load(files).certify(unit_id, key.public_key(), days)
    out.mkdir(mode=0o700, parents=True)
    (out / "department-ca.pem").write_bytes(files.authority.read_bytes())
    (out / "unit.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (out / "unit.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (out / "unit.key").chmod(0o600)
    make_media_key(files)
    (out / "department-media.pem").write_text(public_pem(load_media_key(files)))
    storage = Storage(directory)
    storage.units.add(certificate)
    storage.close()
    return out
