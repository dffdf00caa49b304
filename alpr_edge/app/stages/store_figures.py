"""The values of the store for the health file."""

from typing import Any

from alpr_edge.app.attempts import Attempts
from alpr_edge.store.unit_store import UnitStore


def store_figures(store: UnitStore, attempts: Attempts) -> dict[str, Any]:
    """How much waits in the store; None for a value that cannot be determined now."""
    counts = attempts.do("outbox", store.outbox.counts, otherwise=None)
    return {
        "outbox_ready": counts and counts.ready,
        "outbox_quarantined": counts and counts.quarantined,
        "records_set_aside": attempts.do("records set aside", store.refused.count, otherwise=None),
    }


def store_warnings(figures: dict[str, Any]) -> list[str]:
    """A line while there are records that the store refused."""
    line = "records that could not be stored are set aside; run: alpr-edge unit refused"
    return [line] if figures["records_set_aside"] else []
