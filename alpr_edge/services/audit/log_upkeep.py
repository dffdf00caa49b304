"""Removes records of the access log that are old enough, on record."""

from datetime import timedelta

from alpr_edge.domain.access_log.records import DROP_OLD_RECORDS
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles import summarise_policy
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.access_log.upkeep import drop_records, first_to_keep


def drop_old_records(log: AccessLog, recorder: ChangeRecorder, policy: PolicySettings) -> int:
    """Remove what is older than the profiles ask for and cosigned by the department; returns how many records.

    Without a trusted time nothing is old. That they go is on record first.

    Raises:
        AuditError: a record cannot be read.
        StoreError: the log cannot be read or written.
    """
    now = recorder.clock.now().trusted_utc
    if now is None:
        return 0
    days = summarise_policy(policy).log_retention_days
    first, keep = log.first(), first_to_keep(log, now - timedelta(days=days))
    if keep == first:
        return 0
    note = f"older than {days} days, and cosigned by the department"
    recorder.note(DROP_OLD_RECORDS, f"records:{first}:{keep - 1}", note=note)
    return drop_records(log, keep)
