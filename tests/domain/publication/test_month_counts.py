"""What a month's counts take from the records of access logs."""

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.access_log.reports import SIGN_OFF_ACTION
from alpr_edge.domain.publication.month_counts import ReviewTally
from tests.domain.access_log.entries import record


def test_an_audit_counts_once_when_it_was_signed_off_and_not_when_that_failed() -> None:
    assert Operation.SIGN_OFF_AUDIT.value == SIGN_OFF_ACTION
    tally = ReviewTally()
    for number, changes in enumerate(
        [
            {"objects": ("audit:1",)},
            {"objects": ("audit:2",)},
            {"objects": ("audit:2",), "note": "not done: AuditError"},
            {"objects": ("audit:3",), "outcome": AccessOutcome.REFUSED},
        ]
    ):
        tally.add(record(number, action=SIGN_OFF_ACTION, **changes))
    assert tally.audits == {("audit:1",)}
