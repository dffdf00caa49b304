"""Answers SCIM over HTTPS: a bearer token first, bounded in requests, bytes and wrong tries."""

import asyncio
import hashlib
import hmac
import re
from pathlib import Path

import structlog
from scim2_models import PayloadTooLargeException, SCIMException, UnauthorizedException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alpr_edge.department.db.day_keys.secret_sources import read_secret_file, secret_file
from alpr_edge.department.identity_settings import ProvisioningTable
from alpr_edge.department.provisioning.scim_models import scim_provider
from alpr_edge.department.provisioning.scim_users import ScimUsers
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError
from alpr_edge.runtime.network.rate_limit import WrongTries, subscriber_network
from alpr_edge.web.requests import host_of, small_body

ROOT = "/scim/v2"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AT_ONCE_MAX = 2
WRONG_TRIES_MAX, WRONG_TRIES_S = 10, 300.0
"""Wrong tokens of one address within so many seconds, after which it waits."""
TOKEN_CHARACTERS_MAX = 512
_SHA256 = re.compile(rb"[0-9a-f]{64}")

log = structlog.get_logger(__name__)


class ScimEndpoint:
    """The SCIM server of a department.

    Args:
        token_sha256: SHA-256 of the token, in hexadecimal: the token itself is not kept.
    """

    def __init__(self, users: ScimUsers, token_sha256: str, origin: str) -> None:
        self._service = ScimService(scim_provider())
        self._handler = ScimHandler(self._service, users)
        self._token_sha256 = token_sha256
        self._base_url = origin + ROOT
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)
        self._wrong_tries = WrongTries(WRONG_TRIES_MAX, WRONG_TRIES_S)

    @property
    def route(self) -> Route:
        """Where it answers."""
        return Route(f"{ROOT}/{{path:path}}", self.answer, methods=list(METHODS))

    async def answer(self, request: Request) -> Response:
        if not self._is_known(request):
            return self._refuse(subscriber_network(host_of(request)))
        try:
            body = await small_body(request)
        except HTTPException as error:
            return _json(self._error(error.status_code, error.detail))
        async with self._at_once:
            return await run_in_threadpool(self._serve, request, body)

    def _refuse(self, address: str) -> Response:
        """Answer a wrong token, which waits after some; the right one never waits for others at its address."""
        wait_s = self._wrong_tries.wait_s(address)
        if wait_s > 0:
            return _json(self._error(429, "too many wrong tokens came from this address"), round(wait_s) + 1)
        self._wrong_tries.note(address)
        log.warning("department.provisioning_refused", address=address)
        return _json(self._service.error_response(UnauthorizedException(detail="the token is wrong or missing")))

    def _serve(self, request: Request, body: bytes) -> Response:
        asked = ScimRequest(
            method=request.method,
            base_url=self._base_url,
            path="/" + request.path_params["path"],
            query=dict(request.query_params),
            headers=request.headers.items(),
            body=body,
        )
        try:
            return _json(self._handler.handle(asked))
        except SCIMException as error:
            return _json(self._service.error_response(error))
        except AlprEdgeError as error:
            log.error("department.provisioning_failed", reason=str(error))
            return _json(self._error(503, "the department cannot do this at present; nothing was changed"))

    def _is_known(self, request: Request) -> bool:
        kind, _, token = request.headers.get("Authorization", "")[:TOKEN_CHARACTERS_MAX].partition(" ")
        sha256 = hashlib.sha256(token.strip().encode()).hexdigest()
        return hmac.compare_digest(sha256, self._token_sha256) and kind.casefold() == "bearer"

    def _error(self, status: int, detail: str) -> ScimResponse:
        error = PayloadTooLargeException(detail=detail)
        response = self._service.error_response(error)
        assert response.body is not None
        return ScimResponse(type(response.status)(status), response.body | {"status": str(status)})


def load_token_sha256(table: ProvisioningTable, directory: Path) -> str:
    """The digest of the token that the other system sends."""
    setting = "provisioning.token"
    content = read_secret_file(secret_file(table.token, directory, setting)).strip()
    if not _SHA256.fullmatch(content):
        raise DepartmentError(f"{setting}: the file holds no SHA-256 of a token in hexadecimal; see the guide")
    return content.decode()


def _json(response: ScimResponse, retry_after_s: int | None = None) -> Response:
    headers = response.headers if retry_after_s is None else response.headers | {"Retry-After": str(retry_after_s)}
    if response.body is None:
        return Response(status_code=response.status, headers={k: v for k, v in headers.items() if k != "Content-Type"})
    return JSONResponse(response.body, response.status, headers)
