"""Two departments that differ by covert hits alone, and what people who are not cleared for these can get of each."""

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import Connection, event

from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.page.server import create_department_page
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.visitor import COOKIE
from tests.department.inquiries.inquirers import Inquirers, begin_session, changed_person
from tests.department.page.page_office import SAME_SITE

ADDRESS = "127.0.0.1"
_WORDS = re.compile(r"[\w-]{16,}|\d\d:\d\d(:\d\d)?(\.\d+)?|\d{4}-\d\d-\d\d")
"""Random words of addresses, and moments: the two departments are asked one after the other."""


@dataclass(frozen=True)
class Reply:
    """What somebody got for a request, and the statements that it took."""

    status: int
    text: str
    """Without what differs by chance; of a picture its bytes."""
    size: int
    """Of a page as it was sent."""
    statements: tuple[str, ...] = field(repr=False)


@dataclass
class PairedOffice:
    """One of the two departments, opened."""

    people: Inquirers
    office: InquiryOffice
    statements: list[str] = field(default_factory=list)

    @contextmanager
    def visitor(self, role: str) -> Iterator[Callable[..., tuple[Reply, httpx.Response]]]:
        """Somebody of a role at the page; gives what asks for a path and returns what they got."""
        token = begin_session(self.office, self.people.ids[role], COMPONENT, ADDRESS)
        page = create_department_page(
            DepartmentSite(self.office, "Department", None), HitChanges(self.office.arrivals.current)
        )
        headers = {**SAME_SITE, "Cookie": f"{COOKIE}={token}"}
        transport = httpx.ASGITransport(page, client=(ADDRESS, 4000))

        async def send(method: str, path: str, fields: Mapping[str, str] | None) -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="https://department", headers=headers) as client:
                return await client.request(method, path, data=fields)

        def ask(method: str, path: str, fields: Mapping[str, str] | None = None) -> tuple[Reply, httpx.Response]:
            self.statements.clear()
            answer = asyncio.run(send(method, path, fields))
            is_text = "image" not in answer.headers.get("content-type", "")
            text = _WORDS.sub("*", answer.text) if is_text else answer.content.hex()
            location = _WORDS.sub("*", answer.headers.get("location", ""))
            reply = Reply(answer.status_code, f"{location}\n{text}", len(answer.content), tuple(self.statements))
            return reply, answer

        yield ask


@dataclass
class OfficePair:
    """Two departments: the second has covert hits besides."""

    plain: PairedOffice
    covert: PairedOffice

    def __iter__(self) -> Iterator[PairedOffice]:
        yield from (self.plain, self.covert)

    @contextmanager
    def grant(self, role: str, sources: frozenset[SourcePermission]) -> Iterator[None]:
        """Somebody of a role has some permissions, and no clearance, while the block runs."""
        with ExitStack() as stack:
            for each in self:
                details = {"sources": [permission.value for permission in sources], "has_covert_clearance": False}
                stack.enter_context(changed_person(each.office, each.people.ids[role], **details))
            yield


@contextmanager
def open_pair(made: Inquirers, folder: Path) -> Iterator[OfficePair]:
    """Copy a department, and open both."""
    copied = Inquirers(folder / "copied", made.ids)
    shutil.copytree(made.directory, copied.directory)
    with ExitStack() as stack:
        pair = OfficePair(*(_open_one(each, stack) for each in (made, copied)))
        yield pair


def _open_one(people: Inquirers, stack: ExitStack) -> PairedOffice:
    some = PairedOffice(people, stack.enter_context(open_office(people.directory)))

    def note(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        some.statements.append(statement)

    with some.office.accounts.database.reading() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", note)
    stack.callback(event.remove, engine, "before_cursor_execute", note)
    return some
