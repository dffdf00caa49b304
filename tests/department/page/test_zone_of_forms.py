"""The zone that stands beside the times that forms take: that of winter and that of summer, for any date is typed."""

import time
from collections.abc import Iterator

import pytest

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.web.page_templates import time_zone
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.page_office import client_of

FORMS = {"/search": "When, PST/PDT", "/releases/new": "times are PST/PDT", "/incidents/new": "times are PST/PDT"}


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The computer's zone is another."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["America/Los_Angeles"], indirect=True)
def test_forms_name_the_zone_of_winter_and_of_summer(
    inquirers: Inquirers, server: DepartmentPageServer, zone: None
) -> None:
    with client_of(inquirers, server, "supervisor") as client:
        for path, words in FORMS.items():
            assert words in client.get(path).text, path


@pytest.mark.parametrize(
    ("zone", "name"),
    [("America/Los_Angeles", "PST/PDT"), ("UTC", "UTC"), ("America/Phoenix", "MST")],
    indirect=["zone"],
)
def test_a_zone_without_summer_time_has_one_name_alone(zone: None, name: str) -> None:
    assert time_zone() == name
