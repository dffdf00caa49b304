"""Says which records of an access log are about one case: for its package, and for discovery.

A record is about a case when it states its number, or states none and names nothing but what belongs to it: reads,
hits and holds of the case.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.holds.case_numbers import normal_case


@dataclass(frozen=True, slots=True)
class RecordSubject:
    """What a record says that it is about."""

    case: str
    """As :func:`~alpr_edge.domain.holds.case_numbers.normal_case` writes it; empty: it states none."""
    objects: tuple[str, ...]
    """The ids that it names."""

    def is_of_case(self, case: str, ids: Collection[str]) -> bool:
        """Whether it is about a case.

        Args:
            case: the case, as :func:`~alpr_edge.domain.holds.case_numbers.normal_case` writes it.
            ids: the ids of what belongs to it, as records of the same log name them.
        """
        if self.case:
            return self.case == case
        return bool(self.objects) and all(each in ids for each in self.objects)


def record_subject(body: bytes) -> RecordSubject:
    """What the bytes of a record say that it is about.

    Raises:
        AuditError: they are none.
    """
    try:
        record = json.loads(body)
        stated, objects = record.get("case", ""), record.get("objects", [])
    except (ValueError, AttributeError):
        raise AuditError("a record of the access log cannot be read: run: alpr-edge audit verify") from None
    return RecordSubject(normal_case(str(stated)), tuple(objects))
