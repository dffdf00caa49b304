"""Takes the form of a request with its letter: larger than any other form, so from people alone who may enter one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.releases.uploaded_form import UploadedForm
from alpr_edge.department.page.session_answers import answer_in_session
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX
from alpr_edge.web.page_security import is_own_form
from alpr_edge.web.visitor import Visitor

BYTES_MAX = 4 * LETTER_BYTES_MAX
"""Of a request; a letter that is somewhat too large is told of beside what was typed."""
RECEIVE_S_MAX = 120.0
AT_ONCE_MAX = 2
"""Forms that are taken at the same time: each may hold a letter in memory."""


class LetterUpload:
    """Takes the form."""

    def __init__(self, site: DepartmentSite, step: Callable[[Visitor, bytes], Response]) -> None:
        self._site = site
        self._step = step
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)

    async def answer(self, request: Request) -> Response:
        """Take the form of one request."""
        if not is_own_form(request):
            raise HTTPException(403, "this request comes from another site")
        visitor = Visitor.of(request, b"", COMPONENT)
        if not await run_in_threadpool(self._site.may, visitor, Operation.ENTER_RELEASE):
            return await run_in_threadpool(self._answer, visitor, b"")
        async with self._at_once:
            form = await _form_of(request)
            return await run_in_threadpool(self._answer, replace(visitor, fields=form.fields), form.file)

    def _answer(self, visitor: Visitor, letter: bytes) -> Response:
        return answer_in_session(self._site, lambda who: self._step(who, letter), visitor, is_form=True)


async def _form_of(request: Request) -> UploadedForm:
    """The form of a request, bounded in bytes and time."""
    form, size = UploadedForm(request.headers.get("Content-Type", "")), 0
    try:
        async with asyncio.timeout(RECEIVE_S_MAX):
            async for chunk in request.stream():
                size += len(chunk)
                if size > BYTES_MAX:
                    raise HTTPException(413, f"a letter has {LETTER_BYTES_MAX // 2**20} MiB at most")
                form.take(chunk)
    except TimeoutError:
        raise HTTPException(408, "the form took too long to arrive") from None
    except ClientDisconnect:
        raise HTTPException(400, "the client hung up") from None
    return form
