"""What both of the department's applications share: how a refusal, a full disk and a fault are answered.

Every answer carries the protocol's header, so that a unit knows it from a page of somebody in between.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from alpr_edge.department.http.client_auth import peer_of
from alpr_edge.department.pki.refusals import WORDS, CertificateRefusedError
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.enrolment import DepartmentKeysPayload, IssuedPayload, Refusal, RefusedPayload
from alpr_edge.domain.protocol.items import PROTOCOL_HEADER, PROTOCOL_VERSION
from alpr_edge.web.requests import host_of

RETRY_AFTER_S = 30
HEADERS = {PROTOCOL_HEADER: str(PROTOCOL_VERSION)}
_STATUSES = {Refusal.UNIT: 400, Refusal.REQUEST: 400, Refusal.TRIES: 429, Refusal.AUTHORITY: 503}
"""Statuses of refusals that are not 403."""

log = structlog.get_logger(__name__)


def bare_app(dependencies: Sequence[Depends] = ()) -> FastAPI:
    """An application without endpoints and without pages about itself."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, dependencies=dependencies)
    app.add_exception_handler(StarletteHTTPException, _refuse)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(StoreError, _postpone)
    app.add_exception_handler(Exception, _fail)
    return app


@dataclass(frozen=True, slots=True)
class Issuance:
    """A request for a certificate, as the log has it."""

    unit_id: str
    """The unit that the request is for, as it was sent: the log shows it in a form that cannot break a line."""
    client: str
    """The address at the other end."""


def certificate_response(
    issuance: Issuance, issue: Callable[[], bytes], keys: Callable[[], DepartmentKeysPayload]
) -> Response:
    """Answer with a certificate and the department's keys, or with the reason why there is none."""
    about = {"unit": ascii(issuance.unit_id).strip("'"), "client": issuance.client}
    try:
        pem = issue()
    except CertificateRefusedError as error:
        # An address that has to wait already may ask very often, which must not fill the log.
        tell = log.debug if error.reason is Refusal.TRIES else log.warning
        tell("department.certificate_refused", reason=error.reason.value, **about)
        return _refusal_response(error.reason, error.retry_after_s)
    except DepartmentError as error:
        log.error("department.certificate_refused", reason=str(error), **about)
        return _refusal_response(Refusal.AUTHORITY, RETRY_AFTER_S)
    log.info("department.certificate_issued", **about)
    body = IssuedPayload(certificate=pem.decode("ascii"), **dict(keys())).model_dump_json()
    return Response(body, media_type="application/json", headers=HEADERS)


def _refusal_response(reason: Refusal, retry_after_s: float | None) -> Response:
    wait = {} if retry_after_s is None else {"Retry-After": str(math.ceil(retry_after_s))}
    body = RefusedPayload(reason=reason, detail=WORDS[reason]).model_dump(mode="json")
    return JSONResponse(body, _STATUSES.get(reason, 403), headers=HEADERS | wait)


def _refuse(request: Request, error: Exception) -> Response:
    """A refusal of the whole request."""
    assert isinstance(error, StarletteHTTPException)
    log.warning("department.request_refused", status=error.status_code, reason=error.detail, **_sender(request))
    return JSONResponse({"detail": error.detail}, error.status_code, headers=HEADERS | dict(error.headers or {}))


def _not_understood(request: Request, error: Exception) -> Response:
    """The framework's own answer would repeat what was sent, a code among it."""
    del error
    log.warning("department.request_refused", status=422, reason="unexpected fields", **_sender(request))
    return JSONResponse({"detail": "the request's fields are not as expected"}, 422, headers=HEADERS)


def _postpone(request: Request, error: Exception) -> Response:
    """The storage is not able to take anything now."""
    log.error("department.storage_failed", reason=str(error), **_sender(request))
    headers = {**HEADERS, "Retry-After": str(RETRY_AFTER_S)}
    return JSONResponse({"detail": "the storage takes nothing at present"}, 503, headers=headers)


def _fail(request: Request, error: Exception) -> Response:
    """A fault of this program: the unit keeps the item and sends it again, alone in the end."""
    log.error("department.request_failed", error=type(error).__name__, **_sender(request))
    return JSONResponse({"detail": "internal error"}, 500, headers=HEADERS)


def _sender(request: Request) -> dict[str, str]:
    """The sender as the log has it: the unit by its certificate, and the address."""
    peer = peer_of(request)
    return {"unit": "none" if peer is None else peer.unit_id, "client": host_of(request)}
