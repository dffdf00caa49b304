"""What a unit gets from its department, or from whatever stands in between: answers, documents, certificates."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.department.pki.evidence_certificates import vouch_for_signer, vouch_for_witness
from alpr_edge.domain.errors import EvidenceError, HoldError, UplinkError
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, note_key
from alpr_edge.domain.protocol.enrolment import REQUEST_BYTES_MAX, EvidenceVoucherPayload
from alpr_edge.domain.protocol.holds import HOLDS_SPOOL_NAME, DepartmentHoldPayload, DepartmentHoldsPayload
from alpr_edge.domain.protocol.items import encode
from alpr_edge.evidence.signer import WITNESS
from alpr_edge.evidence.vouchers import open_voucher
from alpr_edge.services.holds.department_holds import read_waiting_holds, take_in_department_holds
from alpr_edge.settings import ListSource, load
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.hotlists.download_spool import FeedNote
from alpr_edge.store.hotlists.sync_state import SyncState
from alpr_edge.store.outbox.log_items import note_statement
from alpr_edge.store.unit_store import open_store
from alpr_edge.uplink import hotlist_responses, key_pair
from alpr_edge.uplink.certificate_client import issued_in
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.delivery_responses import (
    BatchRefusedError,
    Reply,
    department_utc_in,
    match_answers,
    parse_answers,
    retry_after_s,
    roster_serial_in,
)
from alpr_edge.uplink.department_keys import keys_in
from alpr_edge.uplink.documents.held_voucher import parse_voucher
from tests.department.enrolment import enrol_unit
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.http_messages import HttpMessage, NotHttpError, change_message, message_of
from tests.fuzz.mutators import Mutator, change_bytes, change_json, one_of
from tests.fuzz.targets.people import KEY
from tests.store.records import decided_record, instant
from tests.units import write_bare_unit
from tests.uplink.conftest import settings_for
from tests.uplink.items import image_item, read_item

UNIT = "unit-1"
LENGTH_DIGITS_MAX = 20
"""Of h11, which refuses longer ones."""
ITEMS = (read_item(), image_item())
_CHANGE = change_message(one_of(change_json, change_json, change_bytes))
_HEADERS = (
    *((b"Alpr-Edge-Protocol", b"1"), (b"Alpr-Edge-Roster-Serial", b"17"), (b"Content-Type", b"application/json")),
    *((b"Retry-After", b"Mon, 04 May 2026 12:01:30 GMT"), (b"Date", b"Mon, 04 May 2026 12:00:00 GMT")),
)
_LIST_HEADERS = (
    *(
        (b"ETag", b'"3-abc"'),
        (b"Content-Range", b"bytes 10-19/20"),
        (b"Last-Modified", b"Mon, 04 May 2026 12:00:00 GMT"),
    ),
    *((b"Alpr-Edge-List-Serial", b"3"), (b"Alpr-Edge-List-Change", b"complete")),
)
ANSWER = {
    "answers": [
        {"item_id": each.item_id, "outcome": "receipt", "status": 200, "sha256": each.sha256, "detail": ""}
        for each in ITEMS
    ],
    "lists": {"doj-svs": 12},
    "utc": "2026-05-04T12:00:00.250Z",
    "logs": [{"log_id": "0" * 32, "size": 3, "signature": "", "witness_key": "", "finding": "an old log"}],
}
ISSUED = {"certificate": "-----BEGIN", "roster_key": str(KEY), "witness_key": "", "media_key": ""}


def _answer(status: int, body: object, *more: tuple[bytes, bytes]) -> bytes:
    first = b"HTTP/1.1 %d OK" % status
    return HttpMessage(first, (*_HEADERS, *more), json.dumps(body).encode()).content


SAMPLES = (
    _answer(200, ANSWER),
    _answer(200, ISSUED),
    _answer(409, {"reason": "code", "detail": "no such code"}),
    _answer(206, {}, *_LIST_HEADERS),
    _answer(503, {"detail": "later"}),
)


def reply_of(content: bytes) -> Reply:
    """An answer as the client's own parser of HTTP gives it. Raises NotHttpError."""
    message = message_of(content)
    words = message.first.split(b" ")
    if len(words) < 2 or words[0] != b"HTTP/1.1" or not (words[1].isdigit() and len(words[1]) == 3):
        raise NotHttpError("no status line")
    lengths = [value for name, value in message.headers if name.lower() == b"content-length"]
    if len(lengths) > 1 or not all(value.isdigit() and len(value) <= LENGTH_DIGITS_MAX for value in lengths):
        raise NotHttpError("no length")
    return Reply(int(words[1]), httpx.Headers(list(message.headers)), message.body)


@contextmanager
def answers(folder: Path) -> Iterator[Parser]:
    """Answers to deliveries, to requests for certificates and for lists."""
    unit = load(write_bare_unit(folder))
    settings, source = unit.uplink, ListSource(name="doj-svs", format="clew", department=True)
    with open_store(unit, migrate=True) as store:

        def deliver(reply: Reply) -> str:
            payload = parse_answers(reply, settings.url)
            for statement in payload.logs[:4]:
                note_statement(store.database, statement)
            received = match_answers(payload, ITEMS)
            return f"{department_utc_in(payload) is None} {[str(each.outcome) for each in received]}"

        def fetch_list(reply: Reply) -> str:
            response = httpx.Response(reply.status, headers=reply.headers)
            hotlist_responses.check(source, response)
            note = hotlist_responses.note_of(source, response)
            return (
                f"{hotlist_responses.start_of(response)} {hotlist_responses.headers_of(SyncState('', note.etag), None)}"
            )

        def parse(content: bytes) -> str:
            reply = reply_of(content)
            said = f"{retry_after_s(reply.headers) is None} {roster_serial_in(reply.headers)} "
            for step in (deliver, fetch_list, lambda reply: str(keys_in(issued_in(reply, settings)).missing)):
                try:
                    said += step(reply)
                except (UplinkError, BatchRefusedError) as error:
                    said += str(error)
            return said

        yield Parser(SAMPLES, _CHANGE, parse, (NotHttpError,))


