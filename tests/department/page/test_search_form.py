"""The form of a search: the time and the plates that it asks for, and what it says of a unit that there is none of."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from alpr_edge.department.page.asked_search import fields_of
from alpr_edge.department.page.search_form import LAST, parse_search_form
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.permissions.purposes import Purpose
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.page_office import FOR_STOLEN, PICTURED, client_of, newest, search_word
from tests.department.page.test_department_page import OF_UNIT

NOW = datetime(2030, 1, 3, tzinfo=UTC)
DAY = {"begin": "2030-01-01T00:00+00:00", "end": "2030-01-02T00:00+00:00"}


def found_by(client: httpx.Client, **fields: str) -> str:
    """The first page of what a search finds."""
    return client.get(f"/search/{search_word(client, **fields)}/1").text


@pytest.mark.parametrize("chosen", [{}, {"time": ""}, {"time": "between"}])
def test_from_and_to_bound_a_search_whatever_is_chosen(chosen: dict[str, str]) -> None:
    search = parse_search_form({"plate": PICTURED} | DAY | chosen, NOW)
    assert search.period == SearchPeriod(NOW - timedelta(days=2), NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (DAY | {"time": "1d"}, "empty From and To, or choose from and to"),
        ({"begin": DAY["begin"]}, "is a date and a time"),
        ({"end": DAY["end"]}, "is a date and a time"),
        ({"time": "2d"}, "no such time to choose"),
    ],
)
def test_a_time_that_is_half_given_or_given_twice_is_refused(fields: dict[str, str], told: str) -> None:
    with pytest.raises(SearchError, match=told):
        parse_search_form({"plate": PICTURED} | fields, NOW)


def test_a_search_of_the_last_days_is_changed_by_a_form_without_from_and_to() -> None:
    search = DepartmentSearch((PICTURED,), SearchPeriod(NOW - LAST["7d"], NOW))
    fields = fields_of(Purpose("stolen_vehicle"), search, 7)
    assert parse_search_form(fields, NOW).period == search.period


def test_dates_that_are_typed_alone_are_told_and_kept(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client:
        word = search_word(client, plate=PICTURED, begin="2030-01-01T00:00", end="2030-01-02T00:00")
        page = client.get(f"/search/{word}/1").text
        assert ("Nothing was found." in page, "2030-01-01 00:00:00" in page) == (True, True)
        assert '<option value="between" selected>' in client.get(f"/search/{word}/change").text


def test_a_blank_within_a_plate_parts_none(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client:
        assert f">{PICTURED}<" in found_by(client, plate="7pic 462")
        assert newest(inquirers, 1)[0].query == PICTURED
        assert f">{PICTURED}<" in found_by(client, plate="9ZZZ 999; 7PIC 462")
        apart = client.post("/search", data=FOR_STOLEN | {"plate": "7PIC462 9ZZZ999"})
        assert (apart.status_code, "several have commas between them" in apart.text) == (422, True)


def test_a_unit_that_there_is_none_of_is_told(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client:
        for unit_id in ("nope-99", "CAR-1"):
            assert f"There is no unit <b>{unit_id}</b>" in found_by(client, **OF_UNIT | {"unit": unit_id})
        nothing = found_by(client, **OF_UNIT | {"begin": "2020-01-01T00:00", "end": "2020-01-02T00:00"})
        assert ("Nothing was found." in nothing, "There is no unit" in nothing) == (True, False)
