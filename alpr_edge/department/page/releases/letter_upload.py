"""Takes the form of a request with its letter: larger than any other form, so from people alone who may enter one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.session_answers import answer_in_session
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX
from alpr_edge.web.page_security import is_own_form
from alpr_edge.web.requests import FIELDS_MAX, SMALL_BYTES_MAX
from alpr_edge.web.visitor import Visitor


@dataclass(slots=True)
class _FormPart:
    """A part of the form, as far as it arrived."""

    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray, repr=False)

    @property
    def name(self) -> str:
        """Its field's name."""
        return self._parameter(b"name")

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return b"filename" in parse_options_header(self.disposition)[1]

    def _parameter(self, name: bytes) -> str:
        return parse_options_header(self.disposition)[1].get(name, b"").decode(errors="replace")


class UploadedForm:
    """A form with one file."""

    def __init__(self, content_type: str) -> None:
        self.fields: dict[str, str] = {}
        self.file = b""
        """One byte more than a letter may have stands for all of a larger one."""
        self._part, self._header = _FormPart(), ("", "")
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
        self._parser = self._new_parser(boundary) if boundary else None

    def take(self, chunk: bytes) -> None:
        """Take what arrived next."""
        try:
            if self._parser is not None:
                self._parser.write(chunk)
        except MultipartParseError:
            raise HTTPException(400, "the form cannot be read; send it anew") from None

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        names, values = bytearray(), bytearray()

        def begin() -> None:
            self._part = _FormPart()

        def end_header() -> None:
            if bytes(names).lower() == b"content-disposition":
                self._part.disposition = bytes(values)
            names.clear()
            values.clear()

        return MultipartParser(
            boundary,
            {
                "on_part_begin": begin,
                "on_header_field": lambda data, start, end: names.extend(data[start:end]),
                "on_header_value": lambda data, start, end: values.extend(data[start:end]),
                "on_header_end": end_header,
                "on_part_data": self._add,
                "on_part_end": self._end,
            },
        )

    def _add(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        most = LETTER_BYTES_MAX + 1 if part.is_file else SMALL_BYTES_MAX
        part.content += data[start : min(end, start + most - len(part.content))]

    def _end(self) -> None:
        part = self._part
        if part.is_file:
            self.file = self.file or bytes(part.content)
        elif len(self.fields) < FIELDS_MAX:
            self.fields[part.name] = part.content.decode(errors="replace")


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
