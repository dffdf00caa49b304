"""Hands a unit the settings that the department gave it, signed, and notes which of them it says that it has."""

from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response

from alpr_edge.department.http.client_auth import Admission, Peer
from alpr_edge.department.http.description.answers import answers_to_units, unchanged_answer
from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.http.rosters import has_tag
from alpr_edge.department.publishing.settings_holders import UnitSettingsRecord
from alpr_edge.department.publishing.settings_register import SettingsRegister, SignedSettings
from alpr_edge.domain.department_settings.exchange import (
    HELD_HEADER,
    IN_FORCE_HEADER,
    REFUSAL_HEADER,
    REFUSED_HEADER,
    SETTINGS_PATH,
    read_statement,
)
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.web.requests import host_of

_HEADERS = (HELD_HEADER, IN_FORCE_HEADER, REFUSED_HEADER, REFUSAL_HEADER)

log = structlog.get_logger(__name__)


def serve_settings(app: FastAPI, register: SettingsRegister, record: UnitSettingsRecord, admission: Admission) -> None:
    """Add the address of units' settings to an application."""
    all_answers = answers_to_units(200, "The signed settings of the unit.", "application/octet-stream", (404,))
    all_answers |= unchanged_answer("The unit has these settings.")

    @app.get(SETTINGS_PATH, response_class=Response, responses=all_answers)
    def send_settings(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Send the settings that the department gave the unit; 304 where it has those."""
        _note(record, sender.unit_id, request)
        file = _file(register, sender.unit_id)
        about = HEADERS | {"ETag": f'"{file.sha256}"', "Cache-Control": "no-store"}
        if has_tag(request.headers.get("If-None-Match", ""), file.sha256):
            return Response(status_code=304, headers=about)
        log.info("department.settings_sent", unit=sender.unit_id, client=host_of(request), serial=file.serial)
        return Response(file.content, media_type="application/octet-stream", headers=about)


def _file(register: SettingsRegister, unit_id: str) -> SignedSettings:
    try:
        file = register.file_for(unit_id)
    except DepartmentError as error:
        log.error("department.settings_not_sent", unit=unit_id, reason=str(error))
        raise HTTPException(503, "the settings cannot be signed at present") from None
    if file is None:
        raise HTTPException(404, "no settings were published for this unit")
    return file


def _note(record: UnitSettingsRecord, unit_id: str, request: Request) -> None:
    """Record what the unit says that it has; its settings are sent also where that cannot be written."""
    said = read_statement(*(request.headers.get(name, "") for name in _HEADERS))
    if said is None:
        return
    try:
        record.note(unit_id, said)
    except StoreError as error:
        log.warning("department.held_settings_not_recorded", unit=unit_id, reason=str(error))
