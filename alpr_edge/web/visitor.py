"""Who sends a request to the page: the session of a cookie, at the address of the browser."""

from dataclasses import dataclass, field
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.web.requests import form_fields, host_of

COOKIE = "__Host-session"
"""A cookie of this name is taken over TLS alone, for this host alone (RFC 6265bis, 4.1.3.2)."""
CHALLENGE_COOKIE = "__Host-challenge"
SIGN_ON_COOKIE = "__Host-sign-on"
SIGN_ON_CHARACTERS_MAX = 4096
COMPONENT = "console"
"""The page in a car, as records name it, and as sessions are bound to it."""
TOKEN_CHARACTERS_MAX = 128
REFRESH_HEADER = "X-Page-Refresh"
"""Scripts send it with ``1`` where a page asks for itself again, and nobody touched anything."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a step of the page needs of a request."""

    token: str = field(repr=False)
    """The token of a session; empty: nobody is signed in at this browser."""
    challenge_word: str = field(repr=False)
    """Says which challenge of a passkey this browser was asked; empty: none."""
    address: str
    """The address at the other end, which a session is bound to."""
    fields: dict[str, str] = field(repr=False)
    """The fields of the form."""
    parameters: dict[str, str]
    """Names in the path and in the query; those in the path hold."""
    component: str = COMPONENT
    """The page, as records name it."""
    is_use: bool = True
    """Whether a person asked, which keeps their session open; a page that refreshes itself is none."""
    sign_on_word: str = field(default="", repr=False)
    """What this browser keeps during a single sign-on; empty: there is none."""
    is_view: bool = False
    """Whether it only opens a page, and sends nothing."""

    @classmethod
    def of(cls, request: Request, body: bytes, component: str = COMPONENT) -> Self:
        """Take it from a request whose body was read."""
        token, word = (request.cookies.get(name, "")[:TOKEN_CHARACTERS_MAX] for name in (COOKIE, CHALLENGE_COOKIE))
        is_view = request.method == "GET"
        is_refresh = is_view and request.headers.get(REFRESH_HEADER) == "1"
        parameters, fields = {**request.query_params, **request.path_params}, form_fields(body)
        sign_on_word = request.cookies.get(SIGN_ON_COOKIE, "")[: SIGN_ON_CHARACTERS_MAX + 1]
        return cls(token, word, host_of(request), fields, parameters, component, not is_refresh, sign_on_word, is_view)

    @property
    def caller(self) -> Caller:
        """Who calls services through the page."""
        name = self.component
        return Caller(name, self.token, self.address, component=name, is_use=self.is_use, is_view=self.is_view)


def give_session(response: Response, token: str) -> None:
    """Have a browser keep the token of a session until it is closed."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")


def take_session(response: Response) -> None:
    """Have a browser forget its session, the pages that it could go back to, and what scripts of this site kept.

    Cookies are taken by their names: all of them would be those of other hosts of the domain as well.
    """
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def give_sign_on_word(response: Response, word: str) -> None:
    """Have a browser keep a word of a single sign-on, which it sends along when it comes back from the provider."""
    response.set_cookie(SIGN_ON_COOKIE, word, path="/", secure=True, httponly=True, samesite="lax")


def take_sign_on_word(response: Response) -> None:
    """Have a browser forget the word."""
    response.delete_cookie(SIGN_ON_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
