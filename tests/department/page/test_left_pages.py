"""Pages that nobody touches any more, over TLS: they lead away, and looking on is no use of a session."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.sessions.session import AccessSession, token_digest
from alpr_edge.web.visitor import COOKIE
from tests.department.inquiries.hits.board_office import HITS
from tests.department.inquiries.inquirers import Inquirers
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.page_office import client_of, newest

LEAVE = re.compile(r'<meta http-equiv="refresh" content="(\d+);url=([^"]+)">')


@contextmanager
def changing_session(inquirers: Inquirers, client: httpx.Client) -> Iterator[list[AccessSession]]:
    """The session of a client in a list, by which it can be changed."""
    digest = token_digest(client.headers["Cookie"].removeprefix(f"{COOKIE}="))
    with open_office(inquirers.directory) as office, office.accounts.writing() as rows:
        session = rows.session(digest)
        assert session is not None
        held = [session]
        yield held
        rows.save_session(held[0])


def last_use_of(inquirers: Inquirers, client: httpx.Client) -> Instant:
    """When the session of a client was used last."""
    with changing_session(inquirers, client) as held:
        return held[0].used


def wait(inquirers: Inquirers, client: httpx.Client, seconds: float) -> None:
    """Let so much time pass for the session of a client: what was, was so much earlier."""
    with changing_session(inquirers, client) as held:
        (session,) = held
        signed_in, used_then = (each.shift(-1000 * seconds) for each in (session.signed_in, session.used))
        held[0] = replace(session, signed_in=signed_in, used=used_then)


def follow(client: httpx.Client, path: str) -> httpx.Response:
    """What a browser comes to; httpx itself sends no cookie on."""
    answer = client.get(path)
    return follow(client, answer.headers["location"]) if answer.is_redirect else answer


@pytest.mark.parametrize(("role", "path"), [("technician", "/units"), ("auditor", "/releases")])
def test_two_pages_that_nobody_touches_keep_no_session_open(
    inquirers: Inquirers, server: DepartmentPageServer, role: str, path: str
) -> None:
    with client_of(inquirers, server, role) as client:
        first = LEAVE.search(client.get(path).text)
        wait(inquirers, client, 60)
        second = LEAVE.search(client.get(path).text)
        assert first is not None
        assert second is not None
        before, (record,) = last_use_of(inquirers, client), newest(inquirers, 1)
        wait(inquirers, client, 1745)
        shown = follow(client, first[2])
        assert (shown.status_code, "Go on" in shown.text, path in shown.text) == (200, True, False)
        assert before.ms_since(last_use_of(inquirers, client)) == 1_745_000, "nobody used it"
        looks_on = LEAVE.search(shown.text)
        wait(inquirers, client, 60)
        for address in (second[2], looks_on[2] if looks_on else ""):
            assert "<h1>Locked</h1>" in follow(client, address).text
        assert before.ms_since(last_use_of(inquirers, client)) == 1_805_000
        assert newest(inquirers, 1) == [record], "nothing was shown"
        assert client.get(path).headers["location"] == "/"


def test_a_page_with_a_stream_leads_away_by_the_clock_only_without_scripts(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "officer") as client:
        for path in ("/hits", f"/hits/{UNIT}/hit-of-{next(iter(HITS.values()))}"):
            text = client.get(path).text
            found = LEAVE.search(text)
            assert found is not None
            assert f"<noscript>{found[0]}</noscript>" in text
            assert 'http-equiv="refresh"' not in re.sub(r"<noscript>.*?</noscript>", "", text)
            assert f'data-leave-s="{found[1]}"' in text
