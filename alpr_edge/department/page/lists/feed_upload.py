"""Takes a feed that a browser uploads: from whoever may publish lists alone, one at a time, bounded, to disk."""

import asyncio
from dataclasses import replace
from pathlib import Path

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from alpr_edge.department.page.lists.list_pages import ListPages, WaitingFeed
from alpr_edge.department.page.page_parts import go, page_words
from alpr_edge.department.page.session_answers import refusal_page
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.department.publishing.feed_check import FeedToPublish
from alpr_edge.department.publishing.uploaded_feeds import UPLOAD_BYTES_MAX
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.web.page_security import is_own_form
from alpr_edge.web.requests import bounded_receive
from alpr_edge.web.visitor import Visitor

FORM_BYTES_MAX = UPLOAD_BYTES_MAX + 65_536
"""A feed with its signature and what the form says beside."""
RECEIVE_S_MAX = 600.0
SIGNATURE_BYTES_MAX = 4096
FIELDS_MAX = 8
NAME_CHARACTERS_MAX = 100

log = structlog.get_logger(__name__)


class FeedUpload:
    """The step that takes a feed."""

    def __init__(self, site: DepartmentSite, pages: ListPages) -> None:
        self._site = site
        self._pages = pages
        self._lock = asyncio.Lock()
        self.route = Route("/lists/{source}/upload", self.answer, methods=["POST"])

    async def answer(self, request: Request) -> Response:
        """Take a feed, check it, and lead to what it changes."""
        if not is_own_form(request):
            raise HTTPException(403, "this request comes from another site")
        visitor = Visitor.of(request, b"", COMPONENT)
        try:
            # Before anything is read: whoever may not fills no disk.
            await run_in_threadpool(self._pages.require, visitor)
        except AccessError as error:
            return await self._refuse(visitor, error)
        if self._lock.locked():
            raise HTTPException(429, "somebody else uploads a feed; try again in a minute")
        async with self._lock:
            form = await _receive_form(request)
            try:
                return await run_in_threadpool(self._take, visitor, form)
            except AccessError as error:  # the session ended while the feed came
                return await self._refuse(visitor, error)
            finally:
                await form.close()

    async def _refuse(self, visitor: Visitor, error: AccessError) -> Response:
        return await run_in_threadpool(refusal_page, self._site, visitor, error, is_form=True)

    def _take(self, visitor: Visitor, form: FormData) -> Response:
        feed_file, change = form.get("feed"), form.get("change")
        if not isinstance(feed_file, UploadFile) or not feed_file.filename:
            return self._pages.upload_form(visitor, "choose the file of the feed")
        if change not in set(ListChange):
            return self._pages.upload_form(visitor, "choose what the feed does to the list")
        try:
            path = self._site.office.uploads.keep(feed_file.file)
        except DepartmentError as error:
            return self._pages.upload_form(visitor, page_words(error))
        feed = FeedToPublish(
            path,
            visitor.parameters["source"],
            ListChange(str(change)),
            accept_shrink=form.get("accept_shrink") == "yes",
            accept_growth=form.get("accept_growth") == "yes",
            signature=_signature(form),
        )
        return self._check(visitor, feed, _printable(feed_file.filename))

    def _check(self, visitor: Visitor, feed: FeedToPublish, name: str) -> Response:
        is_kept = False
        try:
            check = self._site.office.lists.check(self._site.authoriser(visitor), feed)
            word = self._site.lookups.add(visitor, WaitingFeed(replace(feed, progress=None), check, name))
            is_kept = True
        except DepartmentError as error:
            return self._pages.upload_form(visitor, _without_path(page_words(error), feed.path, name))
        finally:
            if not is_kept:
                feed.path.unlink(missing_ok=True)
        log.info("department.feed_checked", source=feed.source, entries=check.entries, change=feed.change.value)
        return go(f"/lists/{feed.source}/upload/{word}")


async def _receive_form(request: Request) -> FormData:
    """The whole form, bounded in bytes, parts and time."""
    bounded = Request(request.scope, bounded_receive(request, FORM_BYTES_MAX, "an upload"))
    try:
        async with asyncio.timeout(RECEIVE_S_MAX):
            return await bounded.form(max_files=2, max_fields=FIELDS_MAX)
    except TimeoutError:
        raise HTTPException(408, "the upload took too long") from None
    except ClientDisconnect:
        raise HTTPException(400, "the browser hung up") from None


def _signature(form: FormData) -> bytes:
    """What the maker signed the feed with; nothing where none was given."""
    file = form.get("signature")
    return file.file.read(SIGNATURE_BYTES_MAX) if isinstance(file, UploadFile) else b""


def _printable(name: str) -> str:
    return "".join(each for each in Path(name).name if each.isprintable())[:NAME_CHARACTERS_MAX]


def _without_path(text: str, path: Path, name: str) -> str:
    """A sentence with the name of the feed where its place on the server stood."""
    return text.replace(f"{path}.sig", f"{name}.sig").replace(str(path), name)
