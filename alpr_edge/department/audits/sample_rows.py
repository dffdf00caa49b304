"""The sample of an audit as rows, a row a record, for reports and pages; none has a plate."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.audits.audit import Audit
from alpr_edge.domain.patterns import without_plates

_COLUMNS = (
    "number", "log_id", "sequence", "unit", "person", "happened", "action", "purpose", "offence", "case", "outcome",
    "shown", "stands_out_by", "finding", "text", "reviewer", "reviewed",
)  # fmt: skip


def sample_rows(audit: Audit, records: Sequence[AccessRecord | None], first: int = 1) -> list[dict[str, Any]]:
    """The rows of some records of a sample.

    Args:
        records: its records from one on, in the order of the sample; None: it is not stored any more.
    """
    sample, reviews, rows = audit.sample, audit.reviews, []
    flags = sample.flags if sample else ()
    sampled = (sample.sampled if sample else ())[first - 1 : first - 1 + len(records)]
    spans = audit.draw.spans_by_log
    for number, (item, record) in enumerate(zip(sampled, records, strict=True), first):
        step = reviews.get(number)
        review = step.review if step else None
        rows.append(
            {
                "number": number,
                "log_id": item.key.log_id,
                "sequence": item.key.sequence,
                "unit": spans[item.key.log_id].unit_id,
                "person": item.person,
                "happened": record.happened.utc if record else None,
                "action": record.action if record else "not stored any more",
                "purpose": record.purpose if record else None,
                "offence": without_plates(record.offence, (record.query,)) if record else None,
                "case": without_plates(record.case, (record.query,)) if record else None,
                "outcome": record.outcome.value if record else None,
                "shown": record.shown if record else None,
                "note": record.whole_note if record else "",
                "stands_out_by": ", ".join(sorted({flags[at].kind.value for at in item.flags})),
                "finding": review.finding.value if review else None,
                "text": review.text if review else "",
                "reviewer": step.person if step else None,
                "reviewed": step.at if step else None,
            }
        )
    return rows


def sample_csv(rows: Sequence[dict[str, Any]]) -> str:
    """The rows for a spreadsheet, behind a line of names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t"} else value
