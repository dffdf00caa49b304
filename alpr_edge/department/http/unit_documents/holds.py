"""Hands a unit the department's holds on its reads, and names the newest lists that are meant for it."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response

from alpr_edge.department.holds.department_holds import DepartmentHolds
from alpr_edge.department.hotlists import ListRepository
from alpr_edge.department.http.client_auth import Admission, Peer
from alpr_edge.department.http.description.answers import answers_to_units, unchanged_answer
from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.http.rosters import has_tag
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.holds import HOLDS_PATH, DepartmentHoldsPayload
from alpr_edge.domain.protocol.items import digest, encode
from alpr_edge.domain.protocol.newest_lists import NEWEST_LISTS_HEADER, newest_lists_text

log = structlog.get_logger(__name__)


def serve_holds(app: FastAPI, holds: DepartmentHolds, lists: ListRepository, admission: Admission) -> None:
    """Add the address of the holds to an application."""
    all_answers = answers_to_units(200, "The holds in force on its reads.", DepartmentHoldsPayload)
    all_answers |= unchanged_answer("The unit has these holds.")

    @app.get(HOLDS_PATH, responses=all_answers)
    def send_holds(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Send the holds that are in force; 304 where the unit has those."""
        news = {NEWEST_LISTS_HEADER: newest_lists_text(lists.newest(sender.unit_id))}
        body = encode(_holds_of(holds, sender.unit_id, news))
        sha256 = digest(body)
        about = HEADERS | {"ETag": f'"{sha256}"', "Cache-Control": "no-store"} | news
        if has_tag(request.headers.get("If-None-Match", ""), sha256):
            return Response(status_code=304, headers=about)
        log.info("department.holds_sent", unit=sender.unit_id)
        return Response(body, media_type="application/json", headers=about)


def _holds_of(holds: DepartmentHolds, unit_id: str, news: dict[str, str]) -> DepartmentHoldsPayload:
    """The holds of a unit; where some are missing it is told to come again, keeps what it holds and gets the news."""
    try:
        return holds.of_unit(unit_id, datetime.now(UTC))
    except DepartmentError as error:
        log.error("department.holds_not_sent", unit=unit_id, reason=str(error))
        raise HTTPException(503, "the holds are not known at present", headers=news) from None
