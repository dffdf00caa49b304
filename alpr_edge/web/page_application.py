"""The ASGI application of a page: what all of them have in common."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.web.page_security import answer_fault

FaultAnswer = Callable[[Request, Exception], Response]


def page_application(
    routes: Sequence[BaseRoute], middleware: Sequence[Middleware], refuse: FaultAnswer, fail: FaultAnswer
) -> Starlette:
    """The application of a page.

    A path with a slash too many is none of its pages: Starlette would lead to the one without, at whatever host the
    request names.
    """
    handlers = {HTTPException: refuse, AlprEdgeError: fail, Exception: answer_fault}
    application = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    application.router.redirect_slashes = False
    return application
