"""Compares the access log on a disk with what was shown of it."""

from alpr_edge.domain.errors import AuditError, StoreError
from alpr_edge.settings import Settings
from alpr_edge.store.access_log import audits
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from scripts.faults.ledger import CampaignTally, Ledger


def check_access_log(settings: Settings, ledger: Ledger, tally: CampaignTally) -> None:
    """Find what was shown without its record, and whether the log still verifies and is signed on."""
    if not ledger.shown:
        return
    try:
        with open_access_log(settings, migrate=True) as log:
            lost = sorted(number for log_id, number in ledger.shown if log_id != log.log_id or number >= log.size())
            tally.losses += [f"access {number} was shown and has no record" for number in lost]
            tally.corrupt += [f"access log: {finding}" for finding in _findings(settings, log)]
    except (StoreError, AuditError) as error:
        tally.corrupt.append(f"the access log is damaged: {error}")


def _findings(settings: Settings, log: AccessLog) -> tuple[str, ...]:
    signer = CheckpointSigner(log, load_signing_key(settings.store.keys_directory))
    signer.sign()
    return audits.verify(log, signer.key, None, lambda _done, _total: None).findings
