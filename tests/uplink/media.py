"""Media of tests: what a unit's outbox writes, and what the department makes of it."""

from datetime import datetime
from pathlib import Path

from alpr_edge.department.ingest.media import ImportResult, MediumImport
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.protocol.items import OutboxItem
from alpr_edge.domain.protocol.media import item_file
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.media import ReceiptImport, offload, open_medium, sealer_of, take_receipts
from tests.store.records import instant

NOW = instant().utc


def write_items(
    medium: Path, settings: UplinkSettings, unit_id: str, items: list[OutboxItem], folder: str = ""
) -> None:
    """Seal items on a medium as a unit, in the folder of another one if it is named."""
    with open_medium(medium, folder or unit_id) as target:
        sealer = sealer_of(settings, unit_id, target.medium_id)
        for item in items:
            target.write(item, sealer.seal(item, NOW))


def offload_all(outbox: Outbox, medium: Path, settings: UplinkSettings, unit_id: str = "unit-1") -> int:
    """Write what is ready."""
    with open_medium(medium, unit_id) as target:
        sealer = sealer_of(settings, unit_id, target.medium_id)
        return offload(outbox, target, sealer, settings, lambda: NOW, lambda _: None)


def import_medium(storage: Storage, directory: Path, medium: Path, *accepted_units: str) -> ImportResult:
    """Take a medium in at the department."""
    return MediumImport(storage, TlsFiles(directory), frozenset(accepted_units)).import_items(medium, lambda _: None)


def receipts_taken(
    outbox: Outbox, medium: Path, settings: UplinkSettings, unit_id: str = "unit-1", now: datetime | None = None
) -> ReceiptImport:
    """Take receipts up at the unit."""
    with open_medium(medium, unit_id) as source:
        return take_receipts(outbox, source, settings, unit_id, now)


def path_of(medium: Path, unit_id: str, item: OutboxItem) -> Path:
    """Where an item lies."""
    return medium.joinpath(unit_id, *item_file(item.item_id))
