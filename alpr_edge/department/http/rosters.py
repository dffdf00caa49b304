"""Hands rosters of people to units, tells them of newer ones, and renews the roster before its validity ends.

Every answer to a unit carries the serial of the newest roster, so that a suspension reaches a car with its next upload.
"""

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alpr_edge.department.held_versions import HeldVersions
from alpr_edge.department.http.client_auth import Admission, Peer
from alpr_edge.department.http.description.answers import answers_to_units, unchanged_answer
from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.rosters import RosterFile, Rosters
from alpr_edge.department.pki.server_certificate import utc_now
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError, StoreError
from alpr_edge.domain.protocol.rosters import ROSTER_PATH, ROSTER_SERIAL_HEADER
from alpr_edge.web.requests import host_of

SERIAL_S_MAX = 1.0
"""How old the serial may be that answers carry."""
RENEWAL_S = 600.0
"""Time between two looks whether the roster has to be renewed."""
ENDS_SOON = timedelta(days=3)
SERIAL = re.compile(r"[0-9]{1,9}")
SERVER = "department serve"
"""Who renews rosters, by the record of changes."""

log = structlog.get_logger(__name__)


def serve_rosters(app: FastAPI, rosters: Rosters, held: HeldVersions, admission: Admission) -> None:
    """Add the roster's address to an application, and the newest serial to all of its answers."""
    app.add_middleware(RosterSerialMiddleware, serial=rosters.serial)

    all_answers = answers_to_units(200, "The signed roster.", "application/octet-stream", (404,))
    all_answers |= unchanged_answer("The unit has this roster.")

    @app.get(ROSTER_PATH, response_class=Response, responses=all_answers)
    def send_roster(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Send the roster of the people who may use the unit; 304 where it has that one."""
        _note_held(held, sender.unit_id, request.headers.get(ROSTER_SERIAL_HEADER, ""))
        file = _file(rosters, sender.unit_id)
        about = HEADERS | {"ETag": f'"{file.sha256}"', "Cache-Control": "no-store"}
        if has_tag(request.headers.get("If-None-Match", ""), file.sha256):
            return Response(status_code=304, headers=about)
        log.info("department.roster_sent", unit=sender.unit_id, client=host_of(request), serial=file.serial)
        return Response(file.content, media_type="application/octet-stream", headers=about)


class RosterSerialMiddleware:
    """Puts the serial of the newest roster into the headers of every answer; 0 where none was published."""

    def __init__(self, app: ASGIApp, serial: Callable[[], int]) -> None:
        self._app = app
        self._read = serial
        self._serial = 0
        self._read_s = -SERIAL_S_MAX

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_serial(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._refresh()
                MutableHeaders(scope=message)[ROSTER_SERIAL_HEADER] = str(self._serial)
            await send(message)

        await self._app(scope, receive, send_with_serial)

    async def _refresh(self) -> None:
        """Read the serial again when it is too old; where that fails the last one stays."""
        if time.monotonic() - self._read_s < SERIAL_S_MAX:
            return
        self._read_s = time.monotonic()
        try:
            self._serial = await run_in_threadpool(self._read)
        except StoreError as error:
            log.error("department.roster_serial_unknown", reason=str(error))


class RosterRenewal:
    """Publishes the roster anew when half of its validity is over, while the department is served.

    Args:
        now: the present moment in UTC.
    """

    def __init__(self, rosters: Rosters, now: Callable[[], datetime] = utc_now) -> None:
        self._rosters = rosters
        self._now = now
        self._next_s = 0.0
        self._thread: threading.Thread | None = None

    def step(self) -> None:
        """Look now and then, in a thread of its own: the server's event loop must not wait."""
        if time.monotonic() < self._next_s or (self._thread is not None and self._thread.is_alive()):
            return
        self._next_s = time.monotonic() + RENEWAL_S
        self._thread = threading.Thread(target=self.renew, name="roster renewal", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until a renewal that runs has ended."""
        if self._thread is not None:
            self._thread.join()

    def renew(self) -> None:
        """Renew the roster if that is due; a failure is logged, and tried again."""
        try:
            header = self._rosters.renew(Author(SERVER, self._now(), "half of its validity was over"))
        except AlprEdgeError as error:
            log.error("department.roster_not_renewed", reason=str(error))
            return
        if header is not None:
            log.info("department.roster_renewed", serial=header.serial)

    def warnings(self) -> list[str]:
        """One line where the roster has ended or ends soon, since then only break-glass is left in the cars."""
        state = self._rosters.state()
        if state is None or state.header.valid_until - self._now() > ENDS_SOON:
            return []
        until = f"{state.header.valid_until:%Y-%m-%d %H:%M} UTC"
        return [f"the roster of people holds until {until}; run: alpr-edge department roster publish"]


def _file(rosters: Rosters, unit_id: str) -> RosterFile:
    try:
        file = rosters.file_for(unit_id)
    except DepartmentError as error:
        log.error("department.roster_not_sent", unit=unit_id, reason=str(error))
        raise HTTPException(503, "the roster cannot be signed at present") from None
    if file is None:
        raise HTTPException(404, "no roster was published")
    return file


def _note_held(held: HeldVersions, unit_id: str, stated: str) -> None:
    """Record which roster a unit says that it has; a roster is sent also where that cannot be written."""
    if not SERIAL.fullmatch(stated):
        return
    try:
        held.note_roster(unit_id, int(stated))
    except StoreError as error:
        log.warning("department.held_roster_not_recorded", unit=unit_id, reason=str(error))


def has_tag(condition: str, sha256: str) -> bool:
    """Whether an If-None-Match names what has a digest (RFC 9110, 13.1.2: compared weakly)."""
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return f'"{sha256}"' in tags or "*" in tags
