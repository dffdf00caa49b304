"""Asks the department to revoke the certificates of a unit that leaves the service."""

from pydantic import ValidationError

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.enrolment import RETIRE_PATH, RetiredPayload, RetirePayload
from alpr_edge.domain.protocol.items import UNIT_HEADER
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.certificate_client import ask
from alpr_edge.uplink.delivery_responses import printable
from alpr_edge.uplink.tls import context_of


def retire(settings: UplinkSettings, unit_id: str, reason: str) -> RetiredPayload:
    """Have every certificate and code of this unit revoked; from then on the department refuses it.

    Args:
        reason: the reason for the department's record, at most 200 characters.

    Raises:
        UplinkError: the department cannot be reached, or says no.
    """
    if not settings.url:
        raise UplinkError("uplink.url names no department; there is nobody to ask")
    try:
        payload = RetirePayload(reason=reason)
    except ValidationError:
        raise UplinkError("the reason is longer than 200 characters") from None
    reply = ask(context_of(settings), settings, RETIRE_PATH, payload, {UNIT_HEADER: unit_id})
    if not reply.is_of_department or reply.status != 200:
        detail = printable(reply.body.decode(errors="replace"))[:200]
        raise UplinkError(f"{settings.url}: not revoked (status {reply.status}): {detail}")
    try:
        return RetiredPayload.model_validate_json(reply.body)
    except ValidationError:
        raise UplinkError(f"{settings.url}: what answers there is no department; check the URL") from None
