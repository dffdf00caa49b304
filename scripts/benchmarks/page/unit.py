"""The unit whose page is measured: one camera at ten frames a second, a list, and two officers who can sign in."""

import secrets
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pyotp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.roster_update import install_roster
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import VisionSettings, load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.keys import create_keys
from alpr_edge.web.visitor import COOKIE
from scripts.benchmarks.path import sound_card
from scripts.benchmarks.path.listed_traffic import write_listed_traffic
from scripts.benchmarks.path.live import FPS, THREE
from scripts.benchmarks.path.processes import (
    START_S_MAX,
    Process,
    Table,
    process,
    vision_table,
    wait_for,
    write_settings,
)
from scripts.loopback_ports import free_port

HOST, UNIT_ID, _DEPARTMENT = "127.0.0.1", "bench-1", "bench-pd"
BADGES = ("1001", "1002")
"""Two officers in one car, as a session has a few streams alone."""
SERVING, SOUNDED = "event=console.serving", "event=alert.sounded"
_LASTS = timedelta(days=60)
"""Of roster, trainings and certificate: longer than the times for which it is told that they end."""


@dataclass(frozen=True, slots=True, eq=False)
class PageUnit:
    """A unit in a folder, with what its officers know."""

    settings: Path
    certificate: Path
    port: int
    password: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def origin(self) -> str:
        """The address of the page."""
        return f"https://{HOST}:{self.port}"

    @property
    def runtime(self) -> Path:
        """The folder of its health files."""
        return self.settings.parent / "runtime"

    @property
    def trust(self) -> ssl.SSLContext:
        """What takes the certificate of the page for good."""
        return ssl.create_default_context(cafile=str(self.certificate))

    @contextmanager
    def running(self) -> Iterator[Process]:
        """``alpr-edge run`` beside a sound card of software, from its first tone on."""
        card = sound_card.install(self.settings.parent / "bin")
        with process(["run", "--settings", str(self.settings)], str(card), (SOUNDED,)) as run:
            wait_for(lambda: run.count(SOUNDED) > 0, "alpr-edge run sounded nothing", [run], START_S_MAX)
            yield run

    @contextmanager
    def serving(self) -> Iterator[Process]:
        """``alpr-edge console``, from when it accepts connections on."""
        with process(["console", "--settings", str(self.settings)], watched=(SERVING,)) as console:
            wait_for(lambda: console.count(SERVING) > 0, "alpr-edge console does not serve", [console], START_S_MAX)
            yield console

    def sign_in(self, badge: str) -> str:
        """Sign an officer in with password and code, as a browser does; returns the session's token.

        Raises:
            AccessError: the page lets nobody in.
        """
        form = {"name": badge, "password": self.password, "acknowledged": "yes"}
        headers = {"Sec-Fetch-Site": "same-origin"}
        with httpx.Client(base_url=self.origin, verify=self.trust, headers=headers, trust_env=False) as page:
            done = page.post("/sign-in", data=form | {"code": pyotp.TOTP(self.secret).now()}, timeout=START_S_MAX)
            if COOKIE not in page.cookies:
                raise AccessError(f"the page answers a sign-in with {done.status_code}")
            return page.cookies[COOKIE]


def write_page_unit(folder: Path, vision: VisionSettings, frames: Sequence[Frame], cameras: int = 1) -> PageUnit:
    """Write a unit whose camera sees listed plates, one every second and a half.

    Args:
        folder: where all of it lies.
        vision: the models.
        frames: what the plates are drawn on.
        cameras: how many cameras look at the same.
    """
    prepare_unit(folder)
    tables = page_tables(folder, vision, UNIT_ID)
    looks: list[Table] = [{"kind": "folder", "id": name, "path": "pictures", "fps": FPS} for name in THREE[:cameras]]
    source: Table = {"name": "bench", "format": "generic-csv", "priority": "routine"}
    settings = write_settings(folder / "alpr-edge.toml", tables, {"camera": looks, "hotlist.source": [source]})
    write_listed_traffic(settings, vision, frames)
    password, secret = secrets.token_urlsafe(12), pyotp.random_base32()
    install_officers(settings, Credentials(Argon2Passwords().hash(password), secret, password_set=datetime.now(UTC)))
    console = tables["console"]
    return PageUnit(settings, Path(str(console["certificate_file"])), int(str(console["port"])), password, secret)


def prepare_unit(folder: Path) -> None:
    """Make the folders and keys of a unit."""
    for name in ("pictures", "feeds"):
        (folder / name).mkdir(parents=True)
    create_keys(folder / "keys")


def page_tables(folder: Path, vision: VisionSettings, unit_id: str) -> dict[str, Table]:
    """The settings of a unit with a page, for each frame of its camera read as it comes."""
    port, certificate = free_port(), write_certificate(folder / "console.pem")
    return {
        "unit": {"id": unit_id, "data_directory": "data", "runtime_directory": "runtime"},
        "vision": vision_table(vision),
        # A plate comes back after a second and a half: that is another car, and it sounds again.
        "decision": {"pass_gap_ms": 150},
        "alerts": {"player": "alsa", "cooldown_s": 0},
        "store": {"keys_directory": "keys"},
        # There is no receiver: without this the page would be the small one of a car at speed.
        "console": {"address": HOST, "port": port, "certificate_file": str(certificate), "at_speed": "never"},
    }


def install_officers(settings: Path, credentials: Credentials) -> None:
    """Put a roster of the officers in force, who all know the same."""
    unit, now, key = load(settings), datetime.now(UTC), Ed25519PrivateKey.generate()
    members = tuple(Member(_officer(badge, now), credentials) for badge in BADGES)
    roster = Roster(RosterHeader(_DEPARTMENT, 1, now, now + _LASTS), members)
    with (
        open_access_log(unit, migrate=True),
        open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=True) as accounts,
    ):
        pinned_key = RosterKey(_DEPARTMENT, key.public_key())
        install_roster(accounts, sign_roster(roster, key), pinned_key, SystemClock().now())


def _officer(badge: str, now: datetime) -> Person:
    return Person(
        person_id=f"officer-{badge}",
        name="Bench Officer",
        badge=badge,
        email=f"officer-{badge}@bench.example",
        organisation="Bench PD",
        ori="CA0000000",
        title="Patrol officer",
        roles=frozenset({Role.OFFICER}),
        is_sworn=True,
        sources=frozenset(SourcePermission),
        has_covert_clearance=False,
        training=Training(now + _LASTS, now + _LASTS),
        status=AccountStatus.ACTIVE,
        valid_until=now + _LASTS,
        approved_by="chief",
        active_at=now,
    )


def write_certificate(file: Path) -> Path:
    """A certificate for this computer with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "car")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + _LASTS)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    certificate = builder.add_extension(names, critical=False).sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return file
