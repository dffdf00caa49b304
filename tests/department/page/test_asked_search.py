"""What a search that somebody made shows of itself where it is written out."""

from alpr_edge.department.page.asked_search import AskedSearch
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.department.search.pages import ReadKey
from alpr_edge.domain.permissions.purposes import Purpose

PLATE = "7ABC123"


def test_no_plate_of_a_search_is_written_out() -> None:
    places = {1: None, 2: ReadKey(PLATE, None, "read-1", "unit-1")}
    asked = AskedSearch(Purpose("stolen_vehicle"), DepartmentSearch((PLATE,)), {"plate": PLATE}, places)
    assert PLATE not in repr(asked)
