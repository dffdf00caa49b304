"""A department that changes its vendor: each read once, marked, found, kept for its period and no longer."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import verify
from alpr_edge.department.interchange.import_files import ImportFiles
from alpr_edge.department.interchange.import_map import load_map
from alpr_edge.department.interchange.import_runs import ImportCounts, import_sources
from alpr_edge.department.interchange.read_import import ReadImport, jpeg_size
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.pki.units import Units
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.search.pages import FoundRead, TimeBasis
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from alpr_edge.domain.plates import is_certain
from tests.department.engines import EngineUnderTest, query

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS = ("plate", "time", "state", "camera", "latitude", "longitude", "confidence", "id")
MAP = """
confidence_scale = 100
[columns]
plate = "plate"
time = "time"
state = "state"
camera = "camera"
latitude = "latitude"
longitude = "longitude"
confidence = "confidence"
id = "id"
"""
PICTURES = 'crop = "crop"\nscene = "scene"\n'


def jpeg(seed: int, width: int = 32) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 255, (16, width, 3), np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def row(number: int, days_ago: float = 30, **changes: str) -> dict[str, str]:
    seen = NOW - timedelta(days=days_ago, seconds=number)
    return {
        "plate": f"7ABC{number:03}",
        "time": seen.isoformat(),
        "state": "us-ca",
        "camera": "gate",
        "latitude": "37.64",
        "longitude": "-120.99",
        "confidence": "97.5",
        "id": f"v{number}",
    } | changes


class Desk:
    """A department, and the files that it imports."""

    def __init__(self, folder: Path, directory: Path) -> None:
        self.folder, self.directory = folder, directory
        self.storage = Storage(directory)
        self.pictures = folder / "pictures"
        self.pictures.mkdir()
        (folder / "map.toml").write_text(MAP)

    def write(self, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
        path = self.folder / "reads.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def files(self, path: Path, *, pictures: bool = False) -> ImportFiles:
        return ImportFiles(path, self.pictures if pictures else None, self.folder / "rejects.csv")

    def run(self, path: Path, *, pictures: bool = False, is_dry: bool = False) -> ImportCounts:
        rules = load_map(str(self.folder / "map.toml"))
        read_import = ReadImport(self.storage, "old-vendor", rules, 365.0, lambda: NOW)
        return read_import.run(self.files(path, pictures=pictures), "login:ana", is_dry=is_dry)

    def rejects(self) -> dict[int, str]:
        with (self.folder / "rejects.csv").open(newline="", encoding="utf-8") as file:
            return {int(line): reason for line, reason in [*csv.reader(file)][1:]}

    def search(self, *plates: str) -> list[FoundRead]:
        with closing(DepartmentDatabase(self.directory, create=False)) as database:
            return [*DepartmentSearches(database).page(DepartmentSearch(plates=plates)).reads]

    def count(self, table: str) -> int:
        return int(query(self.directory, f"SELECT count(*) FROM {table}")[0][0])


@pytest.fixture
def desk(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Desk]:
    desk = Desk(tmp_path, engine.use(tmp_path / "department"))
    yield desk
    desk.storage.close()


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[Desk]:
    """One in a folder, for what is wrong with files and not of a database."""
    desk = Desk(tmp_path, tmp_path / "department")
    yield desk
    desk.storage.close()


def test_rows_become_reads_that_say_where_they_are_from_and_are_found(desk: Desk) -> None:
    path = desk.write([row(number) for number in range(450)])
    assert desk.run(path, is_dry=True) == ImportCounts(rows=450, stored=450)
    assert (desk.count("items"), desk.count("import_runs")) == (0, 0)
    assert desk.run(path) == ImportCounts(rows=450, stored=450)
    assert desk.run(path) == ImportCounts(rows=450, before=450)
    assert (desk.count("items"), desk.count("reads"), desk.count("plates")) == (450, 450, 450)
    (read,) = desk.search("7ABC007")
    assert (read.origin, read.basis, read.state, read.camera_id) == ("old-vendor", TimeBasis.IMPORTED, "CA", "gate")
    assert read.seen_at == NOW - timedelta(days=30, seconds=7)
    assert not is_certain(read.plate, read.confidence)
    assert len(desk.search("*ABC00*")) == 10
    assert desk.storage.counts().units == {"imported-old-vendor": 450}
    (source,) = import_sources(desk.storage.database)
    assert (source.source, source.reads, source.runs, source.broken_off) == ("old-vendor", 450, 2, 0)
    assert not (desk.folder / "rejects.csv").exists()
    assert verify(desk.storage, lambda *_: None).is_whole


def test_days_count_from_the_capture_and_what_is_over_is_not_taken(desk: Desk) -> None:
    path = desk.write([row(1, 400), row(2, 364), row(3, 10), row(4, 370)])
    assert desk.run(path) == ImportCounts(rows=4, stored=2, too_old=2)
    terms = HoldTerms(HoldKind.READ, "", "26-123456", "evidence", None)
    (held,) = desk.search("7ABC003")
    desk.storage.holds.place([held.read_id], terms, HoldAuthor("ana", NOW))
    purge = desk.storage.open_purge(lambda: NOW + timedelta(days=2), is_clock_trusted=True)
    assert purge.run("login:ana").reads == 1
    assert [read.plate for read in desk.search("7ABC002", "7ABC003")] == ["7ABC003"]
    later = desk.storage.open_purge(lambda: NOW + timedelta(days=360), is_clock_trusted=True)
    assert (later.run("login:ana").reads, desk.count("reads")) == (0, 1), "what is held stays"


def test_pictures_are_stored_once_and_deleted_with_their_reads(desk: Desk) -> None:
    (desk.folder / "map.toml").write_text(MAP + PICTURES)
    (desk.pictures / "day").mkdir()
    for number in range(3):
        (desk.pictures / "day" / f"{number}.jpg").write_bytes(jpeg(number))
    rows = [row(number, crop=f"day\\{number}.jpg", scene="day/0.jpg") for number in range(3)]
    counts = desk.run(desk.write(rows, (*COLUMNS, "crop", "scene")), pictures=True)
    assert counts == ImportCounts(rows=3, stored=3, pictures=6)
    digests = {hashlib.sha256(jpeg(number)).hexdigest() for number in range(3)}
    assert {sha256 for (sha256,) in query(desk.directory, "SELECT DISTINCT sha256 FROM read_pictures")} == digests
    assert all(desk.storage.image(sha256) is not None for sha256 in digests)
    desk.storage.open_purge(lambda: NOW + timedelta(days=336), is_clock_trusted=True).run("login:ana")
    assert (desk.count("reads"), desk.count("read_pictures"), desk.count("items")) == (0, 0, 0)
    assert not [*(desk.directory / "images").rglob("*.jpg")]


def test_every_faulty_line_is_listed_with_its_reason_and_without_its_plate(sqlite_desk: Desk) -> None:
    faulty = [
        (row(1, plate=""), "plate: no plate"),
        (row(2, plate="7ABC123456789"), "plate: no plate"),
        (row(3, plate="7A\x07BC"), "plate: holds a control character"),
        (row(4, time="yesterday"), "time: not a time as the map says (iso)"),
        (row(5, time="2026-11-01T12:00:00"), "time: has no zone; see time_zone of the map"),
        (row(6, time="1980-01-06T00:00:00Z"), "time: before 1990"),
        (row(7, time="2027-01-01T00:00:00Z"), "time: lies in the future"),
        (row(8, state="Calif"), "state: not two letters"),
        (row(9, latitude="x"), "latitude, longitude: not two numbers"),
        (row(10, latitude="91"), "latitude, longitude: no place on the earth"),
        (row(11, longitude="nan"), "latitude, longitude: no place on the earth"),
        (row(12, confidence="high"), "confidence: not a number"),
        (row(13, confidence="101"), "confidence: not from 0"),
        (row(14, camera="x" * 65), "camera: longer than 64 characters"),
        (row(15, id="x" * 1001), "id: longer than 1000 characters"),
    ]
    good = [row(20, latitude="0", longitude="0"), row(21, confidence="", state=""), row(22, plate="'=7ABC22")]
    path = sqlite_desk.write([each for each, _ in faulty] + good)
    with path.open("a") as file:
        file.write("7ABC999,only,three\n")
    counts = sqlite_desk.run(path)
    assert counts == ImportCounts(rows=19, stored=3, rejected=16)
    rejects = sqlite_desk.rejects()
    for line, (_, reason) in enumerate(faulty, 2):
        assert rejects[line].startswith(reason), line
    assert rejects[20] == "3 cells, the first line has 8"
    text = (sqlite_desk.folder / "rejects.csv").read_text()
    assert "7A" not in text
    assert (sqlite_desk.folder / "rejects.csv").stat().st_mode & 0o077 == 0
    assert [read.lat_deg for read in sqlite_desk.search("7ABC020")] == [None], "zero, zero is no place"


def test_pictures_that_will_not_do_reject_their_row(sqlite_desk: Desk) -> None:
    (sqlite_desk.folder / "map.toml").write_text(MAP + PICTURES)
    folder = sqlite_desk.pictures
    (folder / "good.jpg").write_bytes(jpeg(1))
    (folder / "text.jpg").write_bytes(b"no picture")
    (folder / "long.jpg").write_bytes(jpeg(1) + bytes(8 * 1024 * 1024))
    bomb = bytearray(jpeg(1))
    frame = bomb.index(b"\xff\xc0")
    bomb[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    (folder / "bomb.jpg").write_bytes(bomb)
    (folder / "link.jpg").symlink_to(sqlite_desk.folder / "map.toml")
    os.mkfifo(folder / "pipe.jpg")
    (sqlite_desk.folder / "outside.jpg").write_bytes(jpeg(2))
    names = {
        "good.jpg": None,
        "text.jpg": "crop: no JPEG",
        "long.jpg": "crop: longer than 8 MiB",
        "bomb.jpg": "crop: no JPEG of at most 64 million pixels",
        "link.jpg": "crop: behind a link",
        "pipe.jpg": "crop: cannot be read: not a regular file",
        "../outside.jpg": "crop: a name that leads out",
        f"{sqlite_desk.folder}/outside.jpg": "crop: a name that leads out",
        "..\\outside.jpg": "crop: a name that leads out",
        "missing.jpg": "crop: cannot be read: No such file",
        ".": "crop:",
    }
    rows = [row(number, crop=name) for number, name in enumerate(names)]
    counts = sqlite_desk.run(sqlite_desk.write(rows, (*COLUMNS, "crop", "scene")), pictures=True)
    assert counts == ImportCounts(rows=11, stored=1, rejected=10, pictures=1)
    for line, reason in enumerate(names.values(), 2):
        assert sqlite_desk.rejects().get(line, "").startswith(reason or ""), reason
    with pytest.raises(DepartmentError, match="give --images DIR"):
        sqlite_desk.run(sqlite_desk.folder / "reads.csv")


@pytest.mark.parametrize("cut", range(0, 300, 7))
def test_a_jpeg_that_is_cut_off_is_no_picture_or_has_its_size(cut: int) -> None:
    whole = jpeg(3, 40)
    assert jpeg_size(whole) == (40, 16)
    assert jpeg_size(whole[:cut]) in {(0, 0), (40, 16)}


def test_local_times_are_placed_by_the_zone_of_the_map(sqlite_desk: Desk) -> None:
    text = 'time_zone = "America/Los_Angeles"\ntime_format = "%m/%d/%Y %H:%M:%S"\n' + MAP
    (sqlite_desk.folder / "map.toml").write_text(text)
    times = ("11/01/2026 01:30:00", "07/04/2026 12:00:00", "03/08/2026 02:30:00")
    path = sqlite_desk.write([row(number, time=time) for number, time in enumerate(times)])
    assert sqlite_desk.run(path) == ImportCounts(rows=3, stored=2, rejected=1)
    assert sqlite_desk.rejects() == {4: "time: a time that the change of the clocks left out"}
    moments = {read.plate: read.seen_at for read in sqlite_desk.search("7ABC000", "7ABC001")}
    assert moments["7ABC000"] == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert moments["7ABC001"] == datetime(2026, 7, 4, 19, tzinfo=UTC)
    (body,) = query(sqlite_desk.directory, "SELECT body FROM items WHERE CAST(body AS TEXT) LIKE '%7ABC000%'")[0]
    assert json.loads(body)["first_seen"]["uncertainty_ms"] == 3_600_000, "that hour came twice"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the first line has no column 'time'"),
        (b"plate;time\n", "the first line has no column 'time'"),
        (b"plate,time,time,state,camera,latitude,longitude,confidence,id\n", "more than one column 'time'"),
        (",".join(COLUMNS).encode() + b'\n"7ABC\n', "not CSV"),
        (",".join(COLUMNS).encode() + b"\n\xff\xfe,b,c,d,e,f,g,h\n", "not utf-8; see encoding of the map"),
        (b"x" * 200_000 + b"\n", "not CSV: field larger"),
    ],
)
def test_a_file_that_will_not_do_is_told_in_a_line(sqlite_desk: Desk, content: bytes, fault: str) -> None:
    path = sqlite_desk.folder / "reads.csv"
    path.write_bytes(content)
    with pytest.raises(DepartmentError) as error_info:
        sqlite_desk.run(path)
    assert fault in str(error_info.value)
    assert "7ABC" not in str(error_info.value)


def test_no_unit_has_the_name_of_a_source(sqlite_desk: Desk) -> None:
    units = Units(sqlite_desk.storage.database, TlsFiles(sqlite_desk.directory))
    with pytest.raises(CertificateRefusedError):
        units.invite("imported-old-vendor", timedelta(days=1))
    with pytest.raises(DepartmentError, match="source: a name"):
        ReadImport(sqlite_desk.storage, "old vendor", load_map("plain"), 365.0)


def test_an_import_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    directory = initialise(tmp_path / "department", ["alpr.police.example"]).directory
    desk = Desk(tmp_path, directory)
    begin = datetime.now(UTC) - timedelta(days=30)
    rows = [row(number % 1000, time=(begin + timedelta(seconds=number)).isoformat()) for number in range(6_000)]
    path = desk.write(rows)
    words = ["exchange", "import", str(path), "--map", str(tmp_path / "map.toml"), "--source", "old-vendor"]
    words += ["--directory", str(directory)]
    process = subprocess.Popen(
        [sys.executable, "-m", "alpr_edge", "department", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 120
        while desk.count("reads") < 400 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    before = desk.count("reads")
    assert 400 <= before < 6_000
    query(directory, "DELETE FROM leases")  # as five minutes do
    done = department(*words, "--json")
    counts = json.loads(done.stdout)
    assert (done.exit_code, counts["before"], counts["stored"]) == (0, before, 6_000 - before)
    assert desk.count("reads") == desk.count("items") == 6_000
    status = json.loads(department("status", "--directory", str(directory), "--json").stdout)
    (source,) = status["imports"]
    assert (source["source"], source["reads"], source["broken_off"]) == ("old-vendor", 6_000, 1)
    desk.storage.close()


def department(*words: str) -> Result:
    return CliRunner().invoke(app, ["department", *words])
