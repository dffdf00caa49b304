"""Entries and records of an access log, made up."""

from typing import Any

from alpr_edge.domain.access_log.records import (
    AccessEntry,
    AccessOutcome,
    AccessRecord,
    encode_record,
    record_moment,
)
from tests.store.records import instant

LOG_ID = "0123456789abcdef" * 2


def entry(number: int = 0, **changes: Any) -> AccessEntry:  # noqa: ANN401 - fields of an entry
    """An officer's look at a read."""
    values: dict[str, Any] = {
        "person_id": "p-17",
        "person": "Núñez, A.",
        "organisation": "Example PD",
        "session": "s-1",
        "component": "console",
        "action": "see_read",
        "objects": (f"unit-1:{number}",),
        "purpose": "stolen_vehicle",
        "offence": "10851 VC",
        "case": "26-0001",
        "outcome": AccessOutcome.ALLOWED,
        "shown": 1,
        "shown_bytes": 1200,
        "happened": record_moment(instant(number * 10)),
    }
    return AccessEntry(**values | changes)


def record(sequence: int = 0, **changes: Any) -> AccessRecord:  # noqa: ANN401 - likewise
    """The record of such a look."""
    return AccessRecord(
        **entry(sequence, **changes).model_dump(),
        unit_id="unit-1",
        log_id=LOG_ID,
        sequence=sequence,
        received=record_moment(instant(sequence * 10 + 5)),
    )


def bodies(count: int) -> list[bytes]:
    """The first records of a log."""
    return [encode_record(record(sequence)) for sequence in range(count)]
