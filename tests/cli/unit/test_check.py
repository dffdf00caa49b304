"""The unit examined for real: a fit one, and one fault at a time."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.memory import check_memory, check_sealing
from alpr_edge.diagnostics.report import SEAL
from alpr_edge.domain.diagnostics.checks import GROUPS, Grade
from alpr_edge.domain.protocol.items import digest
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings
from alpr_edge.vision.model_files.choice import CHOICE_FILE
from alpr_edge.vision.model_files.folders import shipped_models
from tests.app.test_certificate_daemon import fill_outbox
from tests.cli.unit.fit_unit import UNIT, Receiver, import_list, set_key, write_fit_unit, write_frames
from tests.department.enrolment import enrol_unit
from tests.runtime.time_daemon import NOT_SYNCHRONISED, TimeDaemon
from tests.vision.models import detector_model, reader_model, slow_model, write_int8, write_models


def check(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["unit", "check", "--settings", str(settings), *words])


def checks_by_name(settings: Path, *words: str) -> dict[str, dict[str, Any]]:
    done = check(settings, "--json", *words)
    assert "Traceback" not in done.output
    answer = json.loads(done.stdout)
    assert done.exit_code == (1 if answer["verdict"] == "red" else 0)
    return {each["name"]: each for each in answer["checks"]}


def others(*groups: str) -> tuple[str, str]:
    """Skip all but some."""
    return "--skip", ",".join(name for name in GROUPS if name not in groups)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    return write_fit_unit(tmp_path)


@pytest.fixture
def time_daemon() -> Iterator[TimeDaemon]:
    with TimeDaemon() as running:
        yield running


@pytest.fixture
def department(tmp_path: Path) -> Iterator[DepartmentServer]:
    folder = tmp_path / "department"
    initialise(folder, ["127.0.0.1"])
    Storage(folder).close()
    enrol_unit(folder, UNIT, tmp_path / "tls")
    with DepartmentServer(folder) as running:
        yield running


def test_a_fit_unit_is_green_in_all_that_is_looked_at(
    tmp_path: Path, department: DepartmentServer, time_daemon: TimeDaemon
) -> None:
    position = f'{time_daemon.settings}device = "{tmp_path}/tty"'
    settings = write_fit_unit(tmp_path, f"https://127.0.0.1:{department.port}", position)
    import_list(settings)
    page = tmp_path / "fit.html"
    with Receiver(tmp_path / "tty"):
        checks = checks_by_name(settings, "--card-m", "3", "--skip", "sound", "--certificate", str(page))
    assert {name: each["verdict"] for name, each in checks.items() if each["verdict"] != "green"} == {
        "sound": "skipped",
        "deletion": "amber",  # it has delivered nothing yet, so it was told no date
        "changes": "amber",  # it never ran, so it has no access log
        "model choice": "amber",  # nobody measured float32 against int8 yet
        "department keys": "amber",  # it was enrolled without a network
        "roster": "amber",  # and was given none: nobody can sign in
    }
    assert {
        "camera front rate", "camera front focus", "camera front exposure", "camera front card",
        "camera front card width", "gps", "clock", "keys", "list doj", "disk", "unit certificate",
        "authority certificate", "department certificate", "department", "models", "versions",
    } <= set(checks)  # fmt: skip
    assert checks["camera front card width"]["value"] == pytest.approx(150, abs=12)
    assert "m well" in checks["camera front card width"]["said"]
    assert checks["camera front rate"]["value"] == pytest.approx(2, abs=0.6)
    result = check(settings, "--verify", str(page))
    assert result.exit_code == 0
    assert f"signed by CN={UNIT}" in result.stdout
    assert "of this department" in result.stdout
    told = json.loads(check(settings, "--verify", str(page), "--json").stdout)
    assert told == {"file": str(page), "unchanged": True, "finding": result.stdout.strip()}
    page.write_text(page.read_text(encoding="utf-8").replace("green", "g reen", 1), encoding="utf-8")
    assert "was changed since it was made" in check(settings, "--verify", str(page)).stderr


def test_a_signature_that_is_none_and_a_file_too_long_for_a_page_are_one_line(unit: Path, tmp_path: Path) -> None:
    page, sealed_part = tmp_path / "fit.html", "checked\n"
    signer = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"
    below = f'<p id="sha256">{digest(sealed_part.encode())}<p id="signature">A<p id="signer" hidden>{signer}'
    page.write_text(f"{sealed_part}{SEAL}\n{below}", encoding="utf-8")
    refused = check(unit, "--verify", str(page))
    assert refused.stderr == f"alpr-edge: {page}: its signature is not that of a unit of this department\n"
    os.truncate(page, 1 << 40)  # sparse; more than any memory
    too_long = check(unit, "--verify", str(page))
    assert (too_long.exit_code, "longer than 1000000 bytes" in too_long.stderr) == (1, True), too_long.output


def test_a_recording_gets_advice_for_a_recording(unit: Path) -> None:
    write_frames(unit.parent / "frames", lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 12))
    found = checks_by_name(unit, *others("camera", "card"))
    assert "camera front card" not in found, "nobody holds a card before a recording"
    advice = {check["todo"] for name, check in found.items() if name.startswith("camera") and check["todo"]}
    assert [text.partition(":")[0] for text in advice] == ["a recording stays as it was made"]


def test_a_camera_that_is_gone_is_red_and_stops_nothing_else(unit: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "frames")
    checks = checks_by_name(unit, *others("camera", "card", "keys", "disk"))
    assert checks["camera front"]["verdict"] == "red"
    assert "frames" in checks["camera front"]["said"]
    assert checks["keys"]["verdict"] == checks["disk"]["verdict"] == "green"


@pytest.mark.parametrize(
    ("spoil", "name", "verdict"),
    [
        (lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 12), "camera front focus", "red"),
        (np.zeros_like, "camera front exposure", "red"),
        (lambda pixels: np.full_like(pixels, 255), "camera front exposure", "red"),
    ],
    ids=["blurred", "capped", "burnt"],
)
def test_pictures_that_are_no_good(
    unit: Path, tmp_path: Path, spoil: Callable[[Any], Any], name: str, verdict: str
) -> None:
    write_frames(tmp_path / "frames", spoil)
    checks = checks_by_name(unit, *others("camera", "card"))
    assert checks[name]["verdict"] == verdict
    assert checks[name]["todo"]


def test_another_key_is_red_and_stops_nothing_else(unit: Path, tmp_path: Path) -> None:
    (tmp_path / "keys" / "outbox.key").write_bytes(os.urandom(32))
    checks = checks_by_name(unit, *others("keys", "lists", "disk", "models"))
    assert checks["keys"]["verdict"] == checks["lists"]["verdict"] == "red"
    assert "key" in checks["keys"]["said"]
    assert checks["disk"]["verdict"] == checks["models"]["verdict"] == "green"
    (tmp_path / "keys" / "outbox.key").chmod(0o644)
    assert "chmod 600" in checks_by_name(unit, *others("keys"))["keys"]["said"]


@pytest.mark.review(8)
def test_items_that_were_set_aside_are_amber(unit: Path, tmp_path: Path) -> None:
    assert "outbox" not in checks_by_name(unit, *others("keys"))
    fill_outbox(tmp_path, 1, aside=2)
    outbox = checks_by_name(unit, *others("keys"))["outbox"]
    assert (outbox["verdict"], outbox["said"]) == ("amber", "2 items were set aside")
    assert outbox["todo"] == "see: alpr-edge outbox quarantined"


def test_lists_that_are_old_or_missing_are_red(tmp_path: Path, time_daemon: TimeDaemon) -> None:
    unit = write_fit_unit(tmp_path, more=time_daemon.settings)
    assert "nothing can be matched" in checks_by_name(unit, *others("lists"))["lists"]["said"]
    import_list(unit)
    assert checks_by_name(unit, *others("lists"))["list doj"]["verdict"] == "green"
    limits = "[hotlist]\namber_after_h = 0.000001\nred_after_h = 0.000002\n"
    unit.write_text(unit.read_text(encoding="utf-8") + limits, encoding="utf-8")
    old = checks_by_name(unit, *others("lists"))["list doj"]
    assert old["verdict"] == "red"
    assert 0 < old["value"] < 0.1


@pytest.mark.review(10)
def test_the_clock_and_the_age_of_lists_are_judged_as_the_unit_judges_them(
    tmp_path: Path, time_daemon: TimeDaemon
) -> None:
    """By chronyd's word, and with none of them no list is fresh."""
    unit = write_fit_unit(tmp_path, more=time_daemon.settings)
    import_list(unit)
    checks = checks_by_name(unit, *others("clock", "lists"))
    assert {name: each["verdict"] for name, each in checks.items() if each["verdict"] != "skipped"} == {
        "clock": "green", "list doj": "green",
    }  # fmt: skip
    assert "ntp" in checks["clock"]["said"]
    time_daemon.leap = NOT_SYNCHRONISED
    checks = checks_by_name(unit, *others("clock", "lists"))
    assert (checks["clock"]["verdict"], checks["list doj"]["verdict"]) == ("red", "amber")
    assert "age unknown" in checks["list doj"]["said"]