@contextmanager
def wire(folder: Path) -> Iterator[Parser]:
    """Whole answers over TLS on loopback, as bytes, to a client that delivers."""
    files = initialise(folder / "department", ["127.0.0.1"])
    unit_files = enrol_unit(files.directory, UNIT, folder / "tls")
    with _answering(files) as server:
        department = HttpsDepartment(settings_for(server.url, unit_files), UNIT)

        def parse(content: bytes) -> str:
            server.content = content
            try:
                return str([str(answer.outcome) for answer in department.deliver(ITEMS[:1])])
            finally:
                department.close()

        yield Parser(SAMPLES, one_of(_CHANGE, change_bytes), parse, (UplinkError,))


class _RawServer:
    """Answers each request with the same bytes, whatever they are."""

    def __init__(self, files: TlsFiles, listening: socket.socket) -> None:
        self._context = tls_context(files)
        self._listening = listening
        self.content = b""
        self.url = f"https://127.0.0.1:{listening.getsockname()[1]}"

    def run(self) -> None:
        """Answer until the listening socket is closed."""
        while True:
            try:
                connection = self._listening.accept()[0]
            except OSError:
                return
            with suppress(OSError, ssl.SSLError), self._context.wrap_socket(connection, server_side=True) as tls:
                received = b""
                while not received.endswith(b"--\r\n") and (piece := tls.recv(65_536)):
                    received += piece
                tls.sendall(self.content)


@contextmanager
def _answering(files: TlsFiles) -> Iterator[_RawServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = _RawServer(files, listening)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(60)
        assert not thread.is_alive()


@contextmanager
def department_holds(folder: Path) -> Iterator[Parser]:
    """The department's holds, handed over by the uplink and placed."""
    unit, now = load(write_bare_unit(folder)), instant()
    made = {"case_number": "26-1", "reason": "evidence", "person": "Ana Ruiz", "made": "2026-05-04T12:00:00Z"}
    held = [DepartmentHoldPayload(hold_id=f"d:{n}", until=None, read_ids=["read-1"], **made) for n in range(2)]
    until = DepartmentHoldPayload(hold_id="d:9", until="2027-05-04T12:00:00Z", read_ids=["read-2"], **made)
    sample = encode(DepartmentHoldsPayload(unit_id=unit.unit.id, holds=[*held, until]))
    with open_access_log(unit, migrate=True), open_store(unit, migrate=True) as store:
        store.reads.commit([decided_record("read-1"), decided_record("read-2")])

        def parse(content: bytes) -> str:
            store.incoming.put(HOLDS_SPOOL_NAME, FeedNote(), content)
            changes = take_in_department_holds(unit, store.database, read_waiting_holds(store.incoming), now)
            return f"{len(changes.placed) > 0} {len(changes.released) > 0}"

        yield Parser((sample,), one_of(change_json, change_json, change_bytes), parse, (HoldError,))


@contextmanager
def certificates(folder: Path) -> Iterator[Parser]:
    """Certificates and vouchers that a department issues, as DER within PEM."""
    authority = Authority.load(initialise(folder / "department", ["127.0.0.1"]))
    ca, key = authority.certificate, ec.generate_private_key(ec.SECP256R1())
    signer, witness = Ed25519PrivateKey.generate(), note_key(WITNESS, Ed25519PrivateKey.generate(), COSIGNATURE)
    issued = authority.certify(UNIT, key.public_key(), 30).public_bytes(Encoding.PEM)
    vouched = vouch_for_signer(authority, UNIT, signer.public_key()).certificate
    witnessed = vouch_for_witness(authority, witness)

    def parse(content: bytes) -> str:
        said = ""
        pem = content.decode("latin-1")[:REQUEST_BYTES_MAX]
        voucher = EvidenceVoucherPayload(certificate=pem, witness_certificate=witnessed.decode())
        steps: tuple[Callable[[], str], ...] = (
            lambda: str(key_pair.check_certificate(pem, UNIT, key, ca).version),
            lambda: parse_voucher(voucher.model_dump_json().encode(), ca).certificate.decode()[:20],
            lambda: open_voucher(content, ca.public_bytes(Encoding.PEM)).name,
            lambda: open_voucher(vouched, content).name,
        )
        for step in steps:
            try:
                said += step()
            except (UplinkError, EvidenceError) as error:
                said += str(error)
        return said

    samples = (issued, vouched, witnessed, ca.public_bytes(Encoding.PEM))
    yield Parser(samples, change_pem(change_bytes), parse, ())


def change_pem(change: Mutator) -> Mutator:
    """A mutator of the bytes that a PEM holds."""

    def change_content(draw: Random, content: bytes) -> bytes:
        if draw.random() < 0.2:
            return change(draw, content)
        try:
            der = ssl.PEM_cert_to_DER_cert(content.decode("ascii"))
        except ValueError:
            return change(draw, content)
        return ssl.DER_cert_to_PEM_cert(change(draw, der)).encode()

    return change_content
