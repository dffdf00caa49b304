"""What whoever's roles may not do something leaves on record at the page in the car."""

from collections.abc import Iterator

import pytest

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import AccessOutcome
from tests.console.page_rig import PageRig

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