def test_a_clock_that_differs_from_the_receiver_is_red(unit: Path, tmp_path: Path) -> None:
    unit.write_text(unit.read_text(encoding="utf-8") + f'[position]\ndevice = "{tmp_path}/tty"\n', encoding="utf-8")
    with Receiver(tmp_path / "tty", timedelta(hours=1)):
        checks = checks_by_name(unit, *others("gps", "clock"))
    assert checks["gps"]["verdict"] == "green"
    assert checks["clock"]["verdict"] == "red"
    assert checks["clock"]["value"] == pytest.approx(3600, abs=3)
    gps = checks_by_name(unit, *others("gps"))["gps"]
    assert (gps["verdict"], "cannot be opened" in gps["said"]) == ("red", True)


def test_a_receiver_ten_years_behind_is_told_that_its_date_is_wrong(unit: Path, tmp_path: Path) -> None:
    unit.write_text(unit.read_text(encoding="utf-8") + f'[position]\ndevice = "{tmp_path}/tty"\n', encoding="utf-8")
    with Receiver(tmp_path / "tty", timedelta(days=-3653)):
        checks = checks_by_name(unit, *others("gps", "clock"))
    assert checks["gps"]["verdict"] == "green"
    assert checks["clock"]["verdict"] in {"amber", "red"}  # amber where a time server confirms this computer's clock
    assert "which is wrong: its week number may have rolled over" in checks["clock"]["said"]
    assert "open sky" not in checks["clock"]["todo"]


