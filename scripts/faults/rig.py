"""The part of a campaign that outlives the faults: keys, feeds, later releases, and a department on loopback."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, parse
from alpr_edge.store.db.migrate import RELEASE, Release
from alpr_edge.store.keys import create_keys
from alpr_edge.uplink.enrolment import Invitation, enrol
from scripts.faults.records import UNIT_ID

LATER_RELEASES = 4
LIST = "torture"
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

    def settings(self, disk: Path) -> Settings:
        """The settings of a unit whose data lie on a disk."""
        tls = self.folder / "tls"
        uplink = {
            "url": self.url,
            "ca_file": str(tls / "department-ca.pem"),
            "certificate_file": str(tls / "unit.pem"),
            "key_file": str(tls / "unit.key"),
            "retry_first_s": 0.01,
            "idle_s": 0.01,
        }
        raw: dict[str, object] = {
            "unit": {"id": UNIT_ID, "data_directory": str(disk / "data")},
            "store": {"keys_directory": str(self.folder / "keys")},
            "uplink": uplink,
        }
        return parse(raw, self.folder)

    def feed(self, serial: int) -> Path:
        """A feed whose size and plates tell its serial."""
        path = self.folder / f"feed-{serial}.csv"
        plates = "".join(f"{serial:05d}{place:02d},CA,Stolen Vehicle\n" for place in range(entries_of(serial)))
        path.write_text("Plate Number,State,Category\n" + plates, encoding="ascii")
        return path

    def release(self, later: int) -> Release:
        """The release that came ``later`` releases after this one; this one still reads what it left."""
        scripts = self.folder / f"release-{later}"
        return Release(RELEASE.schema + later, RELEASE.schema, scripts)


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
        _enrol(rig, server)
        yield rig


def _enrol(rig: Rig, server: DepartmentServer) -> None:
    """Give the unit its certificate, as in a car."""
    assert server.enrol_port is not None
    code = server.units.invite(UNIT_ID, timedelta(hours=1)).code
    fingerprint = Authority.load(TlsFiles(rig.department)).fingerprint
    invitation = Invitation(code, fingerprint, enrol_port=server.enrol_port)
    enrol(rig.settings(rig.folder).uplink, UNIT_ID, invitation, SystemClock(), again=False)


def _write_release(scripts: Path, newest: int) -> None:
    shutil.copytree(RELEASE.scripts, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for later in range(1, newest + 1):
        number = RELEASE.schema + later
        text = _MIGRATION.format(number=number, before=number - 1, later=later)
        (scripts / "versions" / f"later_{later}.py").write_text(text, encoding="utf-8")
