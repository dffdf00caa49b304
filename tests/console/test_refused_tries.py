"""What whoever's roles may not do something leaves on record at the page in the car."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.people.person import Training
from tests.console.page_rig import PageRig
from tests.staff import PEOPLE

PLATE = "7ABC123"
FOR_STOLEN = {"purpose": "stolen_vehicle", "case": "26-000123"}
ENTRY = FOR_STOLEN | {"plate": PLATE, "reason": "major_crime", "expires": "4h"}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("refused"))
    with rig.serving():
        yield rig


@pytest.mark.parametrize(
    ("role", "path", "form", "operation", "query"),
    [
        ("technician", "/search", FOR_STOLEN | {"plate": PLATE}, Operation.SEARCH_READS, PLATE),
        ("", "/search", FOR_STOLEN | {"plate": PLATE}, Operation.SEARCH_READS, PLATE),
        ("technician", "/search", FOR_STOLEN | {"plate": PLATE, "time": "never"}, Operation.SEARCH_READS, ""),
        ("technician", "/entries", FOR_STOLEN, Operation.SHOW_ENTRIES, ""),
        ("records", "/entries/new", ENTRY, Operation.ADD_ENTRY, ""),
        ("technician", "/holds", FOR_STOLEN, Operation.SHOW_HOLDS, ""),
        ("officer", "/reports", {"purpose": "audit"}, Operation.REPORT_PRECISION, ""),
        ("officer", "/evidence", FOR_STOLEN, Operation.EXPORT_CASE, ""),
        ("technician", "/canvass", FOR_STOLEN, Operation.START_CANVASS, ""),
    ],
)
def test_a_form_of_somebody_whose_roles_may_not_is_on_record(
    rig: PageRig, role: str, path: str, form: dict[str, str], operation: Operation, query: str
) -> None:
    before = len(rig.staff.records())
    with rig.client(role) as client:
        assert client.post(path, data=form).status_code == 403
    (record,) = rig.staff.records()[before:]
    assert (record.action, record.outcome, record.query) == (operation, AccessOutcome.REFUSED, query)


@pytest.mark.parametrize(
    ("role", "path", "operation"),
    [
        ("technician", "/search", Operation.SEARCH_READS),
        ("technician", "/entries", Operation.SHOW_ENTRIES),
        ("records", "/entries/new", Operation.ADD_ENTRY),
        ("technician", "/entries/added/none", Operation.ADD_ENTRY),
        ("technician", "/holds", Operation.SHOW_HOLDS),
        ("officer", "/reports", Operation.REPORT_PRECISION),
        ("officer", "/reports/none", Operation.REPORT_PRECISION),
        ("officer", "/evidence", Operation.EXPORT_CASE),
        ("officer", "/evidence/none", Operation.EXPORT_CASE),
        ("technician", "/canvass", Operation.START_CANVASS),
        ("technician", "/canvass/draw/none", Operation.START_CANVASS),
        ("technician", "/canvass/draw/none/map.svg", Operation.START_CANVASS),
        ("technician", "/canvass/draft/none", Operation.START_CANVASS),
    ],
)
def test_a_page_that_is_opened_by_somebody_whose_roles_may_not_is_on_record_once_a_minute(
    rig: PageRig, role: str, path: str, operation: Operation
) -> None:
    before = len(rig.staff.records())
    with rig.client(role) as client:
        assert {client.get(path).status_code for _ in range(20)} == {403}
    (record,) = rig.staff.records()[before:]
    assert (record.action, record.person_id) == (operation, role)
    assert (record.outcome, record.reason) == (AccessOutcome.REFUSED, "not_granted")


@pytest.mark.parametrize("path", ["/canvass/draw", "/canvass/draw/none"])
def test_each_touch_of_a_drawing_by_somebody_who_may_not_is_on_record(rig: PageRig, path: str) -> None:
    before = len(rig.staff.records())
    with rig.client("technician") as client:
        assert {client.post(path, data={"do": "undo"}).status_code for _ in range(2)} == {403}
    assert [each.action for each in rig.staff.records()[before:]] == [Operation.START_CANVASS] * 2


def test_a_page_that_is_opened_after_the_training_has_ended_is_on_record(rig: PageRig) -> None:
    untrained = [replace(one, training=Training()) if one.person_id == "supervisor" else one for one in PEOPLE]
    with rig.client("supervisor") as client:
        rig.staff.install(*untrained)
        before = len(rig.staff.records())
        assert {client.get("/evidence/none").status_code for _ in range(2)} == {403}
        (record,) = rig.staff.records()[before:]
    rig.staff.install(*PEOPLE)
    assert (record.action, record.reason) == (Operation.EXPORT_CASE, "cjis_training")
