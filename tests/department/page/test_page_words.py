"""What pages say of faults, in words of the page, and to whoever may do nothing here."""

import re

import pytest

from alpr_edge.department.page.page_parts import page_words, sentence
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.domain.errors import DepartmentError
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.job_answers import fault_line
from tests.department.page.page_office import client_of
from tests.department.page.test_cases_page import FOR_CASE, open_case


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("choose why", "Choose why."),
        ("don't, for now", "Don't, for now."),
        ("nope-9:1: no such read", "nope-9:1: no such read."),
        ("amber: there is no list of this name", "amber: there is no list of this name."),
        ("car2 is retired", "car2 is retired."),
        ("It was not published.", "It was not published."),
        ("stolen", "Stolen."),
    ],
)
def test_a_sentence_ends_once_and_leaves_ids_as_they_are(text: str, shown: str) -> None:
    assert sentence(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("car-9: no such unit here; see: alpr-edge department unit list", "car-9: no such unit here"),
        ("has no secret; use: alpr-edge department people unlock", "has no secret"),
        ("another person approves it first: alpr-edge department evidence approve", "another person approves it first"),
        ("the new list holds 5 entries; if that is right, --accept-shrink", "the new list holds 5 entries"),
        ("book them out hold by hold (--hold)", "book them out hold by hold"),
    ],
)
def test_what_services_say_is_shown_without_commands_and_options(text: str, shown: str) -> None:
    assert page_words(DepartmentError(text)) == shown


def test_a_training_supervisor_is_told_where_trainings_are_recorded(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "training-supervisor") as client:
        page = client.get("/").text
    assert "sudo alpr-edge-department people training BADGE" in page
    assert "ask the ALPR administrator" not in page


def test_an_example_of_a_case_number_fits_its_field(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "supervisor") as client:
        (field,) = re.findall(r'<input name="case"[^>]*>', client.get("/search").text)
    assert 'placeholder="99-999999"' in field


def test_a_request_for_no_package_is_told_of_without_commands(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "records") as client:
        path = open_case(client, "/evidence", FOR_CASE)
        for step, told in (("ask", "package"), ("approve", "request")):
            wrong = client.post(f"{path}/{step}", data={f"{told}_id": "none-1", "reason": "for the court"})
            assert (wrong.status_code, fault_line(wrong)) == (422, f"none-1: no such {told}.")
