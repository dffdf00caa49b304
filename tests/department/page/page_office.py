"""A department whose page is served on this computer, over TLS, with reads of two units and people of every role."""

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
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
from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef
from alpr_edge.web.visitor import COOKIE
from tests.console.page_rig import jpeg
from tests.department.evidence.test_bookings import booking
from tests.department.inquiries.desk import Inquirers, begin_session, records_of
from tests.department.inquiries.hits.board_office import deliver_hits, name_lists
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
    pictures = ((EvidenceKind.CROP, CROP), (EvidenceKind.SCENE, SCENE))
    read = replace(
        plate_read("car-1:pictured", PICTURED),
        unit_id="car-1",
        evidence=tuple(EvidenceRef(kind, digest(body), len(body)) for kind, body in pictures),
    )
    body = encode(read_payload(read))
    items = [OutboxItem(digest(picture), ItemKind.IMAGE, picture, digest(picture)) for _, picture in pictures]
    items.append(OutboxItem(read.read_id, ItemKind.READ, body, digest(body)))
    with closing(Storage(some.directory, create=False)) as storage:
        store_traffic(storage, TRAFFIC)
        storage.store("car-1", [Part(each.item_id, each.kind, each.body, each.sha256) for each in items])
        files = TlsFiles(some.directory)
        make_media_key(files)
        assert storage.store("unit-1", [booking(files)])[0].outcome == "receipt"
    name_lists(some.directory)
    deliver_hits(some.directory, CROP, SCENE)
    return some


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


def newest(inquirers: Inquirers, count: int) -> list[AccessRecord]:
    """The newest records of the access log."""
    with open_office(inquirers.directory) as office:
        return records_of(office, office.log.size() - count)


def search_word(client: httpx.Client, **fields: str) -> str:
    """Begin a search; its word."""
    answer = client.post("/search", data=FOR_STOLEN | fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[2]
