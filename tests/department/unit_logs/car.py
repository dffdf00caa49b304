"""A car's access log, and what it sends of it."""

import shutil
from pathlib import Path

from alpr_edge.department.ingest.records import Part
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.protocol.access_log import CheckpointPayload, checkpoint_item_id, record_item_id
from alpr_edge.domain.protocol.items import digest, encode
from alpr_edge.settings import load
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.access_log.schema import FILE_NAME
from tests.domain.access_log.entries import entry
from tests.store.records import instant
from tests.units import write_bare_unit

UNIT = "unit-1"


class Car:
    """A car with a log in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._settings = load(write_bare_unit(folder))
        self.log = AccessLog.open(self._settings, migrate=True)

    @property
    def signer(self) -> CheckpointSigner:
        return CheckpointSigner(self.log, load_signing_key(self._settings.store.keys_directory))

    def look(self, count: int, **changes: str) -> None:
        """Let so many reads be looked at."""
        for number in range(count):
            self.log.append(entry(number, **changes), instant(number))

    def records(self, first: int = 0) -> list[Part]:
        """The items of records."""
        return [
            Part(record_item_id(self.log.log_id, it.sequence), "access_record", it.body, digest(it.body))
            for it in self.log.read(first, 1000)
        ]

    def checkpoint(self) -> Part:
        """The item of the log's newest checkpoint."""
        stored = self.signer.sign()
        assert stored is not None
        return checkpoint_part(self.log.log_id, stored.note.whole, self.signer.key.text)

    def save_image(self) -> Path:
        """Copy the log's file, as an image of the disk would."""
        self.log.close()
        image = self._folder / "image.db"
        shutil.copy2(self._path, image)
        self.log = AccessLog.open(self._settings, migrate=True)
        return image

    def restore_image(self, image: Path) -> None:
        """Set the log back to a copy."""
        self.log.close()
        shutil.copy2(image, self._path)
        self.log = AccessLog.open(self._settings, migrate=True)

    def begin_new_log(self) -> None:
        """Move the log aside."""
        self.log.close()
        self._path.rename(self._folder / "aside.db")
        self.log = AccessLog.open(self._settings, migrate=True)

    @property
    def _path(self) -> Path:
        return self._settings.unit.data_directory / FILE_NAME


def checkpoint_part(log_id: str, note: str, key: str, unit_id: str = UNIT) -> Part:
    """The item of a checkpoint."""
    checkpoint = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
    payload = CheckpointPayload(unit_id=unit_id, log_id=log_id, size=checkpoint.size, note=note, key=key)
    body = encode(payload)
    return Part(checkpoint_item_id(log_id, checkpoint.size, checkpoint.root), "checkpoint", body, digest(body))
