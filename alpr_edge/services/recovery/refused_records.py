"""Shows the records that the store refused and that lie in files of their own. Shows no plates."""

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.store.recovery.refused_records import RefusedRecord, RefusedRecords


def list_refused_records(records: RefusedRecords, actor: Actor, purpose: Purpose) -> list[RefusedRecord]:
    """List the records that the store refused, and why, the oldest first.

    Raises:
        AccessError: the actor may not.
        StoreError: their folder cannot be looked into.
    """
    authorise(actor, purpose, Permission.SEE_QUEUE)
    return records.list_records()
