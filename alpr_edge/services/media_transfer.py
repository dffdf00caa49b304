"""Carries the outbox by portable media: writes what waits, and reads the receipts that come back (policy 462.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.settings import Settings
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.media import offload, open_medium, sealer_of, take_receipts


@dataclass(frozen=True, slots=True)
class Offload:
    """The result of writing to a medium."""

    medium_id: str
    offloaded: int
    """How many items were written; they wait for receipts."""


@dataclass(frozen=True, slots=True)
class ReceiptsReport:
    """The result of reading the receipts on a medium."""

    delivered: int
    """Items that had waited for a receipt and have it now."""
    offloaded: int
    """Items on media that still wait for a receipt."""
    troubles: list[str]
    """Files that are no receipts of this unit's department, one line each."""


def offload_items(
    outbox: Outbox,
    authoriser: Authoriser,
    settings: Settings,
    medium: Path,
    *,
    now: Callable[[], datetime | None],
    tick: Callable[[int], None],
) -> Offload:
    """Write everything that is due to a medium, sealed for the department and signed by this unit.

    Args:
        now: the present moment in UTC; None when unknown.

    Raises:
        AccessError: it is refused.
        UplinkError: the medium is not there, full or broken, or this unit has no certificate.
        StoreError: the outbox cannot be read or written.
    """
    with authoriser.access(Operation.OFFLOAD_ITEMS) as access, open_medium(medium, settings.unit.id) as folder:
        sealer = sealer_of(settings.uplink, settings.unit.id, folder.medium_id)
        result = Offload(folder.medium_id, offload(outbox, folder, sealer, settings.uplink, now, tick))
        access.show((f"medium:{result.medium_id}",), count=result.offloaded)
        return result


def apply_receipts(
    outbox: Outbox, authoriser: Authoriser, settings: Settings, medium: Path, now: datetime | None
) -> ReceiptsReport:
    """Mark the items delivered that have a receipt on a medium; a second time changes nothing.

    Raises:
        AccessError: it is refused.
        UplinkError: the medium cannot be read, or this unit knows no department.
        StoreError: the outbox cannot be written.
    """
    with authoriser.access(Operation.APPLY_RECEIPTS), open_medium(medium, settings.unit.id) as folder:
        receipts = take_receipts(outbox, folder, settings.uplink, settings.unit.id, now)
    return ReceiptsReport(receipts.delivered, outbox.counts().offloaded, receipts.troubles)
