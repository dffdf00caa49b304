"""Takes the heartbeats of units."""

from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from alpr_edge.department.heartbeats import Heartbeats
from alpr_edge.department.http.client_auth import Admission, Peer
from alpr_edge.department.http.description.answers import OF_A_BODY, answers_to_units, payload_body
from alpr_edge.department.http.responses import HEADERS
from alpr_edge.domain.protocol.heartbeats import HEARTBEAT_PATH, HeartbeatPayload
from alpr_edge.web.requests import small_body

log = structlog.get_logger(__name__)


def serve_heartbeats(app: FastAPI, heartbeats: Heartbeats, admission: Admission) -> None:
    """Add the address of heartbeats to an application."""
    heartbeat_answers = answers_to_units(204, "It is stored.", refusals=OF_A_BODY)

    @app.post(
        HEARTBEAT_PATH, status_code=204, responses=heartbeat_answers, openapi_extra=payload_body(HeartbeatPayload)
    )
    async def take_heartbeat(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Store what the sender says of itself; 204."""
        try:
            payload = HeartbeatPayload.model_validate_json(await small_body(request))
        except ValidationError:
            raise HTTPException(422, "the request's fields are not as expected") from None
        await run_in_threadpool(heartbeats.take_in, sender.unit_id, payload)
        log.info("department.heartbeat_stored", unit=sender.unit_id, version=payload.version, ready=payload.is_ready)
        return Response(status_code=204, headers=HEADERS)
