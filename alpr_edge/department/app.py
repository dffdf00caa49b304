"""The department's HTTP side: who sends, how much, and one answer an item.

The connection's client certificate says who sends; the header must say the same. One bad item never blocks a batch: it
gets its own answer. A status for the whole request means that nothing is known of its items.
"""

import asyncio
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from alpr_edge.department.records import Part, PartError
from alpr_edge.department.storage import Storage
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.wire import (
    DIGEST_HEADER,
    ITEMS_MAX,
    ITEMS_PATH,
    LIST_CHANGE_HEADER,
    LIST_SERIAL_HEADER,
    LISTS_PATH,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    UNIT_HEADER,
    AnswersPayload,
    ItemAnswerPayload,
)

PEER_UNIT = "peer_unit"
"""Name in the request's state of the common name of the client's verified certificate."""
REQUEST_BYTES_MAX = 72 * 1024 * 1024
"""Above the largest batch a unit may be set to, with the headers of its parts."""
RECEIVE_S_MAX = 300.0
"""How long a batch may take to arrive over a weak link."""
RETRY_AFTER_S = 30
STORING_MAX = 2
"""Batches held in memory at a time on their way to disk; the others wait as they arrived."""

log = structlog.get_logger(__name__)

_HEADERS = {PROTOCOL_HEADER: str(PROTOCOL_VERSION)}


def create_app(storage: Storage, receive_s_max: float = RECEIVE_S_MAX) -> FastAPI:
    """The ASGI application over an open storage.

    It answers nobody unless the server puts the verified client's name under :data:`PEER_UNIT`.

    Args:
        storage: where items go.
        receive_s_max: how long a batch may take to arrive.
    """
    app = FastAPI(title="alpr-edge department", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(StarletteHTTPException, _refuse)
    app.add_exception_handler(StoreError, _postpone)
    app.add_exception_handler(Exception, _fail)
    storing = asyncio.Semaphore(STORING_MAX)

    @app.post(ITEMS_PATH)
    async def receive(request: Request, unit_id: Annotated[str, Depends(sender_of)]) -> Response:
        """Take a batch."""
        form = await _received(request, receive_s_max)
        try:
            async with storing:
                answers = await _stored(storage, unit_id, form)
        finally:
            await form.close()
        log.info("department.batch_stored", unit=unit_id, items=len(answers))
        newest = await run_in_threadpool(storage.lists.newest)
        body = AnswersPayload(answers=answers, lists=newest).model_dump_json()
        return Response(body, media_type="application/json", headers=_HEADERS)

    @app.get(LISTS_PATH + "{source}")
    def hand_out(
        source: str, unit_id: Annotated[str, Depends(sender_of)], after: Annotated[int, Query(ge=0)] = 0
    ) -> Response:
        """Hand out a list's next step; a part of it when the unit asks for the rest of a transfer that was cut."""
        return _list(storage, unit_id, source, after)

    return app


def sender_of(request: Request) -> str:
    """The unit whose certificate the connection was made with.

    Raises:
        HTTPException: 401 without a certificate, 403 for another unit's name, 426 for another protocol.
    """
    peer: str | None = getattr(request.state, PEER_UNIT, None)
    if peer is None:
        raise HTTPException(401, "no client certificate with a common name")
    if request.headers.get(UNIT_HEADER) != peer:
        raise HTTPException(403, "the certificate belongs to another unit")
    if request.headers.get(PROTOCOL_HEADER) != str(PROTOCOL_VERSION):
        raise HTTPException(426, f"this department speaks protocol {PROTOCOL_VERSION}")
    return peer


async def _received(request: Request, receive_s_max: float) -> FormData:
    """The whole form, bounded in bytes, parts and time."""
    bounded = Request(request.scope, _counted(request))
    try:
        async with asyncio.timeout(receive_s_max):
            return await bounded.form(max_files=ITEMS_MAX, max_fields=ITEMS_MAX)
    except TimeoutError:
        raise HTTPException(408, "the batch took too long to arrive") from None
    except ClientDisconnect:
        # A car that drives out of coverage: nobody hears the answer, and the batch comes again.
        raise HTTPException(400, "the unit hung up") from None


def _counted(request: Request) -> Receive:
    """The request's receive channel, cut off past the largest batch; a declared length is refused at once."""
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > REQUEST_BYTES_MAX:
        raise HTTPException(413, f"a batch holds {REQUEST_BYTES_MAX} bytes at most")
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > REQUEST_BYTES_MAX:
            raise HTTPException(413, f"a batch holds {REQUEST_BYTES_MAX} bytes at most")
        return message

    return receive


async def _stored(storage: Storage, unit_id: str, form: FormData) -> list[ItemAnswerPayload]:
    """Answers in the order of the parts."""
    parts: list[Part] = []
    strays: list[ItemAnswerPayload] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            sha256 = value.headers.get(DIGEST_HEADER, "")
            parts.append(Part(name, value.filename or "", await value.read(), sha256))
        else:
            strays.append(PartError(400, "part: without a filename, which is its kind").answer(name))
    return await run_in_threadpool(storage.store, unit_id, parts) + strays


def _list(storage: Storage, unit_id: str, source: str, after: int) -> Response:
    try:
        step = storage.lists.next_after(source, after)
        if step is None and not storage.lists.has(source):
            raise HTTPException(404, "no such list")
    except DepartmentError as error:
        raise HTTPException(404, str(error)) from None
    if step is None:
        return Response(status_code=204, headers=_HEADERS)
    log.info("department.list_handed_out", unit=unit_id, source=source, serial=step.serial)
    about = {LIST_SERIAL_HEADER: str(step.serial), LIST_CHANGE_HEADER: step.change.value}
    return FileResponse(step.path, media_type="application/octet-stream", headers=_HEADERS | about)


def _refuse(request: Request, error: Exception) -> Response:
    """A refusal of the whole request."""
    assert isinstance(error, StarletteHTTPException)
    log.warning("department.refused", status=error.status_code, reason=error.detail, peer=_peer(request))
    return JSONResponse({"detail": error.detail}, error.status_code, headers=_HEADERS)


def _postpone(request: Request, error: Exception) -> Response:
    """The storage is not able to take anything now."""
    log.error("department.storage_failed", reason=str(error), peer=_peer(request))
    headers = {**_HEADERS, "Retry-After": str(RETRY_AFTER_S)}
    return JSONResponse({"detail": "the storage takes nothing at present"}, 503, headers=headers)


def _fail(request: Request, error: Exception) -> Response:
    """A fault of this program: the unit keeps the item and sends it again, alone in the end."""
    log.error("department.failed", error=type(error).__name__, peer=_peer(request))
    return JSONResponse({"detail": "internal error"}, 500, headers=_HEADERS)


def _peer(request: Request) -> str:
    return str(getattr(request.state, PEER_UNIT, None) or "nobody")
