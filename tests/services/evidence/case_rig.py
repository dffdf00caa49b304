"""A unit with reads that are held for a case, whose evidence is exported."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
import pyzipper

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key, public_pem
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.protocol.bookings import BookingPayload, open_passphrase
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.authorisation.opening import open_authoriser
from alpr_edge.services.evidence.case_export import CaseExports, Progress
from alpr_edge.services.evidence.export_request import ExportRequest, ExportResult
from alpr_edge.services.evidence.package_signer import load_package_signer
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds
from alpr_edge.settings import load
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import LOGIN, Staff
from tests.store.records import CROP, SCENE, Images, closed, decided, heard, hit, plate_read
from tests.units import write_unit

CASE = "26-123456"
ROBBERY = Purpose("criminal_investigation", "robbery", CASE)
UNIT = "unit-1"
BOX = Box(40.0, 60.0, 120.0, 90.0)


def scene(number: int, width: int = 320, height: int = 200) -> np.ndarray:
    """A street of noise, another for each number."""
    random = np.random.default_rng(number)
    small = random.integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def jpeg(pixels: np.ndarray) -> bytes:
    encoded: np.ndarray = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return encoded.tobytes()


def pictures(number: int) -> Images:
    pixels = scene(number)
    left, top, right, bottom = BOX.within(320, 200)
    return (CROP, jpeg(pixels[top:bottom, left:right])), (SCENE, jpeg(pixels))


class CaseRig:
    """The unit, opened.

    Args:
        staff: its people.
        store: its store.
        log: its access log.
    """

    def __init__(self, staff: Staff, store: UnitStore, log: AccessLog) -> None:
        self.staff, self.store, self.log = staff, store, log
        self.settings = staff.unit
        self.holds = UnitHolds(store.database, UNIT, partial(new_id, UNIT))
        make_id = partial(new_id, UNIT)
        self.exports = CaseExports(store, log, staff.unit, staff.clock, make_id, load_package_signer(staff.unit))

    def add_read(self, number: int, *, is_hit: bool = False, **changes: object) -> PlateRead:
        """A read of a pass that is over, as the capture daemon stores it."""
        read = replace(plate_read(f"{UNIT}:read-{number}", f"7ABC{number:03d}"), box=BOX, **changes)  # type: ignore[arg-type] # any field
        hits = (hit(f"{UNIT}:hit-{number}", read.read_id, read.plate),) if is_hit else ()
        alerts = [heard(f"{UNIT}:hit-{number}", read.read_id)] if is_hit else []
        self.store.reads.commit([decided(read, hits, alerts, pictures(number)), closed(read)])
        return read

    def hold(self, *reads: PlateRead, case: str = CASE) -> str:
        """Hold reads for a case; returns the hold's id."""
        ids = tuple(read.read_id for read in reads)
        with self.staff.authoriser() as authoriser:
            return self.holds.place(authoriser, ROBBERY, HoldRequest(HoldKind.READ, ids, case, "evidence")).hold_id

    def sign_log(self) -> None:
        """Sign the access log, as the capture daemon does once a minute."""
        CheckpointSigner(self.log, load_signing_key(self.settings.store.keys_directory)).sign()

    def export_with(self, authoriser: Authoriser, folder: Path, progress: Progress) -> ExportResult:
        """Export the case, and tell of each read."""
        return self.exports.export(authoriser, ROBBERY, ExportRequest(CASE, folder), progress)

    def export(self, folder: Path, authoriser: Authoriser | None = None, **changes: object) -> ExportResult:
        """Export the case."""
        request = replace(ExportRequest(CASE, folder, "M-7", "District attorney"), **changes)  # type: ignore[arg-type] # any field
        if authoriser is not None:
            return self.exports.export(authoriser, ROBBERY, request, lambda *_: None)
        with self.staff.authoriser() as chief:
            return self.exports.export(chief, ROBBERY, request, lambda *_: None)


@contextmanager
def open_rig(staff: Staff) -> Iterator[CaseRig]:
    """Open the unit of some people."""
    with open_access_log(staff.unit, migrate=True) as log, open_store(staff.unit, migrate=True) as store:
        yield CaseRig(staff, store, log)


def write_case_unit(folder: Path, authority: TlsFiles) -> Path:
    """A unit that knows the department's key for media; returns its settings file."""
    settings = write_unit(folder, UNIT, "")
    (folder / "tls").mkdir()
    (folder / "tls" / "department-media.pem").write_text(public_pem(load_media_key(authority)), encoding="utf-8")
    return settings


def export_in_process(settings_file: Path, token: str, medium: Path, told: Connection) -> None:
    """Export the case in a process of its own, and say each read that is written."""
    unit = load(settings_file)
    with (
        open_authoriser(unit, Caller(LOGIN, token), SystemClock()) as authoriser,
        open_access_log(unit, migrate=False) as log,
        open_store(unit, migrate=False) as store,
    ):
        exports = CaseExports(store, log, unit, SystemClock(), partial(new_id, UNIT), load_package_signer(unit))
        request = ExportRequest(CASE, medium, "M-7", "District attorney")
        told.send(0)
        exports.export(authoriser, ROBBERY, request, lambda done, _total: told.send(done))
        told.send("done")


def escrowed_passphrase(rig: CaseRig, authority: TlsFiles, package: Path) -> str:
    """What the department would open a package with, by the booking that has its digest."""
    sha256 = digest(package.read_bytes())
    with rig.store.database.read() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM outbox WHERE item_id LIKE 'booking:%'").scalars().all()
    for body in bodies:
        payload = BookingPayload.model_validate_json(bytes(body))
        if payload.package_sha256 == sha256:
            return open_passphrase(payload.sealed_passphrase, payload.package_id, load_media_key(authority))
    raise AssertionError(f"{package.name}: whole, and nobody booked it")


def contents(result: ExportResult) -> dict[str, bytes]:
    """The files of a package by their paths, opened by its passphrase."""
    with pyzipper.AESZipFile(result.path) as package:
        package.setpassword(result.passphrase.encode())
        return {name: package.read(name) for name in package.namelist()}


def looks_whole(medium: Path) -> list[Path]:
    """The files on a medium that somebody could take for a package."""
    return [path for path in sorted(medium.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def json_of(content: bytes) -> dict[str, object]:
    value: dict[str, object] = json.loads(content)
    return value
