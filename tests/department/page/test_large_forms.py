"""A form that is larger than the page takes: its person is told by how much, and that nothing was sent."""

import pytest

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.web.requests import READ_BYTES_MAX, SMALL_BYTES_MAX
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.job_answers import fault_line
from tests.department.page.page_office import client_of
from tests.department.page.test_refused_tries import size_of_log

FORM = "/incidents/new"
TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
BEGIN = "The texts of this form are too long together, by "
END = (
    " characters; a line break or a letter with an accent counts as six. Nothing was sent: copy them from here, shorten"
    " them, and send them again."
)


def form_of(count: int) -> bytes:
    """The form of an incident, of so many bytes."""
    begin = b"kind=other&known=2026-05-04T18%3A00&told_by=Ana&what="
    return begin + b"x" * (count - len(begin))


@pytest.mark.parametrize(
    ("count", "by"),
    [
        (SMALL_BYTES_MAX + 1, "about 100"),
        (SMALL_BYTES_MAX + 4200, "about 4,200"),
        (SMALL_BYTES_MAX + 4201, "about 4,300"),
        (READ_BYTES_MAX, "about 245,800"),
        (READ_BYTES_MAX + 100_000, "more than 245,760"),
    ],
)
def test_a_form_that_is_too_large_is_told_of_by_how_much_and_nothing_is_done(
    inquirers: Inquirers, server: DepartmentPageServer, count: int, by: str
) -> None:
    before = size_of_log(inquirers)
    with client_of(inquirers, server, "auditor") as client:
        answer = client.post(FORM, content=form_of(count), headers=TYPE)
    assert (answer.status_code, "<h1>Not sent</h1>" in answer.text) == (413, True)
    text = "x" * (count - len(form_of(0)))
    is_whole = count <= READ_BYTES_MAX
    assert fault_line(answer) == f"{BEGIN}{by}{END if is_whole else END.replace('copy them from here, ', '')}"
    assert (f">{text}</textarea>" in answer.text, "<textarea" in answer.text) == (is_whole, is_whole)
    assert size_of_log(inquirers) == before


def test_a_form_as_large_as_the_page_takes_is_taken(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "auditor") as client:
        answer = client.post(FORM, content=form_of(SMALL_BYTES_MAX), headers=TYPE)
    assert (answer.status_code, fault_line(answer)) == (422, "A text has 4000 characters at most, all printable.")


@pytest.mark.parametrize("path", ["/holds", "/sign-in", "/lock"])
def test_so_it_is_on_every_path_whoever_sends_it(inquirers: Inquirers, server: DepartmentPageServer, path: str) -> None:
    with client_of(inquirers, server) as client:
        answer = client.post(path, content=form_of(SMALL_BYTES_MAX + 10), headers=TYPE)
    assert (answer.status_code, fault_line(answer)) == (413, f"{BEGIN}about 100{END}")
