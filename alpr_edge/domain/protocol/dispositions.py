"""The payload of a disposition: an answer of an officer to a hit, or the undoing of one, for the department."""

from alpr_edge.domain.dispositions.disposition import Disposition
from alpr_edge.domain.protocol.items import SCHEMA_VERSION, InstantPayload, instant_payload
from alpr_edge.domain.protocol.payload import Payload

PREFIX = "disposition:"


class DispositionPayload(Payload):
    """A disposition. Holds no plate text."""

    schema_version: int = SCHEMA_VERSION
    disposition_id: str
    hit_id: str
    read_id: str
    unit_id: str
    part: str
    """A :class:`~alpr_edge.domain.dispositions.disposition.DispositionPart`."""
    answer: str
    """Empty where it undoes one."""
    reason: str
    number: str
    name: str
    undoes: str
    """The disposition that no longer counts; empty: none."""
    person_id: str
    person: str
    session: str
    """The beginning of the digest of the session's token, as the access log names it."""
    made: InstantPayload


def disposition_item_id(disposition_id: str) -> str:
    """Id of the item that carries a disposition."""
    return f"{PREFIX}{disposition_id}"


def disposition_payload(disposition: Disposition, read_id: str, unit_id: str) -> DispositionPayload:
    return DispositionPayload(
        disposition_id=disposition.disposition_id,
        hit_id=disposition.hit_id,
        read_id=read_id,
        unit_id=unit_id,
        part=disposition.part.value,
        answer=disposition.answer,
        reason=disposition.text.reason,
        number=disposition.text.number,
        name=disposition.text.name,
        undoes=disposition.undoes,
        person_id=disposition.person_id,
        person=disposition.person,
        session=disposition.session,
        made=instant_payload(disposition.made),
    )
