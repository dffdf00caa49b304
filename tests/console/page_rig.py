"""A unit with hits whose page is served on this computer, over TLS, to a client or a browser."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import cv2
import httpx
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.console.application import create_console_app
from alpr_edge.console.page_site import site_of
from alpr_edge.console.unit import ConsoleUnit, open_console_unit
from alpr_edge.domain.alerting import AlertRecord, Level, Silence
from alpr_edge.domain.hits import Hit, HotlistEntry, MatchKind, Reason
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.reads import EarlierText, PlateRead
from alpr_edge.services.hits.hit_revision import HitRevision
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.web.connections.gate import ConnectionGate, GatedSocket
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.page_server import LIMITS, page_server
from alpr_edge.web.visitor import COMPONENT, COOKIE
from tests.app.page_request_rig import RequestRig
from tests.staff import PEOPLE, Staff
from tests.store.records import CROP, SCENE, alert, amended, decided, hit, instant, late_tone, plate_read, withdrawn
from tests.units import write_bare_unit

HOST, DOMAIN = "127.0.0.1", "dept.example"
NAME = f"unit-1.{DOMAIN}"
START_S_MAX = STOP_S_MAX = 30.0
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def write_certificate(folder: Path) -> Path:
    """A certificate for this computer with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "car")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ip_address(HOST))])
    certificate = builder.add_extension(names, critical=False).sign(key, SHA256())
    file = folder / "console.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return file


def jpeg(shade: int) -> bytes:
    """A picture of one shade."""
    encoded: np.ndarray = cv2.imencode(".jpg", np.full((60, 160, 3), shade, np.uint8))[1]
    return encoded.tobytes()


class PageRig:
    """The unit, and what happens in it.

    Args:
        folder: where all of it lies.
        people: who is in its roster.
        certificate: that of its page; None: one of its own.
        console: its settings of ``[console]``; by themselves the unit stands on a desk.
    """

    def __init__(
        self,
        folder: Path,
        people: tuple[Person, ...] = PEOPLE,
        certificate: Path | None = None,
        console: str = 'at_speed = "never"',
    ) -> None:
        self.settings_file = write_bare_unit(folder)
        with self.settings_file.open("a", encoding="utf-8") as file:
            file.write(f"[console]\n{console}\n")
        self.staff = Staff(self.settings_file, people)
        self.certificate = certificate or write_certificate(folder)
        self.port = 0
        """Where the page is served; the same each time."""
        self._made: list[Hit] = []
        self._store: UnitStore
        self._unit: ConsoleUnit

    @property
    def origin(self) -> str:
        """The address of the page."""
        return f"https://{HOST}:{self.port}"

    @property
    def store(self) -> UnitStore:
        """The store of the unit that is being served."""
        return self._store

    @property
    def unit(self) -> ConsoleUnit:
        """What the page that is being served reaches of its unit."""
        return self._unit

    def add_hit(self, number: int, reason: Reason = Reason.STOLEN_VEHICLE, **changes: object) -> Hit:
        """A hit, as the capture daemon stores it: its read, pictures and alert in one commit."""
        read = plate_read(f"unit-1:read-{number}", str(changes.pop("plate", "7ABC123")))
        made = hit(f"unit-1:hit-{number}", read.read_id)
        level = Level(int(str(changes.pop("level", Level.HIGH.value))))
        sounded = Level(int(str(changes.pop("sounded", level.value))))
        silence = Silence(str(name)) if (name := changes.pop("silence", None)) else None
        kind = MatchKind(str(changes.pop("kind", MatchKind.EXACT)))
        entry = replace(made.entry, reason=reason, **changes)  # type: ignore[arg-type] # any field
        generation = replace(made.generation, source=entry.source)
        made = replace(made, entry=entry, level=level, kind=kind, generation=generation)
        told = replace(alert(made.hit_id, read.read_id), level=sounded)
        record = AlertRecord(told, None if silence else instant(450), silence)
        pictures = ((CROP, jpeg(number % 256)), (SCENE, jpeg(255 - number % 256)))
        self._store.reads.commit([decided(read, [made], [] if entry.covert else [record], pictures)])
        self._made.append(made)
        return made

    def close_half_verified(self) -> None:
        """Dismiss new hits whose verification was begun, which would keep the page from others."""
        with self.client("ana") as client:
            while self._made:
                path = f"/hits/{self._made.pop().hit_id}"
                if " data-half-verified" in client.get(path).text:
                    client.post(f"{path}/answers", data={"part": "read", "answer": "dismissed"})

    def withdraw(self, made: Hit) -> None:
        """Further looks give the read another text, which takes the alert of a hit back."""
        read, record = self._known_alert(made)
        other = replace(
            read, plate="7ABC128", vote_count=20, earlier_texts=(EarlierText(read.plate, read.confidence, 10),)
        )
        self._store.reads.commit([amended(other, alerts=[withdrawn(record)])])

    def sound_late(self, made: Hit) -> None:
        """Sound the alert of a hit that had stayed quiet."""
        read, record = self._known_alert(made)
        self._store.reads.commit([amended(read, alerts=[replace(record, late_tone=late_tone(made.hit_id))])])

    def _known_alert(self, made: Hit) -> tuple[PlateRead, AlertRecord]:
        stored = self._store.reads.get(made.read_id)
        assert stored is not None
        (record,) = stored.alerts
        return stored.read, record

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Take hits in without serving the page."""
        with open_store(self.staff.unit, migrate=True) as self._store:
            yield

    @contextmanager
    def answering(self, folder: Path, *entries: HotlistEntry) -> Iterator[RequestRig]:
        """Answer what the page asks for, as the capture daemon does, with some entries listed."""
        rig, stop = RequestRig(self._store, folder, self.staff.clock, *entries), threading.Event()
        thread = threading.Thread(target=rig.stage.run, args=(lambda: None, stop))
        thread.start()
        try:
            yield rig
        finally:
            stop.set()
            thread.join(STOP_S_MAX)
            rig.player.close()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve the page."""
        context, started = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), threading.Event()
        context.load_cert_chain(self.certificate)
        unit_id, gate = self.staff.unit.unit.id, ConnectionGate(LIMITS)
        with (
            self.storing(),
            open_console_unit(self.staff.unit, self.staff.clock, partial(new_id, unit_id)) as self._unit,
            GatedSocket(socket.create_server((HOST, self.port)), gate) as listening,
        ):
            self.port = listening.getsockname()[1]
            database = self._unit.store.database
            feed = HitChanges(HitRevision(database, self.staff.clock.now).current, database=database.path)
            site = partial(site_of, self.certificate, self.port)
            server = page_server(create_console_app(self._unit, feed, site), context, gate)

            def begin() -> None:
                feed.start()
                started.set()

            server.on_ready, server.on_stop = begin, feed.stop
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                assert started.wait(START_S_MAX)
                yield
            finally:
                server.should_exit = True
                thread.join(STOP_S_MAX)
                assert not thread.is_alive()

    def token(self, person_id: str = "officer") -> str:
        """A session of somebody at the page."""
        return self.staff.begin_session(person_id, login=COMPONENT, address=HOST)

    @contextmanager
    def client(self, person_id: str = "") -> Iterator[httpx.Client]:
        """A browser of few words: cookies and forms; signed in as somebody, or not."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        cookies = {COOKIE: self.token(person_id)} if person_id else {}
        with httpx.Client(
            base_url=self.origin, verify=trust, headers=SAME_SITE, cookies=cookies, trust_env=False, timeout=60
        ) as client:
            yield client
