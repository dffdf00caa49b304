"""Tells whether a data folder holds another unit's access log, before this unit is enrolled with it."""

from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.errors import StoreError
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.checkpoints import latest_cosigned
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME


def require_own_log(settings: Settings) -> None:
    """Refuse a data folder with the access log of another unit, as one has whose id was changed in the settings.

    A department takes a log from one unit alone, and what was read from the unit that read it. So it would take neither
    what the other unit left behind, nor what this one puts on record from then on (policy 462.6).

    Raises:
        AuditError: its first record is none.
        StoreError: the folder holds one, or its log cannot be read.
    """
    if not (settings.unit.data_directory / FILE_NAME).exists():
        return
    with open_access_log(settings, migrate=True) as log:
        owner = _owner_of(log)
        if owner not in {"", settings.unit.id}:
            raise StoreError(_words(settings, owner, log.size(), latest_cosigned(log)))


def _owner_of(log: AccessLog) -> str:
    """The unit that the first record left is of; empty: there is none."""
    return next((parse_record(body).unit_id for _, body in log.read_bodies(log.first(), 1)), "")


def _words(settings: Settings, owner: str, records: int, cosigned: int) -> str:
    unit_id, missing = settings.unit.id, max(0, records - cosigned)
    return (
        f"{settings.unit.data_directory}: holds what unit {owner} read, and its access log: {missing} of {records} "
        f"records are not known to be at the department, which takes nothing of {owner} from {unit_id}, nor what this "
        f'log has from now on. Set [unit] id = "{owner}" again and let it deliver; alpr-edge unit handover counts what '
        f"is left. Then take it out of service (scripts/decommission {owner}) and provision {unit_id} anew; or enroll "
        "all the same: --other-unit-data"
    )
