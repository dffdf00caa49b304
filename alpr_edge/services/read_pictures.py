"""Writes a stored read's picture to a file for those who may see plates (policy 462.6(a))."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.runtime.durable_files import sync_directory
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.services.shown_hits import HitRights, plain_scene
from alpr_edge.settings import Settings
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore

OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """The pictures of a unit's reads, for files."""

    store: UnitStore
    settings: Settings

    def write(self, authoriser: Authoriser, purpose: Purpose, read_id: str, kind: EvidenceKind, path: Path) -> int:
        """Write the JPEG of a read to a new file of mode 0600; returns its size in bytes.

        The scene is as that of any read without a hit, unless they may see one of it.

        Args:
            kind: the picture of it: the whole scene, or the plate alone.
            path: the file to make; one that exists is never replaced.

        Raises:
            AccessError: it is refused.
            LostError: the picture's file is missing or was changed.
            PictureError: the picture cannot be made smaller.
            StoreError: there is no such read, no such picture of it, or the file cannot be made.
        """
        with authoriser.access(Operation.EXPORT_PICTURE, purpose, AccessSubject((read_id,))) as access:
            stored_read, jpeg = _picture(self.store, read_id, kind)
            rights = HitRights(access, self.settings.hotlist, authoriser.may_see_covert())
            if kind is EvidenceKind.SCENE and rights.is_scene_plain(stored_read.hits):
                jpeg = plain_scene(jpeg, self.settings.store)
            access.show((read_id,), byte_count=len(jpeg))
        _create(path, jpeg)
        return len(jpeg)


def _picture(store: UnitStore, read_id: str, kind: EvidenceKind) -> tuple[StoredRead, bytes]:
    stored_read = store.reads.get(read_id)
    if stored_read is None:
        raise StoreError(f"{read_id}: no such read here; alpr-edge reads shows the ids")
    digests = [image.sha256 for image in stored_read.read.evidence if image.kind is kind]
    if not digests:
        raise StoreError(f"{read_id}: no {kind} picture was kept: {stored_read.missing_evidence or 'none was taken'}")
    return stored_read, store.images.get(digests[0])


def _create(path: Path, content: bytes) -> None:
    """Make the file for its owner alone, whatever lies at the place of a link: durable, and whole or not at all.

    Made in place, not renamed: media have file systems without hard links, and a rename would replace what is there.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with io_errors(f"{path}: cannot be written", StoreError):
            descriptor = os.open(path, flags, OWNER_ONLY)
    except StoreError:
        if path.is_symlink() or path.exists():
            raise StoreError(f"{path}: exists already; give another name") from None
        raise
    with io_errors(f"{path}: cannot be written", StoreError), ExitStack() as on_failure:
        on_failure.callback(path.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)
        on_failure.pop_all()
