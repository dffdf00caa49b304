"""Records and rules for the tests of audits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alpr_edge.domain.access_log.records import AccessRecord, RecordMoment, utc_text
from alpr_edge.domain.audits.flags import FlagRules
from alpr_edge.domain.audits.shifts import Shift
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles import load_profile
from tests.domain.access_log.entries import record

ZONE = ZoneInfo("America/Los_Angeles")
NOON = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
"""Noon in Modesto, on a Tuesday."""
PROFILE = load_profile(PolicySettings())
HOUSEHOLD = ("p-17", "7ABC123")


def search(number: int, after: timedelta | None, plate: str = "8XYZ987", **changes: Any) -> AccessRecord:  # noqa: ANN401 - fields of an entry
    """A search, so long after noon; None: at a time that is not known."""
    utc = None if after is None else utc_text(NOON + after)
    received = RecordMoment(utc=utc, source="ntp", uncertainty_ms=10)
    values = {"action": "search_reads", "query": plate, "case": "", "objects": ()} | changes
    return record(number, **values).model_copy(update={"received": received, "log_id": changes.get("log_id", "a" * 32)})


def rules(shifts: Mapping[str, Sequence[Shift]] | None = None) -> FlagRules:
    """The profile's rules, with a household of one plate."""
    return FlagRules(
        purposes=PROFILE.purposes,
        barred=PROFILE.barred,
        terms=PROFILE.barred_terms,
        zone=ZONE,
        end=NOON + timedelta(days=365),
        shifts=shifts or {},
        is_household=lambda person_id, plate: (person_id, plate) == HOUSEHOLD,
    )