def test_a_disk_that_is_full_is_red(unit: Path, tmp_path: Path) -> None:
    usage = os.statvfs(tmp_path)
    share = 1 - usage.f_bavail / (usage.f_blocks - usage.f_bfree + usage.f_bavail)
    set_key(unit, "disk_share_max", f"{share * 0.5:.6f}")
    assert checks_by_name(unit, *others("disk"))["disk"]["verdict"] == "amber"
    set_key(unit, "amber_share", f"{share * 0.9:.6f}")
    full = checks_by_name(unit, *others("disk"))["disk"]
    assert full["verdict"] == "red"
    assert full["value"] == pytest.approx(share * 100, abs=1)
    shutil.rmtree(tmp_path / "data")
    assert "cannot be written" in checks_by_name(unit, *others("disk"))["disk"]["said"]


@pytest.mark.review(13)
def test_without_the_department_s_key_for_media_it_is_amber(tmp_path: Path, department: DepartmentServer) -> None:
    settings = write_fit_unit(tmp_path, f"https://127.0.0.1:{department.port}")
    assert "media key" not in checks_by_name(settings, *others("certificates"))
    (tmp_path / "tls" / "department-media.pem").write_text("no key")
    assert checks_by_name(settings, *others("certificates"))["media key"]["verdict"] == "amber"


def test_time_stamps_that_cannot_be_checked_are_amber(unit: Path, tmp_path: Path) -> None:
    ca_file = tmp_path / "time.pem"
    text = unit.read_text(encoding="utf-8")
    words = f'[evidence]\ntime_stamp_url = "http://127.0.0.1:9"\ntime_stamp_ca_file = "{ca_file}"\n'
    unit.write_text(f"{text}\n{words}", encoding="utf-8")
    found = checks_by_name(unit, *others("certificates"))["time stamps"]
    assert (found["verdict"], f"time_stamp_ca_file: {ca_file}: cannot be read" in found["said"]) == ("amber", True)
    ca_file.write_text("certificates", encoding="ascii")
    assert checks_by_name(unit, *others("certificates"))["time stamps"]["verdict"] == "green"


def test_a_certificate_of_five_days_and_a_department_that_is_gone_are_red(
    tmp_path: Path, department: DepartmentServer
) -> None:
    settings = write_fit_unit(tmp_path, f"https://127.0.0.1:{department.port}")
    shutil.rmtree(tmp_path / "tls")
    enrol_unit(tmp_path / "department", UNIT, tmp_path / "tls", days=5)
    ends = checks_by_name(settings, *others("certificates", "department"))
    assert ends["unit certificate"]["verdict"] == "red"
    assert ends["unit certificate"]["value"] == pytest.approx(5, abs=0.1)
    assert ends["department"]["verdict"] == "green"
    department.units.revoke(UNIT, "sold")
    assert "revoked" in checks_by_name(settings, *others("department"))["department"]["said"]
    set_key(settings, "url", '"https://127.0.0.1:9"')
    entry = checks_by_name(settings, *others("department"))["department"]
    assert entry["verdict"] == "red"
    assert "nothing listens there" in entry["said"]


def test_a_model_file_that_was_changed_is_red(unit: Path, tmp_path: Path) -> None:
    shutil.copytree(shipped_models(), tmp_path / "models", ignore=shutil.ignore_patterns("training"))
    set_key(unit, "workers", '1\nmodels_directory = "models"')
    fine = checks_by_name(unit, *others("models"))["models"]
    assert fine["verdict"] == "green"
    for precision in ("float32", "int8"):
        assert any(line.startswith(f"reader default, {precision}: SHA-256 ") for line in fine["details"])
    with (tmp_path / "models" / "reader.onnx").open("ab") as file:
        file.write(b"x")
    assert "SHA-256 is not the manifest's" in checks_by_name(unit, *others("models"))["models"]["said"]


