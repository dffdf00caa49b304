"""The commands that book evidence out and list what was booked; and the evidence of a whole simulated drive."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.replay import replay
from alpr_edge.app.replay.recording import open_recording
from alpr_edge.cli import app
from alpr_edge.domain.plates import canonical
from alpr_edge.settings import Settings, SimulatedCamera, VisionSettings
from alpr_edge.simulation.drive import Drive
from alpr_edge.store.bookings.register import add_booking
from alpr_edge.vision.recogniser import Recogniser
from tests.cli.tree import commands
from tests.services.evidence.case_rig import CASE, ROBBERY, UNIT, CaseRig, open_rig
from tests.simulation.truth_models import TruthDetector, TruthReader
from tests.staff import Staff
from tests.units import write_bare_unit, write_unit

FOR_ROBBERY = ("--purpose", "criminal_investigation", "--offense", "robbery")


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRig]:
    with open_rig(Staff(write_unit(tmp_path_factory.mktemp("exported"), UNIT, ""))) as rig:
        rig.hold(rig.add_read(1, is_hit=True), rig.add_read(2))
        rig.sign_log()
        rig.staff.sign_in_here("chief")
        yield rig


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    return folder


def evidence(staff: Staff, *words: str) -> Result:
    settings = staff.unit.unit.data_directory.parent / "alpr-edge.toml"
    if not settings.exists():
        settings = staff.unit.unit.data_directory.parents[1] / "alpr-edge.toml"
    more = () if words[0] == "verify" else (*FOR_ROBBERY, "--settings", str(settings))
    return CliRunner().invoke(app, ["evidence", *words, *more])


@pytest.mark.parametrize("words", [("evidence", "export"), ("department", "evidence", "export")], ids=" ".join)
def test_the_recipient_says_how_another_agency_gets_data(words: tuple[str, ...]) -> None:
    (option,) = [each for each in commands()[words].params if "--recipient" in each.opts]
    assert option.help == "Recipient; for another agency: department release (policy 462.7)."


def test_a_case_is_exported_verified_and_listed(rig: CaseRig, medium: Path) -> None:
    done = evidence(rig.staff, "export", CASE, "--to", str(medium), "--medium", "M-7", "--recipient", "DA")
    assert done.exit_code == 0, done.output
    (package,) = medium.iterdir()
    assert f"{package}: 2 reads, 1 hit, 4 pictures, read back and recorded" in done.stdout
    passphrase = next(line for line in done.stdout.splitlines() if line.startswith("passphrase")).rpartition(" ")[2]
    assert "this unit has no department: write the passphrase down" in done.stdout
    secret = medium.parent / "secret"
    secret.write_text(passphrase, encoding="ascii")
    verified = evidence(rig.staff, "verify", str(package), "--passphrase-file", str(secret), "--json")
    verdict = json.loads(verified.stdout)
    assert (verdict["faults"], verdict["package"]["case"]) == ([], CASE)
    listed = evidence(rig.staff, "list", "--case", CASE)
    assert all(word in listed.stdout for word in (CASE, "M-7", "DA", "Chief", "originals", package.name))
    assert passphrase not in listed.stdout
    assert "7ABC" not in done.stdout + listed.stdout


def test_for_programs_it_tells_progress_on_stderr_and_the_result_as_one_object(rig: CaseRig, medium: Path) -> None:
    done = evidence(rig.staff, "export", CASE, "--to", str(medium), "--no-scene", "--json")
    assert [json.loads(line) for line in done.stderr.splitlines()][-1] == {"reads": 2, "of": 2}
    told = json.loads(done.stdout)
    assert (told["case"], told["reads"], told["pictures"], told["escrowed"]) == (CASE, 2, 2, False)
    assert Path(told["file"]).stat().st_size == told["bytes"]
    rows = [
        json.loads(line)
        for line in evidence(rig.staff, "list", "--of-case", CASE, "--case", CASE, "--json").stdout.splitlines()
    ]
    assert rows[0]["sha256"] == told["sha256"]
    assert rows[0]["is_finished"]
    assert "passphrase" not in rows[0]
    assert evidence(rig.staff, "list", "--of-case", "26-999999", "--case", CASE).stdout == "no package was exported\n"


def test_a_booking_that_was_cut_short_says_that_the_medium_may_hold_it(rig: CaseRig) -> None:
    with rig.staff.authoriser() as chief:
        whole = next(each for each in rig.exports.list_exports(chief, ROBBERY, CASE) if each.finished is not None)
    cut = replace(whole, package_id=f"{UNIT}:cut", case="26-000777", finished=None)
    add_booking(rig.store.database, cut, UNIT, "")
    listed = evidence(rig.staff, "list", "--of-case", "26-000777", "--case", CASE)
    words = f"SHA-256 {cut.package_sha256}; interrupted; the medium may not hold all of it: compare its SHA-256"
    assert words in " ".join(listed.stdout.split())
    assert "cut short" not in evidence(rig.staff, "list", "--of-case", CASE, "--case", CASE).stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("26-999999",), 1, "no read is held under case 26-999999"),
        (("what case",), 3, "no case number of this agency"),
        ((CASE, "--medium", "x" * 101), 1, "number of the medium is longer"),
    ],
)
def test_bad_input_is_told_in_one_line_and_nothing_is_written(
    rig: CaseRig, medium: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    done = evidence(rig.staff, "export", *words, "--to", str(medium))
    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(medium.iterdir()) == []


def test_a_folder_that_is_not_there_or_not_to_be_written_is_told(rig: CaseRig, medium: Path) -> None:
    done = evidence(rig.staff, "export", CASE, "--to", str(medium / "nowhere"))
    assert (done.exit_code, "is the medium mounted?" in done.stderr) == (1, True)
    if os.geteuid():
        medium.chmod(0o500)
        done = evidence(rig.staff, "export", CASE, "--to", str(medium))
        assert (done.exit_code, "write-protected" in done.stderr) == (1, True)


@pytest.mark.lengthy
def test_the_evidence_of_a_drive_has_every_vehicle_that_was_seen_well(tmp_path: Path) -> None:
    seconds = SimulatedCamera(kind="simulated").seconds
    truth = Drive(1, seconds).truth
    models = VisionModels(Recogniser(TruthDetector(truth), TruthReader(truth)), ("truth",))
    recording = open_recording("simulated:1", fps=10, nmea=None, hotlist=None, scratch=tmp_path)
    start, progress = datetime(2026, 1, 1, tzinfo=UTC), replay.Progress(lambda *_: None, lambda _: None)
    settings = Settings(vision=VisionSettings(workers=2))
    replay.drive(replay.ReplayPlan(recording, models, tmp_path, settings, start, real_time=False), progress)
    file = write_bare_unit(tmp_path)
    text = file.read_text(encoding="utf-8").replace('"data"', '"unit"').replace('"keys"', '"unit/keys"')
    file.write_text(text, encoding="utf-8")
    medium = tmp_path / "medium"
    medium.mkdir()
    staff = Staff(file)
    with open_rig(staff) as rig:
        rig.hold(*(row.read for row in rig.store.reads.recent(1000)))
        rig.sign_log()
        staff.sign_in_here("chief")
        done = evidence(staff, "export", CASE, "--to", str(medium), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    secret = tmp_path / "secret"
    secret.write_text(told["passphrase"], encoding="ascii")
    verified = evidence(staff, "verify", told["file"], "--passphrase-file", str(secret), "--json")
    assert json.loads(verified.stdout)["faults"] == []
    import pyzipper  # noqa: PLC0415 - for this one test

    with pyzipper.AESZipFile(told["file"]) as package:
        package.setpassword(told["passphrase"].encode())
        names = [name for name in package.namelist() if name.endswith("/record.json")]
        plates = {json.loads(package.read(name))["plate"] for name in names}
    seen_well = {canonical(vehicle.plate) for vehicle in truth.vehicles if len(vehicle.boxes) >= 5}
    assert seen_well
    assert seen_well <= plates
