"""The months that were published, in the department's folder: each stays as it was signed, a correction comes after it.

They are the leaves of a Merkle tree whose root the department signs with each one, so that whoever kept an earlier
signature sees whether a month was changed or taken away since.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.collection.deletion_runs import root_of
from alpr_edge.domain.errors import AuditError, DepartmentError, ReportError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote
from alpr_edge.domain.publication.published_month import PublishedMonth, parse_month
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "published-months.json"
ORIGIN = "alpr-edge/department/published-months"
"""Which log its signatures are of."""
FILE_BYTES_MAX = 256 * 1024 * 1024
RECORDS_MAX = 2400


@dataclass(frozen=True, slots=True)
class PublishedMonths:
    """All that was published, in its order."""

    records: tuple[bytes, ...] = ()
    """Canonical JSON of a :class:`~alpr_edge.domain.publication.published_month.PublishedMonth` each."""
    note: str = ""
    """The department's signature over all of them; empty: there is none yet."""

    @property
    def months(self) -> tuple[PublishedMonth, ...]:
        """Every one, corrected ones too."""
        return tuple(parse_month(record) for record in self.records)

    def newest(self) -> dict[str, PublishedMonth]:
        """What holds of each month: as first published, or its last correction; the newest month first."""
        found = {month.month: month for month in self.months}
        return dict(sorted(found.items(), reverse=True))

    def with_month(self, month: PublishedMonth, witness: Witness, now: datetime) -> "PublishedMonths":
        """These and one more, signed."""
        if len(self.records) >= RECORDS_MAX:
            raise ReportError(f"{RECORDS_MAX} months and corrections are published, and no more can be")
        records = (*self.records, month.record)
        text = Checkpoint(ORIGIN, len(records), root_of(records)).text
        return PublishedMonths(records, f"{text}\n{witness.cosign(text, now)}")


def check_months(records: Sequence[bytes], note: str, key: NoteKey) -> None:
    """Check that records are those that were signed: all of them, unchanged, in their order."""
    if not records and not note:
        return
    signed = SignedNote.parse(note)
    check_cosignature(signed, key)
    checkpoint = Checkpoint.parse(signed.text)
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (ORIGIN, len(records), root_of(records)):
        raise AuditError("the published months are not those that were signed: one was changed, added or taken away")


def load_months(directory: Path, key: NoteKey) -> PublishedMonths:
    path = directory / FILE_NAME
    with io_errors(f"{path}: cannot be read", DepartmentError):
        if not path.exists():
            return PublishedMonths()
        if path.stat().st_size > FILE_BYTES_MAX:
            raise DepartmentError(f"{path}: too large; restore it from the backup")
        content = path.read_bytes()
    try:
        value = json.loads(content)
        records = tuple(base64.b64decode(text, validate=True) for text in value["records"])
        note = str(value["note"])
    except (ValueError, KeyError, TypeError):
        raise DepartmentError(f"{path}: not the list of published months; restore it from the backup") from None
    check_months(records, note, key)
    return PublishedMonths(records, note)


def save_months(directory: Path, months: PublishedMonths) -> None:
    """Save what was published, at once and durably."""
    records = [base64.b64encode(record).decode() for record in months.records]
    content = json.dumps({"records": records, "note": months.note}).encode()
    with io_errors(f"{directory / FILE_NAME}: cannot be written", DepartmentError):
        replace_file(directory / FILE_NAME, content)