def test_the_choice_of_model_files_is_told_and_whether_it_fits(unit: Path, tmp_path: Path) -> None:
    folder = write_models(tmp_path / "models", slow_model(detector_model([])), reader_model("1"))
    set_key(unit, "workers", '1\nmodels_directory = "models"')

    def choice() -> dict[str, Any]:
        return checks_by_name(unit, *others("models"))["model choice"]

    assert (choice()["verdict"], choice()["said"]) == ("green", "float32: no model of the settings has an int8 file")
    write_int8(folder, "detector", detector_model([]))
    assert choice()["verdict"] == "amber"
    assert choice()["said"] == "float32 is run: no choice between float32 and int8 was made"
    assert choice()["todo"] == "run: alpr-edge models choose"
    done = CliRunner().invoke(app, ["models", "choose", "--settings", str(unit)])
    assert done.exit_code == 0, done.output
    told = choice()
    assert told["verdict"] == "green"
    assert re.fullmatch(r"detector float32 \S+ ms, reader float32 \S+ ms", told["said"])
    assert "ONNX Runtime" in told["details"][0]
    assert "detector: float32: the two files are sure of 0 plates together, 30 are needed" in told["details"]
    path = tmp_path / "data" / CHOICE_FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"float32",', '"int8",'), encoding="utf-8")
    assert choice()["verdict"] == "amber"
    assert "is no choice of model files as it was written" in choice()["said"]


def test_what_is_skipped_is_named_and_not_green(unit: Path, tmp_path: Path) -> None:
    page = tmp_path / "fit.html"
    done = check(unit, *others("disk"), "--certificate", str(page))
    assert done.exit_code == 0
    assert "fit, as far as checked" in done.stdout
    assert "not checked: camera, card, gps," in done.stdout
    assert "<dt>Not looked at</dt><dd>camera, card, gps," in page.read_text(encoding="utf-8")
    result = check(unit, "--skip", "lens")
    assert (result.exit_code, "no such check" in result.stderr) == (2, True)


@pytest.mark.review(6)
@pytest.mark.parametrize(
    ("command", "verdict", "words"),
    [("echo off", "green", "is off"), ("false", "red", "ended with 1"), ("true", "red", "printed nothing")],
)
def test_an_ignition_that_cannot_be_told_is_red(unit: Path, command: str, verdict: str, words: str) -> None:
    assert "ignition" not in checks_by_name(unit, *others("ignition"))
    with unit.open("a", encoding="utf-8") as file:
        file.write(f'[power]\nignition = "command"\nignition_command = "{command}"\n')
    check = checks_by_name(unit, *others("ignition"))["ignition"]
    assert (check["verdict"], words in check["said"]) == (verdict, True)


@pytest.mark.review(18)
def test_swap_in_the_clear_is_amber_and_core_files_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "sys/kernel").mkdir(parents=True)
    (tmp_path / "sys/kernel/core_pattern").write_text("|/usr/lib/systemd/systemd-coredump %P\n")
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n/swapfile file 2 0 -2\n")
    bench = CheckContext(Settings(), SystemClock())
    (open_swap,) = check_memory(bench, tmp_path, tmp_path)
    assert (open_swap.grade, open_swap.finding) == (Grade.AMBER, "swap is not encrypted: /swapfile")
    assert "systemd-coredump" in open_swap.details[0]
    (tmp_path / "swaps").unlink()
    assert [check.grade for check in check_memory(bench, tmp_path, tmp_path)] == [Grade.GREEN]


@pytest.mark.review(18)
@pytest.mark.parametrize(
    ("note", "has_tpm", "grade", "words"),
    [
        ("host+tpm2", True, Grade.GREEN, "with this computer's TPM"),
        ("host", False, Grade.GREEN, "who takes the disk takes the keys"),
        ("host", True, Grade.AMBER, "though there is a TPM"),
        ("", True, Grade.AMBER, "not sealed: files in"),
        ("", False, Grade.GREEN, "not sealed: files in"),
    ],
)
def test_where_the_keys_are_is_said(tmp_path: Path, note: str, has_tpm: bool, grade: Grade, words: str) -> None:
    if note:
        (tmp_path / "note").write_text(f"{note}\n")
    if has_tpm:
        (tmp_path / "tpmrm0").touch()
    sealing = check_sealing(tmp_path / "keys", tmp_path / "note", tmp_path / "tpmrm0")
    assert sealing.grade is grade
    assert words in sealing.finding
