"""The rows of requests for passphrases; nothing here asks whether somebody may see or make them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from alpr_edge.department.db.evidence_schema import passphrase_steps

APPROVAL_WAIT = timedelta(hours=72)
"""A request that nobody approved for so long has ended."""
APPROVAL_LASTS = timedelta(hours=24)


class StepKind(StrEnum):
    """What a step of a request is, in their order."""

    ASK = "ask"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class RequestParty:
    """Who did a step, and when."""

    person_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PassphraseRequest:
    """A request for the passphrase of a package, as it is on file."""

    request_id: str
    package_id: str
    reason: str
    asked: RequestParty
    approved: RequestParty | None = None

    @property
    def ends_at(self) -> datetime:
        """When it ends: it has to be approved by then, or the passphrase to be looked at."""
        return self.asked.at + APPROVAL_WAIT if self.approved is None else self.approved.at + APPROVAL_LASTS


def passphrase_requests(connection: Connection) -> list[PassphraseRequest]:
    """All requests, the oldest first; no passphrase."""
    query = select(passphrase_steps).order_by(passphrase_steps.c.at, passphrase_steps.c.number)
    found: dict[str, PassphraseRequest] = {}
    for row in connection.execute(query).mappings():
        request_id, party = row["request_id"], RequestParty(row["person_id"], row["person"], row["at"])
        if row["kind"] == StepKind.ASK.value:
            found[request_id] = PassphraseRequest(request_id, row["package_id"], row["reason"], party)
        else:
            found[request_id] = replace(found[request_id], approved=party)
    return list(found.values())


def add_step(connection: Connection, request: PassphraseRequest) -> None:
    """Put the last step of a request on file."""
    kind, party = (StepKind.ASK, request.asked)
    if request.approved is not None:
        kind, party = StepKind.APPROVAL, request.approved
    row = {
        "request_id": request.request_id,
        "number": list(StepKind).index(kind),
        "package_id": request.package_id,
        "kind": kind.value,
        "at": party.at,
        "person_id": party.person_id,
        "person": party.name,
        "reason": request.reason,
    }
    connection.execute(insert(passphrase_steps).values(row))
