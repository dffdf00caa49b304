"""A month in counts: each read and hit by its last correction, and what it replaced apart."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.reports.department_reports import DepartmentReport, DepartmentReports
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.dispositions.hit_state import HitVerification
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.hits import hit_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, encode, read_payload
from alpr_edge.domain.statistics.department_counts import DepartmentCounts
from alpr_edge.domain.statistics.periods import period_of_month
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import Office, hit_items
from tests.store.records import disposition, hit, plate_read
from tests.uplink.items import item

SEEN = datetime(2026, 11, 3, 12, tzinfo=UTC)
BEFORE = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
INQUIRY, CONFIRMATION = DispositionPart.INQUIRY, DispositionPart.CONFIRMATION


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


def read(
    read_id: str,
    supersedes: str | None = None,
    corrected_by: str | None = None,
    seen: datetime = SEEN,
    *,
    is_timed: bool = True,
) -> OutboxItem:
    made = replace(plate_read(read_id, supersedes=supersedes), corrected_by=corrected_by)
    source = UtcSource.GNSS if is_timed else UtcSource.RTC
    first, last = (replace(each, utc=seen, utc_source=source) for each in (made.first_seen, made.last_seen))
    return item(read_id, ItemKind.READ, encode(read_payload(replace(made, first_seen=first, last_seen=last))))


def answer_item(
    number: int, read_id: str, answer: str, part: DispositionPart = DispositionPart.READ, undoes: str = ""
) -> OutboxItem:
    made = disposition(number, hit_id=f"hit-of-{read_id}", part=part, answer=answer, undoes=undoes)
    body = encode(disposition_payload(made, read_id, "unit-1"))
    return item(disposition_item_id(made.disposition_id), ItemKind.DISPOSITION, body)


def covert_hit_item(read_id: str) -> OutboxItem:
    made = hit(f"hit-of-{read_id}", read_id)
    made = replace(made, entry=replace(made.entry, covert=True))
    return item(made.hit_id, ItemKind.HIT, encode(hit_payload(made, plate_read(read_id))))


def deliver(office: Office, *groups: OutboxItem | Sequence[OutboxItem]) -> None:
    """Deliver items, each of them later than those before it."""
    for days, group in enumerate(groups):
        items = [group] if isinstance(group, OutboxItem) else group
        office.deliver(*items, days_ago=10 - days / 100)


def report(office: Office, month: str = "2026-11") -> DepartmentReport:
    database = DepartmentDatabase(office.directory, create=False)
    try:
        return DepartmentReports(database).counts(period_of_month(month, UTC))
    finally:
        database.close()


def test_an_empty_month_has_no_unit(office: Office) -> None:
    deliver(office, read("before", seen=BEFORE))
    assert report(office) == DepartmentReport({}, 0, 0)
    assert report(office, "2026-10").total == DepartmentCounts(reads=1)


def test_a_verified_hit_is_one_read_one_hit_and_one_judged_read(office: Office) -> None:
    confirmed = answer_item(2, "a", "still_on_file", INQUIRY), answer_item(3, "a", "confirmed", CONFIRMATION)
    deliver(office, read("a"), hit_items("a")[:2], answer_item(1, "a", "correct"), *confirmed, read("b"))
    expected = DepartmentCounts(reads=2, hits=1, judged_reads=1)
    expected.verifications[HitVerification.CONFIRMED] = 1
    assert report(office).units == {"unit-1": expected}


def test_a_misread_that_a_person_corrected_counts_once_and_as_misread(office: Office) -> None:
    """The hit on the wrong text holds no longer, whether or not its alert was withdrawn."""
    deliver(office, read("a"), hit_items("a")[:2], answer_item(1, "a", "misread"), read("a2", "a", corrected_by="ana"))
    counted = report(office).total
    assert (counted.reads, counted.corrected_reads, counted.superseded_reads) == (1, 1, 1)
    assert (counted.hits, counted.withdrawn_hits, counted.superseded_hits) == (0, 0, 1)
    assert (counted.misread_reads, counted.judged_reads, counted.misread.share) == (1, 1, 1.0)
    deliver(office, hit_items("a2")[:1], read("a3", "a2", corrected_by="bo"))
    counted = report(office).total
    assert (counted.reads, counted.superseded_reads, counted.superseded_hits) == (1, 2, 2)


def test_a_withdrawn_alert_is_no_hit_and_is_counted_apart(office: Office) -> None:
    deliver(office, read("a"), hit_items("a")[:3])
    counted = report(office).total
    assert (counted.hits, counted.withdrawn_hits, counted.verifications.total()) == (0, 1, 0)


def test_an_answer_that_was_undone_or_given_to_a_persons_text_judges_no_read(office: Office) -> None:
    deliver(
        office,
        read("a"),
        hit_items("a")[:1],
        answer_item(1, "a", "misread"),
        answer_item(2, "a", "", undoes="unit-1:1"),
    )
    deliver(office, read("b", corrected_by="ana"), hit_items("b")[:1], answer_item(3, "b", "misread"))
    counted = report(office).total
    assert (counted.hits, counted.judged_reads) == (2, 0)
    deliver(office, answer_item(4, "a", "misread"), answer_item(5, "a", "correct"))
    assert (report(office).total.judged_reads, report(office).total.misread_reads) == (1, 0)


@pytest.mark.review2(7)
def test_a_covert_hit_is_in_no_count(office: Office) -> None:
    deliver(office, read("a"), read("b", is_timed=False))
    before = report(office)
    deliver(
        office,
        [covert_hit_item("a"), *hit_items("a")[2:], covert_hit_item("b"), covert_hit_item("never-came")],
        answer_item(5, "a", "misread"),
    )
    assert report(office) == before


def test_what_has_no_sure_time_is_in_no_count(office: Office) -> None:
    deliver(office, read("a", is_timed=False), hit_items("a")[:1], hit_items("never-came")[:1])
    assert report(office) == DepartmentReport({}, 1, 2)


def test_two_units_that_use_one_id_are_told_apart(office: Office) -> None:
    office.execute(
        "INSERT INTO certificates (fingerprint, serial, unit_id, key_sha256, pem, origin, issued_at, not_after)"
        " VALUES ('g', '2', 'unit-2', 'l', '', 'added', '2023-01-01', '2030-01-01')"
    )
    deliver(office, read("a"))
    for each in (read("a"), read("b", "a")):
        body = each.body.replace(b'"unit-1"', b'"unit-2"')
        office.deliver(item(each.item_id, ItemKind.READ, body), days_ago=1, unit_id="unit-2")
    units = report(office).units
    assert (units["unit-1"].reads, units["unit-1"].superseded_reads) == (1, 0)
    assert (units["unit-2"].reads, units["unit-2"].superseded_reads) == (1, 1)
    assert report(office).total == DepartmentCounts(reads=2, superseded_reads=1)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_command_prints_counts_json_and_a_table_for_programs(office: Office, tmp_path: Path) -> None:
    deliver(office, read("a"), hit_items("a")[:2], answer_item(1, "a", "misread"), read("a2", "a", corrected_by="ana"))
    words = ["department", "report", "--directory", str(office.directory), "--month"]
    shown = CliRunner().invoke(app, [*words, "2026-11"])
    assert (shown.exit_code, "1 of 1" in shown.output, "7ABC123" in shown.output) == (0, True, False)
    file = tmp_path / "month.csv"
    told = CliRunner().invoke(app, [*words, "2026-11", "--csv", str(file), "--json"])
    content = json.loads(told.output)
    assert {"month": "2026-11", "reads": 1, "superseded_reads": 1, "misread_rate": 1.0}.items() <= content.items()
    assert [each["unit"] for each in content["units"]] == ["unit-1"]
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(row["unit"], row["reads"], row["misread_rate"]) for row in rows] == [
        ("unit-1", "1", "1.0"),
        ("all", "1", "1.0"),
    ]
    assert file.stat().st_mode & 0o777 == 0o600
    for wrong, says in (("November", "not a month"), ("2026-13", "not a month"), ("2099-01", "has not begun")):
        refused = CliRunner().invoke(app, [*words, wrong])
        assert (refused.exit_code, says in refused.output, refused.output.count("\n")) == (1, True, 1)
    unwritable = CliRunner().invoke(app, [*words, "2026-11", "--csv", str(tmp_path / "none" / "x.csv")])
    assert (unwritable.exit_code, "cannot be written" in unwritable.output) == (1, True)
