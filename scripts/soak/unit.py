"""The unit of a soak: three cameras, a receiver, sound, lists, two officers at the page, and a department."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, VisionSettings, load
from alpr_edge.store.keys import create_keys
from alpr_edge.uplink.enrolment import Invitation, enrol
from scripts.benchmarks.page.unit import HOST, PageUnit, install_officers, write_certificate
from scripts.benchmarks.path.processes import Process, Table, vision_table, write_settings
from scripts.loopback_ports import free_port
from scripts.soak.scenes import FPS, Scenes

UNIT_ID = "soak-1"
CAMERAS = ("front", "left", "right")
LIST = "traffic"
"""The list of the vehicles that pass."""
WATCHED_LIST = "watched"
"""A short list beside it, which grows stale and is damaged."""


@dataclass(frozen=True, slots=True, eq=False)
class SoakUnit:
    """A unit in a folder."""

    folder: Path
    page: PageUnit
    """Its page, with what the officers know."""
    department_port: int

    @property
    def settings_file(self) -> Path:
        """Its settings file."""
        return self.page.settings

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return load(self.settings_file)

    @property
    def models(self) -> Path:
        """The folder of its models."""
        return self.folder / "models"

    @property
    def receiver(self) -> Path:
        """The device of its receiver, while there is one."""
        return self.folder / "receiver"

    @property
    def department(self) -> Path:
        """The folder of its department."""
        return self.folder / "department"

    def feeds(self, name: str) -> Path:
        """The folder that a list is dropped into."""
        return self.folder / f"feeds-{name}"

    def start_department(self) -> Process:
        """Start the department's server."""
        port = str(self.department_port)
        return Process(["department", "serve", "--directory", str(self.department), "--port", port])


def write_unit(folder: Path, data: Path, scenes: Scenes, link_port: int, department_port: int, device: str) -> SoakUnit:
    """Write all that a unit has, and enroll it.

    Args:
        folder: where it lies.
        data: the folder of its data, on a disk that may fail.
        scenes: what its cameras see.
        link_port: the port of the link to its department.
        department_port: the port of the department itself.
        device: ALSA's name of its sound device; empty: it sounds nothing.
    """
    create_keys(folder / "keys")
    default = VisionSettings()
    vision = default.model_copy(update={"models_directory": folder / "models"})
    shutil.copytree("models", folder / "models", ignore=shutil.ignore_patterns("training"))
    for name in (LIST, WATCHED_LIST):
        (folder / f"feeds-{name}").mkdir()
    certificate = write_certificate(folder / "console.pem")
    port = free_port()
    settings = write_settings(
        folder / "alpr-edge.toml",
        _tables(folder, data, vision, (link_port, port), device),
        {
            "camera": [{"kind": "folder", "id": name, "path": str(scenes.path(name)), "fps": FPS} for name in CAMERAS],
            "hotlist.source": [
                {"name": name, "format": "generic-csv", "folder": str(folder / f"feeds-{name}"), "zone": "UTC"}
                for name in (LIST, WATCHED_LIST)
            ],
        },
    )
    password, secret = secrets.token_urlsafe(12), pyotp.random_base32()
    unit = SoakUnit(folder, PageUnit(settings, certificate, port, password, secret), department_port)
    _enrol(unit)
    hashed = Argon2Passwords().hash(password)
    install_officers(settings, Credentials(hashed, secret, password_set=datetime.now(UTC)))
    drop_traffic_list(unit, scenes)
    drop_list(unit, WATCHED_LIST)
    return unit


def _tables(folder: Path, data: Path, vision: VisionSettings, ports: tuple[int, int], device: str) -> dict[str, Table]:
    link_port, page_port = ports
    tls = folder / "tls"
    return {
        "unit": {"id": UNIT_ID, "data_directory": str(data), "runtime_directory": str(folder / "runtime")},
        "vision": vision_table(vision),
        "position": {"device": str(folder / "receiver"), "fix_age_ms_max": 3000},
        # A vehicle of the next round sounds again.
        "alerts": {"player": "alsa" if device else "none", "device": device or "default", "cooldown_s": 30},
        "store": {"keys_directory": str(folder / "keys")},
        "retention": {"ballast_bytes": 1 << 20},
        "console": {
            "address": HOST,
            "port": page_port,
            "certificate_file": str(folder / "console.pem"),
            "at_speed": "never",
        },
        "uplink": {
            "url": f"https://{HOST}:{link_port}",
            "ca_file": str(tls / "department-ca.pem"),
            "certificate_file": str(tls / "unit.pem"),
            "key_file": str(tls / "unit.key"),
            "media_key_file": str(tls / "department-media.pem"),
            # As shipped, but for waits that would outlast a fault of seconds.
            "connect_timeout_s": 3.0,
            "answer_timeout_s": 5.0,
            "delivery_timeout_s": 8.0,
            "retry_max_s": 10.0,
        },
    }


def _enrol(unit: SoakUnit) -> None:
    """Make a department, and give the unit its certificate, as in a car."""
    initialise(unit.department, [HOST])
    with DepartmentServer(unit.department, port=unit.department_port, enrol_port=0) as server:
        assert server.enrol_port is not None, "it was asked for"
        code = server.units.invite(UNIT_ID, timedelta(hours=1)).code
        fingerprint = Authority.load(TlsFiles(unit.department)).fingerprint
        invitation = Invitation(code, fingerprint, enrol_port=server.enrol_port)
        enrol(unit.settings.uplink, UNIT_ID, invitation, SystemClock(), again=False)


def drop_traffic_list(unit: SoakUnit, scenes: Scenes) -> None:
    """Drop the list of wanted vehicles of all drives, dated now."""
    rows = [row for feed in scenes.feeds() for row in feed.read_text(encoding="ascii").splitlines()[1:]]
    _drop(unit.feeds(LIST), [_date_line(), "Plate Number,Description,State/Province", *rows])


def drop_list(unit: SoakUnit, name: str, *, age_h: float | None = None) -> None:
    """Drop a short list; one without an age has no date, and is as old as its import.

    A dated list that is older than the one in use is refused; one without a date may come after any, and any after it.
    """
    head = [] if age_h is None else [_date_line(age_h)]
    rows = [f"SOAK{number:03},Stolen Vehicle,CA" for number in range(20)]
    _drop(unit.feeds(name), [*head, "Plate Number,Description,State/Province", *rows])


def drop_damaged_feed(unit: SoakUnit, name: str) -> None:
    """Drop a file that is no feed."""
    _drop(unit.feeds(name), [secrets.token_hex(16) for _ in range(20)])


def _date_line(age_h: float = 0.0) -> str:
    return f"DATE {datetime.now(UTC) - timedelta(hours=age_h):%m/%d/%Y %H:%M}"


def _drop(folder: Path, lines: Sequence[str]) -> None:
    """Replace what is in a drop folder, whole at once."""
    draft = folder / ".draft"
    draft.write_text("\n".join([*lines, ""]), encoding="ascii")
    draft.replace(folder / "list.csv")
