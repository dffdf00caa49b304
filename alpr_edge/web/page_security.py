"""What every page is protected by: its headers, and where a form may come from."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "Content-Security-Policy"
HEADERS = {
    POLICY: "default-src 'none'; object-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), publickey-credentials-create=(self)",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FILES_PATH = "/files"
"""Where the files of a site are served: they say nothing of anybody, and a browser may keep them."""
_KEPT = {"Cache-Control": "max-age=31536000, immutable"}


class PageHeaders:
    """Puts the headers on every answer, those of refusals among them; :func:`answer_fault` has them of itself.

    Args:
        policy_sources: what else pages may have within them, by directive of their policy.
    """

    def __init__(self, app: ASGIApp, policy_sources: Mapping[str, str] | None = None) -> None:
        self._app = app
        policy = HEADERS[POLICY]
        for directive, source in (policy_sources or {}).items():
            policy = policy.replace(f"{directive} 'self'", f"{directive} 'self' {source}")
        self._headers = HEADERS | {POLICY: policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_file = scope["type"] == "http" and scope["path"].startswith(f"{FILES_PATH}/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                may_be_kept = is_file and message["status"] == HTTPStatus.OK
                MutableHeaders(scope=message).update(self._headers | _KEPT if may_be_kept else self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def answer_fault(request: Request, error: Exception) -> Response:
    """What a page answers where the program itself is at fault, which Starlette sends past every middleware.

    Args:
        error: the fault, of which nothing is told: its text may hold anything.
    """
    del request, error
    return PlainTextResponse("This did not work, and why is in the log.", 500, headers=HEADERS)


def is_own_form(request: Request) -> bool:
    """Whether a form or script of this site sent a request.

    By ``Sec-Fetch-Site``, which no page can forge; a browser without it tells by ``Origin``. A request with neither is
    none of a browser that somebody could mislead, yet nothing here needs one.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"https://{request.headers.get('Host', '')}"
