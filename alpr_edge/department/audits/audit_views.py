"""What is shown of an audit: all of it with what was checked, or some records of its sample."""

from dataclasses import dataclass

from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.audits.audit import Audit


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit with the records of its sample."""

    audit: Audit
    records: tuple[AccessRecord | None, ...]
    """In the order of the sample; None: it is not stored any more."""
    is_on_record: bool
    """Whether the access log has the digest of every step, by the same person."""
    is_reproduced: bool
    """Whether the logs are those of the draw, and the seed draws the same sample from them."""


@dataclass(frozen=True, slots=True)
class SamplePart:
    """Some records of an audit's sample, one after the other."""

    audit: Audit
    first: int
    """The number of the first, from 1."""
    records: tuple[AccessRecord | None, ...]
    """None: it is not stored any more."""
