"""A department whose page is served on this computer, over TLS, with reads of two units and people of every role."""

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import make_media_key
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, AccessRecord, record_moment
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef
from alpr_edge.web.visitor import COOKIE
from tests.console.page_rig import jpeg
from tests.department.evidence.test_bookings import booking
from tests.department.inquiries.hits.board_office import deliver_hits, name_lists
from tests.department.inquiries.inquirers import Inquirers, begin_session, records_of
from tests.department.page.street_file import write_streets
from tests.department.people.office import DOMAIN
from tests.department.search.traffic import make_traffic, store_traffic
from tests.store.records import plate_read

HOST = "127.0.0.1"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
TRAFFIC = make_traffic(260)
PICTURED = "7PIC462"
CROP, SCENE = jpeg(80), jpeg(170)
FOR_STOLEN = {"purpose": "stolen_vehicle"}
SEARCHES = Operation.SEARCH_READS.value


def make_page_office(folder: Path) -> Inquirers:
    """A department of now, one of whose reads has pictures."""
    some = Inquirers.make(folder / "department", now=datetime.now(UTC))
    with closing(Storage(some.directory, create=False)) as storage:
        store_traffic(storage, TRAFFIC)
        files = TlsFiles(some.directory)
        make_media_key(files)
        assert storage.store("unit-1", [booking(files)])[0].outcome == "receipt"
    store_pictured(some.directory)
    name_lists(some.directory)
    with (some.directory / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write('[[feed]]\nname = "amber"\nformat = "generic-csv"\n')
    name_streets(some.directory, folder)
    deliver_hits(some.directory, CROP, SCENE)
    return some


def make_register_office(folder: Path) -> Inquirers:
    """A department of now with requests to answer and a log to audit: six searches of an officer some days ago."""
    some = Inquirers.make(folder / "department", now=datetime.now(UTC) - timedelta(days=20))
    store_pictured(some.directory)
    with open_office(some.directory) as office:
        for number in range(6):
            moment = datetime.now(UTC) - timedelta(days=9) + timedelta(hours=2 * number)
            instant = Instant("boot", 10**12, moment, UtcSource.NTP)
            entry = AccessEntry(
                person_id=some.ids["officer" if number else "supervisor"],
                person="Officer" if number else "Supervisor",
                component=COMPONENT,
                action=SEARCHES,
                query=PICTURED,
                purpose=FOR_STOLEN["purpose"],
                offence="" if number else "vehicle_theft",
                outcome=AccessOutcome.ALLOWED,
                shown=1,
                happened=record_moment(instant),
            )
            office.log.append(entry, instant)
    return some


def audited_days() -> str:
    """The days of those searches, and not of the people who were entered before them."""
    first, last = (datetime.now(UTC) - timedelta(days=days) for days in (12, 6))
    return f"{first:%Y-%m-%d}/{last:%Y-%m-%d}"


def store_pictured(directory: Path) -> None:
    """Store a read with two pictures."""
    pictures = ((EvidenceKind.CROP, CROP), (EvidenceKind.SCENE, SCENE))
    read = replace(
        plate_read("car-1:pictured", PICTURED),
        unit_id="car-1",
        evidence=tuple(EvidenceRef(kind, digest(body), len(body)) for kind, body in pictures),
    )
    body = encode(read_payload(read))
    items = [OutboxItem(digest(picture), ItemKind.IMAGE, picture, digest(picture)) for _, picture in pictures]
    items.append(OutboxItem(read.read_id, ItemKind.READ, body, digest(body)))
    with closing(Storage(directory, create=False)) as storage:
        storage.store("car-1", [Part(each.item_id, each.kind, each.body, each.sha256) for each in items])


def name_streets(directory: Path, folder: Path) -> None:
    """Give the maps of the page a file of streets."""
    with (directory / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(f'\n[map]\nstreets = "{write_streets(folder / "streets.pmtiles")}"\n')


@contextmanager
def client_of(inquirers: Inquirers, server: DepartmentPageServer, role: str = "") -> Iterator[httpx.Client]:
    """A browser of few words at the page, at which somebody of a role is signed in; empty: nobody."""
    transport = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=TlsFiles(inquirers.directory).authority))
    headers = {"Host": f"{DOMAIN}:{server.port}", **SAME_SITE}
    with httpx.Client(
        base_url=f"https://{HOST}:{server.port}", transport=transport, headers=headers, trust_env=False, timeout=60
    ) as client:
        if role:
            with open_office(inquirers.directory) as office:
                token = begin_session(office, inquirers.ids[role], COMPONENT, HOST)
            client.headers["Cookie"] = f"{COOKIE}={token}"
        yield client


def leads_to_sign_in(answer: httpx.Response) -> bool:
    """Whether the page leads somebody to where people sign in."""
    return (answer.status_code, answer.headers.get("location")) == (303, "/")


def newest(inquirers: Inquirers, count: int) -> list[AccessRecord]:
    """The newest records of the access log."""
    with open_office(inquirers.directory) as office:
        return records_of(office, office.log.size() - count)


def search_word(client: httpx.Client, **fields: str) -> str:
    """Begin a search; its word."""
    answer = client.post("/search", data=FOR_STOLEN | fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[2]


def seen_times() -> tuple[str, str]:
    """A begin and an end with the read of :data:`PICTURED` between them, as a browser sends them."""
    seen = plate_read("car-1:pictured", PICTURED).first_seen.trusted_utc
    assert seen is not None
    begin, end = (
        f"{(seen + hours).astimezone():%Y-%m-%dT%H:%M}" for hours in (timedelta(hours=-2), timedelta(hours=2))
    )
    return begin, end
