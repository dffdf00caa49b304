"""A department with something to publish: reads, hits, searches in a car and at the department, a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.releases.release_rows import add_request, add_step
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.department.website.month_publication import MonthPublisher
from alpr_edge.department.website.policy import PolicyInForce, policy_in_force
from alpr_edge.department.website.site_files import SiteContent
from alpr_edge.domain.access_log.records import AccessRecord, RecordMoment, encode_record, record_moment
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.access_log import record_item_id
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep
from tests.department.retention.office import UNIT, Office, hit_items, read_item
from tests.domain.access_log.entries import LOG_ID, entry
from tests.domain.releases.test_releases import REQUEST
from tests.uplink.items import item

SETTINGS = """
[administration]
department = "Modesto Police Department"
overseer_title = "Lieutenant"
overseer_name = "R. Vega"
custodian_title = "Support Division Manager"
contact = "alpr@modesto.example"
[website]
folder = "{folder}"
"""


def instant_at(moment: datetime) -> Instant:
    return Instant("boot", 1, moment, UtcSource.NTP)


def add_settings(directory: Path, folder: Path) -> None:
    path = directory / "department.toml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(before + SETTINGS.format(folder=folder), encoding="utf-8")


def fill(office: Office, middle: datetime) -> None:
    """A month with 7 reads, 6 of them hits, 6 searches in a car and 7 at the department.

    Args:
        office: the department.
        middle: a moment within the month; everything happened then.
    """
    days_ago = (datetime(2026, 11, 20, 3, tzinfo=UTC) - middle).total_seconds() / 86_400
    for number in range(7):
        name = f"{middle:%Y%m}-{number}"
        office.deliver(read_item(name, pictures=[], seen=middle), days_ago=days_ago)
        if number < 6:
            office.deliver(*hit_items(name)[:2], days_ago=days_ago)
    searches = [
        entry(number, action="search_reads", offence="homicide", case=f"26-{number}", happened=at(middle, number))
        for number in range(6)
    ]
    review = entry(9, action="review_week", purpose="audit", objects=("week:2026-W40",), offence="", case="")
    for number, made in enumerate([*searches, review]):
        sequence = number + 100 * middle.month
        about = {"unit_id": UNIT, "log_id": LOG_ID, "sequence": sequence, "received": at(middle, number)}
        body = encode_record(AccessRecord(**made.model_dump(), **about))
        office.deliver(item(record_item_id(LOG_ID, sequence), ItemKind.ACCESS_RECORD, body), days_ago=days_ago)
    with DepartmentDatabaseOf(office.directory) as database:
        log = DepartmentAccessLog(database, Witness(office.directory))
        for number in range(7):
            purpose = "audit" if number == 6 else "stolen_vehicle"
            about = {"action": "search_reads", "query": f"7ABC12{number}", "happened": at(middle, number)}
            made = entry(number, purpose=purpose, offence="", **about)
            log.append(made, instant_at(middle + timedelta(minutes=number)))
        with database.writing() as connection:
            request_id = f"release-{middle:%Y%m}"
            add_request(connection, request_id, REQUEST, b"letter", step(ReleaseState.WAITING, middle))
            add_step(connection, request_id, 1, step(ReleaseState.APPROVED, middle))


def at(middle: datetime, number: int) -> RecordMoment:
    return record_moment(instant_at(middle + timedelta(minutes=number)))


def step(state: ReleaseState, moment: datetime) -> RequestStep:
    return RequestStep(state, "p-1", "Ana", moment)


class DepartmentDatabaseOf:
    """Opens a database for a block."""

    def __init__(self, directory: Path) -> None:
        self._database = DepartmentDatabase(directory, create=False)

    def __enter__(self) -> DepartmentDatabase:
        return self._database

    def __exit__(self, *details: object) -> None:
        self._database.close()


@contextmanager
def publisher_of(directory: Path, now: datetime) -> Iterator[tuple[MonthPublisher, PolicyInForce]]:
    """What publishes, and the policy."""
    settings = load_department_file(directory)
    with DepartmentDatabaseOf(directory) as database:
        policy = policy_in_force(directory, database, settings, now)
        yield MonthPublisher(directory, database, Witness(directory), settings, policy.profile), policy


def site_of(directory: Path, now: datetime) -> dict[str, bytes]:
    """The files of the site."""
    with publisher_of(directory, now) as (publisher, policy):
        return SiteContent(publisher.months(), policy.statement(), publisher.witness, now).files()
