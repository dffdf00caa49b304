"""``release.json``: which request of which agency a package answers, what was approved, and what was left out.

A package with it is the department's own and holds reads of several units; one without it is evidence of a case.
"""

from pydantic import Field

from alpr_edge.domain.protocol.payload import Payload


class ApprovedRecord(Payload):
    """What was approved: no read of another plate, of another time or place is in the package."""

    plates: list[str]
    begin: str
    """RFC 3339; likewise the end."""
    end: str
    area: str
    """Where the patrol car was; empty: anywhere."""
    pictures: str
    """A :class:`~alpr_edge.domain.releases.requests.ReleasePictures`."""
    is_part: bool
    """Whether less was approved than was asked for."""
    approved_by: str
    approved: str
    ends: str
    """Until when a package could be made by it."""
    note: str


class LeftOutRecord(Payload):
    """What is not in the package, and why."""

    reason: str
    """A :class:`~alpr_edge.domain.releases.packages.LeftOut`."""
    words: str
    count: int


class ReleasedRead(Payload):
    """A read of the package."""

    number: int
    unit_id: str
    read_id: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of its record, as its unit sent it."""


class ReleaseRecord(Payload):
    """All that the package says of the request that it answers (policy 462.7)."""

    request_id: str
    agency: str
    kind: str
    seat: str
    requester: str
    purpose: str
    words: str
    their_case: str
    letter_sha256: str
    """Of the written request, which the department retains."""
    entered: str
    law: str
    approved: ApprovedRecord
    left_out: list[LeftOutRecord]
    never: list[str]
    """What no package of this kind ever holds, a sentence each."""
    duties: list[str]
    """What the agency is asked to do, a sentence each."""
    units: list[str]
    """Whose reads are in it."""
    reads: list[ReleasedRead]
