"""Checks what a package says of the department's receipts: who confirmed which record, and when it came there."""

from collections.abc import Mapping
from datetime import datetime

from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.package_records import ProvenancePayload, ReceiptRecord


def check_receipts(findings: Findings, provenances: Mapping[str, ProvenancePayload], *, is_departments: bool) -> None:
    """Compare the receipts with the records.

    A receipt has no signature of its own: it is worth what the word of whoever signed the package is.
    """
    stored = waiting = false = 0
    for folder, provenance in provenances.items():
        for record in provenance.records:
            if record.receipt is None:
                waiting += 1
            elif record.receipt.sha256 == record.sha256:
                stored += 1
            else:
                false += 1
                path = f"{folder}/{record.file}"
                findings.fault(DefectKind.RECORD_FALSE, path, "the department's receipt is for other content")
    whose = "" if is_departments else "by the unit's own word "
    words = f"{whose}the department had confirmed {stored} of {stored + waiting + false} records as they stand here"
    holds = False if false else None if waiting or not is_departments else True
    findings.state(CheckSubject.RECEIPTS, words, holds=holds)


def received_at(receipt: ReceiptRecord | None) -> datetime | None:
    """When a record came to the department; None: nothing says so, or not as a moment with its zone."""
    try:
        moment = datetime.fromisoformat("" if receipt is None else receipt.received or "")
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
