"""Says which records of an access log are about one case: for its package, and for discovery.

A record is about a case when it states its number, or states none and names nothing but what belongs to it: reads,
hits and holds of the case.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.holds.case_numbers import normal_case

ENTRY = "entry:"
"""How records of a unit name an entry that an officer made, before its id."""
SHOW_COVERT, ADD = "show_covert_entries", "add_entry"
"""Actions of records: a look at covert entries, and an entry that is made, whose first record does not name it yet."""


@dataclass(frozen=True, slots=True)
class RecordSubject:
    """What a record says that it is about."""

    case: str
    """As :func:`~alpr_edge.domain.holds.case_numbers.normal_case` writes it; empty: it states none."""
    objects: tuple[str, ...]
    """The ids that it names."""
    action: str = ""
    """What was done."""

    def is_of_case(self, case: str, ids: Collection[str]) -> bool:
        """Whether it is about a case."""
        if self.case:
            return self.case == case
        return bool(self.objects) and all(each in ids for each in self.objects)

    def may_tell_covert(self, plain_entries: Collection[str]) -> bool:
        """Whether it may tell of a covert entry, which is for people with a clearance alone."""
        if self.action == SHOW_COVERT or (self.action == ADD and not self.objects):
            return True
        return any(ENTRY in each and each not in plain_entries for each in self.objects)


def record_subject(body: bytes) -> RecordSubject:
    """What the bytes of a record say that it is about.

    Raises:
        AuditError: they are none.
    """
    try:
        record = json.loads(body)
        stated, action = record.get("case", ""), record.get("action", "")
        objects = tuple(map(str, record.get("objects", [])))
    except (ValueError, AttributeError, TypeError):
        raise AuditError("a record of the access log cannot be read: run: alpr-edge audit verify") from None
    return RecordSubject(normal_case(str(stated)), objects, str(action))
