"""What no fault reaches: keys, feeds, later releases, and a department on loopback."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, parse
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, render_plate
from alpr_edge.store.db.migrate import RELEASE, SchemaRelease
from alpr_edge.store.keys import create_keys
from alpr_edge.uplink.enrolment import Invitation, enrol
from scripts.faults.records import UNIT_ID

CAR_ID = "torture-2"
"""The unit that runs as a whole: its reads are those of a camera."""
PLATES = 6
FRAMES_PER_PLATE, FRAMES_BETWEEN = 3, 2
CAMERA_FPS = 10

LATER_RELEASES = 4
LIST = "torture"
FRAMES = "frames"
_MIGRATION = '''
"""What a later release adds, and fills from every read."""
from alembic import op

revision, down_revision = "{number:04}", "{before:04}"


def upgrade() -> None:
    op.execute("ALTER TABLE reads ADD COLUMN later_{later} TEXT")
    op.execute("CREATE TABLE later_{later} (read_id TEXT PRIMARY KEY) STRICT")
    op.execute("INSERT INTO later_{later} SELECT read_id FROM reads")
    op.execute("UPDATE reads SET later_{later} = read_id")
'''


@dataclass(frozen=True, slots=True)
class Rig:
    """Folders that no cut reaches; a victim gets it whole."""

    folder: Path
    url: str
    """The department's address."""

    @property
    def department(self) -> Path:
        """The department's folder."""
        return self.folder / "department"

    def settings(self, disk: Path, unit_id: str = UNIT_ID) -> Settings:
        """The settings of a unit whose data lie on a disk."""
        return parse(self._raw(disk, unit_id), self.folder)

    def car(self, disk: Path) -> Settings:
        """The settings of a whole unit: a camera that sees plates, a receiver, and a disk that is soon looked after."""
        camera = {"kind": "folder", "path": str(self.folder / FRAMES), "fps": CAMERA_FPS, "reopen_first_s": 0.01}
        more = {
            "camera": [camera],
            "vision": {"workers": 2},
            "decision": {"pass_gap_ms": 100},
            "position": {"device": str(self.receiver)},
            "hotlist": {"source": [{"name": "bolo", "format": "generic-csv", "folder": str(self.folder / "lists")}]},
            "power": {"ignition": "file", "power_off_command": ""},
            "alerts": {"player": "none"},
            "retention": {
                "ballast_bytes": 1 << 20,
                "check_interval_s": 1.0,
                "disk_share_max": 0.998,
                "amber_share": 0.999,
            },
        }
        return parse(self._raw(disk, CAR_ID) | more, self.folder)

    @property
    def receiver(self) -> Path:
        """The position receiver's device, while there is one."""
        return self.folder / "receiver"

    def _raw(self, disk: Path, unit_id: str) -> dict[str, object]:
        tls = self.folder / f"tls-{unit_id}"
        uplink = {
            "url": self.url,
            "ca_file": str(tls / "department-ca.pem"),
            "certificate_file": str(tls / "unit.pem"),
            "key_file": str(tls / "unit.key"),
            "media_key_file": str(tls / "department-media.pem"),
            "retry_first_s": 0.01,
            "retry_max_s": 1.0,
            "idle_s": 0.01,
            "item_attempts_max": 3,
        }
        unit = {"id": unit_id, "data_directory": str(disk / "data"), "runtime_directory": str(disk / "runtime")}
        return {"unit": unit, "store": {"keys_directory": str(self.folder / "keys")}, "uplink": uplink}

    def feed(self, serial: int) -> Path:
        """A feed whose size and plates tell its serial."""
        path = self.folder / f"feed-{serial}.csv"
        plates = "".join(f"{serial:05d}{place:02d},CA,Stolen Vehicle\n" for place in range(entries_of(serial)))
        path.write_text("Plate Number,State,Category\n" + plates, encoding="ascii")
        return path

    def release(self, later: int) -> SchemaRelease:
        """The release that came ``later`` releases after this one; this one still reads what it left."""
        scripts = self.folder / f"release-{later}"
        return SchemaRelease(RELEASE.schema + later, RELEASE.schema, scripts)


def entries_of(serial: int) -> int:
    """How many entries the feed of a serial has."""
    return 20 + serial % 50


@contextmanager
def standing(folder: Path) -> Iterator[Rig]:
    """Set everything up, and serve as the department until the end."""
    create_keys(folder / "keys")
    for later in range(1, LATER_RELEASES + 1):
        _write_release(folder / f"release-{later}", later)
    department = folder / "department"
    initialise(department, ["127.0.0.1"])
    with DepartmentServer(department, enrol_port=0) as server:
        rig = Rig(folder, f"https://127.0.0.1:{server.port}")
        for unit_id in (UNIT_ID, CAR_ID):
            _enrol(rig, server, unit_id)
        _write_frames(folder / FRAMES)
        (folder / "lists").mkdir()
        yield rig


def _enrol(rig: Rig, server: DepartmentServer, unit_id: str) -> None:
    """Give the unit its certificate, as in a car."""
    assert server.enrol_port is not None
    code = server.units.invite(unit_id, timedelta(hours=1)).code
    fingerprint = Authority.load(TlsFiles(rig.department)).fingerprint
    invitation = Invitation(code, fingerprint, enrol_port=server.enrol_port)
    enrol(rig.settings(rig.folder, unit_id).uplink, unit_id, invitation, SystemClock(), again=False)


def _write_frames(folder: Path) -> None:
    """What the camera of a whole unit sees: plates straight on, on grey, and nothing between them."""
    folder.mkdir()
    number = 0
    for place in range(PLATES):
        blank = np.full((720, 1280, 3), 96, np.uint8)
        text = f"{place + 1}ABC{place}{place + 3}{place + 1}"
        plate = render_plate(text, BUILT_IN_DESIGNS[0], np.random.default_rng(place), 100).pixels
        picture = blank.copy()
        picture[310:410, 540:740] = plate[:, :200]
        for pixels in [picture] * FRAMES_PER_PLATE + [blank] * FRAMES_BETWEEN:
            cv2.imwrite(str(folder / f"{number:03}.png"), pixels)
            number += 1


def _write_release(scripts: Path, newest: int) -> None:
    shutil.copytree(RELEASE.scripts, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for later in range(1, newest + 1):
        number = RELEASE.schema + later
        text = _MIGRATION.format(number=number, before=number - 1, later=later)
        (scripts / "versions" / f"later_{later}.py").write_text(text, encoding="utf-8")
