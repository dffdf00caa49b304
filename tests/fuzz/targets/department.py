"""What units send to their department: items, requests of every address, portable media."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from alpr_edge.department.http.client_auth import PEER, Peer
from alpr_edge.department.http.enrolment_server import create_enrolment_app
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.ingest.media import MediumImport
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.canvass import canvass_end_item_id, canvass_item_id
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.heartbeats import (
    HeartbeatFaultPayload,
    HeartbeatListPayload,
    HeartbeatPayload,
    HeartbeatPlacePayload,
)
from alpr_edge.domain.protocol.hits import (
    alert_item_id,
    alert_payload,
    late_tone_item_id,
    late_tone_payload,
    withdrawal_item_id,
    withdrawal_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, Outcome, digest, encode
from alpr_edge.domain.protocol.media import ITEM_LINE, MEDIUM_FILE, item_file
from alpr_edge.domain.protocol.sealing import Sealer, sign
from alpr_edge.runtime.network.rate_limit import WrongTries
from alpr_edge.uplink import key_pair
from tests.department.enrolment import enrol_unit
from tests.department.holds.test_holds_at_department import part as hold_part
from tests.department.holds.test_holds_at_department import release
from tests.department.ingest.test_canvasses import ENDED, STARTED
from tests.department.ingest.test_storage import part
from tests.department.unit_logs.car import Car
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.http_messages import HttpMessage, NotHttpError, change_message, serving
from tests.fuzz.mutators import change_bytes, change_json, one_of
from tests.store.records import alert, disposition, instant, late_tone
from tests.uplink.items import hit_item, image_item, item, read_item

UNIT = "unit-1"
HOST = "127.0.0.1"
MEDIUM_ID = "0" * 32
_COMMON = ((b"Host", b"127.0.0.1"), (b"Alpr-Edge-Unit", UNIT.encode()), (b"Alpr-Edge-Protocol", b"1"))
_BOUNDARY = b"boundary-of-parts"
_JSON = (b"Content-Type", b"application/json")
_TRIES = 10**9
HEARTBEAT = HeartbeatPayload(
    version="0.2.0",
    is_running=True,
    is_ready=True,
    uptime_s=60.5,
    frames=10,
    frames_dropped=0,
    frames_lost=0,
    reads=1,
    hits=0,
    queue_items=3,
    queue_oldest_s=1.5,
    queue_refused=0,
    lists=[HeartbeatListPayload(source="doj-svs", entries=3, age_s=60.0)],
    has_fix=True,
    clock_source="gnss",
    temperature_c=60.0,
    is_throttled=False,
    disk_share=0.5,
    disk_free_bytes=10**9,
    certificate_days_left=30.0,
    faults=[HeartbeatFaultPayload(kind="disk_slow", part="disk", state="now")],
    place=HeartbeatPlacePayload(lat_deg=37.639, lon_deg=-120.997, at=datetime(2026, 3, 2, 12, tzinfo=UTC)),
)


@dataclass(frozen=True, slots=True)
class Department:
    """A department that knows one unit."""

    storage: Storage
    files: TlsFiles
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@contextmanager
def department(folder: Path) -> Iterator[Department]:
    """Open one in a folder."""
    files = initialise(folder / "department", [HOST])
    unit = enrol_unit(files.directory, UNIT, folder / "tls")
    certificate = x509.load_pem_x509_certificate((unit / "unit.pem").read_bytes())
    key = load_pem_private_key((unit / "unit.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    with closing(Storage(files.directory)) as storage:
        yield Department(storage, files, certificate, key)


def sample_parts(folder: Path) -> list[Part]:
    """An item of each kind."""
    said = disposition(2)
    bodies = (
        (alert_item_id("hit-1"), ItemKind.ALERT, encode(alert_payload(alert(), instant(450), UNIT))),
        (late_tone_item_id("hit-1"), ItemKind.LATE_TONE, encode(late_tone_payload(late_tone(), UNIT))),
        (withdrawal_item_id("hit-1"), ItemKind.WITHDRAWAL, encode(withdrawal_payload(alert(), instant(), UNIT))),
        (
            disposition_item_id(said.disposition_id),
            ItemKind.DISPOSITION,
            encode(disposition_payload(said, "read-1", UNIT)),
        ),
        (canvass_item_id(STARTED.canvass_id), ItemKind.ACCESS, encode(STARTED)),
        (canvass_end_item_id(ENDED.canvass_id), ItemKind.ACCESS, encode(ENDED)),
        ("entry", ItemKind.ACCESS, b'{"count":3,"unit_id":"unit-1"}'),
    )
    car = Car(folder / "car")
    car.look(3)
    log = [*car.records(), car.checkpoint()]
    car.log.close()
    made = [part(item(*each)) for each in bodies]
    holds = [hold_part("unit-1:h1", "read-1", "read-2", unit_id=UNIT), release("unit-1:h1", UNIT)]
    return [*(part(each) for each in (read_item(), hit_item(), image_item())), *made, *log, *holds]


def input_of(sent: Part) -> bytes:
    """A part as an input: kind, id and body."""
    return b"\n".join((sent.kind.encode(), sent.item_id.encode(), sent.body))


def change_part(draw: Random, content: bytes) -> bytes:
    """Change the body of a part, more rarely its kind or id."""
    kind, item_id, body = (*content.split(b"\n", 2), b"", b"")[:3]
    if draw.random() < 0.2:
        return change_bytes(draw, content)
    return b"\n".join((kind, item_id, one_of(change_json, change_json, change_bytes)(draw, body)))


@contextmanager
def items(folder: Path) -> Iterator[Parser]:
    """Items of every kind, each with the digest of what arrives."""
    with department(folder) as here:

        def parse(content: bytes) -> str:
            kind, item_id, body = (*content.split(b"\n", 2), b"", b"")[:3]
            sent = Part(item_id.decode("latin-1"), kind.decode("latin-1"), body, digest(body))
            (answer,) = here.storage.store(UNIT, [sent])
            assert answer.outcome != Outcome.RECEIPT or answer.sha256 == sent.sha256
            assert answer.outcome != Outcome.RETRY or answer.status == 501, answer
            return f"{answer.outcome} {answer.status} {answer.detail}"

        yield Parser(tuple(map(input_of, sample_parts(folder))), change_part, parse, ())


def _request(path: str, body: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    method = b"POST" if body else b"GET"
    return HttpMessage(method + b" " + path.encode() + b" HTTP/1.1", (*_COMMON, *more), body).content


def _batch(parts: list[Part]) -> bytes:
    head = b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nAlpr-Edge-Sha256: %s\r\n\r\n%s\r\n'
    body = b"".join(
        head % (_BOUNDARY, each.item_id.encode(), each.kind.encode(), each.sha256.encode(), each.body) for each in parts
    )
    kind = (b"Content-Type", b"multipart/form-data; boundary=" + _BOUNDARY)
    return _request("/v1/items", body + b"--" + _BOUNDARY + b"--\r\n", kind)


def _certificate_request() -> str:
    return key_pair.request_of(UNIT, ec.generate_private_key(ec.SECP256R1()))


def _evidence_request() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, UNIT)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(Ed25519PrivateKey.generate(), None)
    return request.public_bytes(Encoding.PEM).decode()


@contextmanager
def requests(folder: Path) -> Iterator[Parser]:
    """Requests to the port that units with a certificate use."""
    with department(folder) as here:
        parts = sample_parts(folder)
        asked = json.dumps({"request": _certificate_request()}).encode()
        posts = [_request(f"/v1/{name}", asked, _JSON) for name in ("renew", "page-certificate")]
        posts.append(_request("/v1/evidence-voucher", json.dumps({"request": _evidence_request()}).encode(), _JSON))
        gets = [_request(f"/v1/{name}") for name in ("roster", "holds", "keys", "lists/doj-svs?after=3")]
        samples = [_batch(parts[:3]), _batch(parts[3:]), _request("/v1/heartbeat", encode(HEARTBEAT), _JSON)]
        peer = Peer(UNIT, here.certificate.fingerprint(SHA256()).hex())
        with serving(create_app(here.storage), {PEER: peer}) as server:
            change = change_message(one_of(change_json, change_bytes))
            yield Parser((*samples, *posts, *gets), change, server.answer, (NotHttpError,))


@contextmanager
def enrolments(folder: Path) -> Iterator[Parser]:
    """Requests to the port of enrollments, which anybody reaches."""
    with department(folder) as here:
        body = {"unit_id": "unit-2", "code": "AAAA-BBBB-CCCC", "request": _certificate_request()}
        samples = (_request("/v1/enrol", json.dumps(body).encode(), _JSON), _request("/v1/authority"))
        app = create_enrolment_app(here.storage.units, here.files, WrongTries(_TRIES, 1.0))
        with serving(app) as server:
            yield Parser(samples, change_message(one_of(change_json, change_bytes)), server.answer, (NotHttpError,))


@contextmanager
def media(folder: Path) -> Iterator[Parser]:
    """Files of portable media: signed and sealed by a unit, whatever it holds."""
    with department(folder) as here:
        sealer = Sealer(UNIT, MEDIUM_ID, here.certificate, here.key, load_media_key(here.files).public_key())
        medium, place = folder / "medium", item_file("read-1")
        path = medium / UNIT / place[0] / place[1]
        path.parent.mkdir(parents=True)
        (medium / MEDIUM_FILE).write_text(json.dumps({"medium_id": MEDIUM_ID}))
        imports = MediumImport(here.storage, here.files)

        def parse(content: bytes) -> str:
            path.write_bytes(content)
            result = imports.import_items(medium, lambda _: None)
            assert result.stored + result.refused <= 1
            return " ".join(result.troubles)

        def change(draw: Random, content: bytes) -> bytes:
            changed = change_bytes(draw, content)
            if draw.random() < 0.5:
                return changed
            if draw.random() < 0.5:
                body = change_json(draw, read_item().body)
                return sealer.seal(item("read-1", draw.choice(list(ItemKind)), body), instant().utc)
            return sign(ITEM_LINE, change_json(draw, b'{"unit_id":"unit-1"}'), draw.randbytes(90), here.key)

        yield Parser((sealer.seal(read_item(), instant().utc),), change, parse, (DepartmentError,))
