"""Leaves the public key that signs evidence packages where the uplink finds it, which gets a voucher for it."""

import structlog

from alpr_edge.domain.errors import StoreError, UplinkError
from alpr_edge.settings import Settings
from alpr_edge.store.keys import load_evidence_key
from alpr_edge.uplink.documents.voucher_request import REQUEST_NAME, leave_request

log = structlog.get_logger(__name__)


def leave_evidence_request(settings: Settings) -> None:
    """Leave it if this unit has a department; a failure is logged, and costs nothing but the voucher."""
    if not settings.uplink.url:
        return
    file = settings.unit.data_directory / REQUEST_NAME
    try:
        leave_request(file, settings.unit.id, load_evidence_key(settings.store.keys_directory))
    except (StoreError, UplinkError) as error:
        log.warning("evidence.key_not_offered", reason=str(error))
