"""The department's key that signs rosters of people; made by ``department init``, or when it is first needed.

``roster.key`` holds one line, a signer key as Go's ``sumdb/note`` writes it, the counterpart of the verifier key of
C2SP signed-note: ``PRIVATE+KEY+NAME+KEY_ID+BASE64``, the last part of which is the type and the seed of Ed25519. The
name is the department's id. Name and key are one file, because units pin both: a department whose id changed would be
another one to each of them.
"""

import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.domain.errors import AuditError, DepartmentError, StoreError
from alpr_edge.domain.log_proofs.notes import ED25519, check_name, decode_base64, encode_base64, note_key
from alpr_edge.domain.people.roster import Roster
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.runtime.durable_files import create_file, give_to_owner_of

FILE_NAME = "roster.key"
_PREFIX = "PRIVATE+KEY+"
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class RosterSigner:
    """Signs rosters as the department."""

    department_id: str
    """The department's id in every roster: the first name of its server when the key was made."""
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_key(self) -> RosterKey:
        """What units pin at their enrollment; ``str()`` is the line that travels."""
        return RosterKey(self.department_id, self.key.public_key())

    def sign(self, roster: Roster) -> bytes:
        """The signed file of a roster of this department."""
        return sign_roster(roster, self.key)


def load_roster_signer(directory: Path) -> RosterSigner:
    """The signer of a department's rosters; its key is made where there is none.

    Raises:
        DepartmentError: the key cannot be read, made or used; one that is damaged is never replaced.
    """
    path = directory / FILE_NAME
    try:
        if not path.exists():
            _create(path, server_names(TlsFiles(directory))[0])
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except (OSError, StoreError) as error:
        raise DepartmentError(f"{path}: cannot be used: {error}") from None
    except UnicodeDecodeError:
        text, mode = "", 0
    if stat.S_IMODE(mode) & 0o077:
        raise DepartmentError(f"{path}: others may read this key; run: chmod 600 {path}")
    return _parse(path, text)


def _create(path: Path, name: str) -> None:
    """Make a key; another process may make it at the same moment, and then that one counts."""
    try:
        check_name(name)
    except AuditError:
        raise DepartmentError(f"{name}: the server's first name cannot name the department in a roster") from None
    key = Ed25519PrivateKey.generate()
    material = bytes([ED25519]) + key.private_bytes_raw()
    line = f"{_PREFIX}{name}+{note_key(name, key).key_id.hex()}+{encode_base64(material)}\n"
    try:
        create_file(path, line.encode("ascii"))
        give_to_owner_of(path.parent, path)
    except FileExistsError:
        return


def _parse(path: Path, text: str) -> RosterSigner:
    name, _, rest = text.strip().removeprefix(_PREFIX).partition("+")
    key_id, _, encoded = rest.partition("+")
    material = decode_base64(encoded)
    if text.startswith(_PREFIX) and len(material) == 1 + _SEED_BYTES and material[0] == ED25519:
        key = Ed25519PrivateKey.from_private_bytes(material[1:])
        with suppress(AuditError):
            if note_key(name, key).key_id.hex() == key_id:
                return RosterSigner(name, key)
    raise DepartmentError(f"{path}: not a key that signs rosters; restore it from the backup")
