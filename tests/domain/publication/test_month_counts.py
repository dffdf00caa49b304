"""What a month's counts take from the records of access logs."""

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.access_log.reports import SIGN_OFF_ACTION
from alpr_edge.domain.publication.month_counts import ReviewTally
from tests.domain.access_log.entries import record


def test_an_audit_counts_once_when_it_was_signed_off_and_not_when_that_failed() -> None:
    assert Operation.SIGN_OFF_AUDIT.value == SIGN_OFF_ACTION
    tally = ReviewTally()
    for made in (
        record(0, action=SIGN_OFF_ACTION, objects=("audit:1",)),
        record(1, action=SIGN_OFF_ACTION, objects=("audit:2",)),
        record(2, action=SIGN_OFF_ACTION, objects=("audit:2",), note="not done: AuditError"),
        record(3, action=SIGN_OFF_ACTION, objects=("audit:3",), outcome=AccessOutcome.REFUSED, reason="role"),
        record(4, action="show_audits", objects=("audit:4",)),
    ):
        tally.add(made)
    assert tally.audits == {("audit:1",)}
