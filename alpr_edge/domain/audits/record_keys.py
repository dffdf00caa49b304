"""Which record of which log: how audits name records of the department's log and of units' logs."""

from typing import NamedTuple, Self

from alpr_edge.domain.access_log.records import AccessRecord


class RecordKey(NamedTuple):
    """A record's place, which no other record has."""

    log_id: str
    sequence: int

    @classmethod
    def of(cls, record: AccessRecord) -> Self:
        return cls(record.log_id, record.sequence)

    @property
    def text(self) -> str:
        """The key as text: the log's id, a colon, the record's number."""
        return f"{self.log_id}:{self.sequence}"
