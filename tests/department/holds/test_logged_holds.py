"""A hold of the department that was lost, or ended behind the department's back, is told by the access log."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.holds.logged_holds import differing_holds
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.cases.hold_service import CanvassOrder
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.search.criteria import SearchPeriod
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.ground.areas import parse_ground_area
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose
from tests.department.engines import EngineUnderTest, query
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock, authoriser_of
from tests.department.people.office import START
from tests.store.holds import CASE
from tests.store.records import plate_read
from tests.uplink.items import read_item

READS = ["read-1", "read-2"]
FOR_CASE = Purpose("stolen_vehicle", case=CASE)


@pytest.fixture
def inquirers(tmp_path: Path, engine: EngineUnderTest) -> Inquirers:
    some = Inquirers.make(tmp_path / "department", engine)
    query(
        some.directory,
        "INSERT INTO certificates (fingerprint, serial, unit_id, key_sha256, pem, origin, issued_at, not_after)"
        " VALUES ('f', '1', 'unit-1', 'k', '', 'added', '2023-01-01', '2030-01-01')",
    )
    with closing(Storage(some.directory)) as storage:
        items = [read_item(number) for number in range(1, 4)]
        storage.store("unit-1", [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items])
    return some


@pytest.fixture
def office(inquirers: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(Instant("boot", 10**12, START + timedelta(hours=1), UtcSource.NTP))
    with open_office(inquirers.directory, clock, PASSWORDS) as some:
        yield some


@pytest.fixture
def hold_id(inquirers: Inquirers, office: InquiryOffice) -> str:
    clerk = authoriser_of(office, inquirers.ids["records"])
    (placed,) = office.holds.place(clerk, FOR_CASE, READS, "subpoena 12", START + timedelta(days=9))
    return placed.hold_id


def differing(office: InquiryOffice) -> list[str]:
    with office.accounts.database.reading() as connection:
        return list(differing_holds(connection, office.log.size()))


def change(office: InquiryOffice, statement: str) -> None:
    query(office.accounts.database.directory, statement.replace(":", r"\:"))


def test_holds_that_were_placed_extended_and_released_differ_in_nothing(
    inquirers: Inquirers, office: InquiryOffice, hold_id: str
) -> None:
    clerk = authoriser_of(office, inquirers.ids["records"])
    longer = office.holds.extend(clerk, FOR_CASE, hold_id, None)
    seen = plate_read("read-3").first_seen.trusted_utc
    assert seen is not None
    period = SearchPeriod(seen - timedelta(hours=1), seen + timedelta(hours=1))
    area = parse_ground_area("37.6390,-120.9970,5000")
    office.holds.canvass(
        clerk,
        Purpose("stolen_vehicle", case="26-000002"),
        CanvassOrder(area, period, with_untimed=True, reason="street", until=None),
    )
    office.holds.release(clerk, FOR_CASE, longer.hold_id, "case closed")
    with pytest.raises(HoldError):
        office.holds.place(clerk, FOR_CASE, ["unknown"], "subpoena 13", None)
    with pytest.raises(HoldError):
        office.holds.release(clerk, FOR_CASE, longer.hold_id, "again")
    assert differing(office) == []
    change(office, "UPDATE hold_releases SET reason = NULL")
    assert differing(office) == [], "an earlier release did not note why"
    with office.accounts.database.reading() as connection:
        assert list(differing_holds(connection, 0)) == [], "what ended meanwhile is on record as well"


@pytest.mark.parametrize("statement", ["DELETE FROM holds", "UPDATE holds SET case_number = '26-7'"])
def test_a_hold_that_was_lost_is_told_by_its_reads(office: InquiryOffice, hold_id: str, statement: str) -> None:
    before = office.log.size()
    change(office, f"{statement} WHERE hold_id = '{hold_id}'")
    (line,) = differing(office)
    assert line.startswith("of read read-1 and 1 more: record ")
    assert line.endswith("it was placed, and no hold for that case is here")
    with office.accounts.database.reading() as connection:
        newest = before - 1
        assert list(differing_holds(connection, newest)) == [], "what a newer record tells may not be done yet"


def test_a_read_that_a_hold_lost_is_told(office: InquiryOffice, hold_id: str) -> None:
    change(office, f"DELETE FROM held_reads WHERE hold_id = '{hold_id}' AND read_id = 'read-2'")
    (line,) = differing(office)
    assert line.startswith("of read read-2: record ")


def test_an_end_that_nobody_put_on_record_is_told(inquirers: Inquirers, office: InquiryOffice, hold_id: str) -> None:
    change(
        office,
        "INSERT INTO hold_releases (hold_id, unit_id, person_id, person, released, received_at, reason)"
        f" VALUES ('{hold_id}', 'unit-1', '{inquirers.ids['records']}', 'R', NULL, '2026-11-20', '')",
    )
    assert differing(office) == [f"{hold_id}: it was released, and no record of the access log says so"]


def test_a_longer_hold_and_an_end_that_were_lost_are_told(
    inquirers: Inquirers, office: InquiryOffice, hold_id: str
) -> None:
    clerk = authoriser_of(office, inquirers.ids["records"])
    longer = office.holds.extend(clerk, FOR_CASE, hold_id, None)
    office.holds.release(clerk, FOR_CASE, longer.hold_id, "case closed")
    change(office, f"DELETE FROM hold_releases WHERE hold_id = '{longer.hold_id}'")
    (line,) = differing(office)
    assert line.startswith(f"{longer.hold_id}: record ")
    assert line.endswith("it was released, and here it was not")
    change(office, f"DELETE FROM holds WHERE hold_id = '{longer.hold_id}'")
    assert f"{hold_id}: a longer hold took its place, and that is not here" in differing(office)


def test_verify_ends_with_1_and_names_it(inquirers: Inquirers, office: InquiryOffice, hold_id: str) -> None:
    change(office, f"DELETE FROM holds WHERE hold_id = '{hold_id}'")
    done = CliRunner().invoke(app, ["department", "verify", "--directory", str(inquirers.directory)])
    assert done.exit_code == 1
    assert "0 looked up by what they do not say; 1 holds not as the access log says" in done.stdout
    assert done.stderr.startswith("hold of read read-1 and 1 more: record ")
