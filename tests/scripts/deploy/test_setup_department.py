"""What setting a department up makes of settings and unit files, and what it refuses."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.cli.department.serve import METRICS_PORT
from alpr_edge.department.backups.postgresql.programs import OLDEST
from alpr_edge.department.settings import load_department_file
from scripts.deploy.department import __main__ as program
from scripts.deploy.department import checks, host, postgresql, services
from scripts.deploy.department.folder import DepartmentFolderStep, DepartmentSettingsStep
from scripts.deploy.department.plan import SetupRequest, plan
from scripts.deploy.department.release import DepartmentReleaseStep, ReleaseChange
from scripts.deploy.department.services import BACKUP, DRILL, PURGE, DropInsStep, drop_in
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.steps import State, StepOutcome, provision, report_steps

ROOT = Path(__file__).parents[3]
OVERLAY = ROOT / "config" / "department"
UNITS = ROOT / "systemd" / "department"
WITH_BUCKET: dict[str, dict[str, object]] = {"images": {"url": "s3://bucket/x"}}
FAR = {"database": {"url": "postgresql://alpr@db.example/alpr?passfile=/x"}}
NEAR = {"database": {"url": postgresql.URL}}


def test_every_unit_file_is_linked_and_lies_where_the_release_is() -> None:
    assert set(services.LINKED) == {path.name for path in UNITS.iterdir()}
    for path in UNITS.glob("*.service"):
        text = path.read_text(encoding="utf-8")
        assert f"\nExecStart={host.BASE}/current/.venv/bin/alpr-edge department " in text, path.name
        folder = f"\nEnvironment=ALPR_EDGE_DEPARTMENT={host.FOLDER}\n"
        assert (folder in text) == (path.name != services.METRICS), path.name
    assert checks.HEALTH.split(":")[2].split("/")[0] in (UNITS / services.SERVER).read_text(encoding="utf-8")
    assert str(METRICS_PORT) in (ROOT / "config" / "department-guide.md").read_text(encoding="utf-8")


def test_the_units_user_and_folders_are_those_of_the_system_files() -> None:
    users = (OVERLAY / f"etc/sysusers.d/{host.USER}.conf").read_text(encoding="utf-8")
    assert users.split()[1] == host.USER
    folders = dict(
        re.findall(
            r"(?m)^d (\S+) +(\d{4}) ", (OVERLAY / f"etc/tmpfiles.d/{host.USER}.conf").read_text(encoding="utf-8")
        )
    )
    assert folders[str(host.FOLDER.parent)] == folders[str(host.BACKUPS)] == "0700"
    assert folders[str(host.BASE)] == "0755"
    for name in (services.SERVER, f"{PURGE}.service", f"{BACKUP}.service"):
        assert f"\nUser={host.USER}\n" in (UNITS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kilobytes", "buffers"), [(400_000, "128MB"), (524_288, "128MB"), (1_000_000, "244MB"), (16_000_000, "3906MB")]
)
def test_postgresql_has_a_quarter_of_the_memory_and_never_less_than_by_itself(kilobytes: int, buffers: str) -> None:
    assert postgresql.buffers_for(f"MemTotal: {kilobytes:>15} kB\nMemFree: 100 kB\n") == buffers


def test_postgresql_is_asked_for_alone_where_it_is_wanted() -> None:
    named = [step.name for step in plan(SetupRequest(ROOT, ["alpr.example"], with_postgresql=True))]
    plain = [step.name for step in plan(SetupRequest(ROOT, ["alpr.example"]))]
    assert set(named) - set(plain) == {"postgresql"}
    assert named.index("postgresql") < named.index("department") < named.index("services") < named.index("check")
    assert postgresql.OLDEST == OLDEST * 10_000


def test_what_was_named_is_judged_before_another_release_stops_the_services() -> None:
    steps = {step.name: step for step in plan(SetupRequest(ROOT, ["alpr.example"], change=ReleaseChange.NEWER))}
    release = steps["release"]
    assert isinstance(release, DepartmentReleaseStep)
    assert release._later == (steps["settings"], steps["department"])


@pytest.mark.parametrize(
    ("name", "settings", "needs"),
    [
        (PURGE, {}, set()),
        (PURGE, WITH_BUCKET, {"network"}),
        (BACKUP, WITH_BUCKET, {"network"}),
        (BACKUP, WITH_BUCKET | {"backup": {"bucket_pictures": False}}, set()),
        (DRILL, WITH_BUCKET, {"network"}),
        (BACKUP, FAR, {"network"}),
        (PURGE, FAR, {"network"}),
        (DRILL, NEAR, set()),
        (BACKUP, {"backup": {"target": str(host.BACKUPS)}}, set()),
        (BACKUP, {"backup": {"target": "/mnt/backups", "keys": "/media/safe"}}, {"/mnt/backups", "/media/safe"}),
        (DRILL, {"backup": {"target": "/mnt/backups"}}, {"/mnt/backups"}),
        (PURGE, {"backup": {"target": "/mnt/backups"}}, set()),
    ],
)
def test_a_service_gets_what_its_settings_need_and_no_more(
    name: str, settings: dict[str, dict[str, object]], needs: set[str]
) -> None:
    text = drop_in(name, settings)
    assert set(re.findall(r"(?m)^ReadWritePaths=-(.+)$", text)) == needs - {"network"}
    assert ("PrivateNetwork=no" in text) == ("network" in needs)
    assert text.startswith("# Written by scripts/setup-department") == bool(needs)


@pytest.mark.parametrize("key", ["target", "keys"])
@pytest.mark.parametrize(
    "place", ["/b\nExecStartPre=+/x", "/b\rUser=root", "/b /etc", "/b\u2028c", "/%h", "/b:/etc", "b", '/b"', "\n"]
)
def test_what_the_services_user_wrote_begins_no_line_of_systemds_file(key: str, place: str) -> None:
    for name in (BACKUP, DRILL):
        with pytest.raises(ProvisioningError, match=rf"\[backup\] {key} .* in department\.toml: a path that begins"):
            drop_in(name, {"backup": {key: place}})


def test_with_a_drop_in_systemd_has_nothing_to_say(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    unit = tmp_path / f"{PURGE}.service"
    text = (
        (UNITS / unit.name).read_text(encoding="utf-8").replace(f"{host.BASE}/current/.venv/bin/alpr-edge", "/bin/true")
    )
    folder = tmp_path / f"{unit.name}.d"
    folder.mkdir()
    unit.write_text(text)
    (folder / services.DROP_IN).write_text(drop_in(PURGE, WITH_BUCKET))
    command = [require_tool("systemd-analyze"), "verify", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_is_not_needed_any_more_is_removed(tmp_path: Path) -> None:
    step = DropInsStep(tmp_path)
    assert step.pending() == []
    left = tmp_path / f"{PURGE}.service.d" / services.DROP_IN
    left.parent.mkdir()
    left.write_text("[Service]\n")
    assert step.pending() == [f"remove {left}"]


def settings_step(path: Path, text: str | None = None, target: str = "", keys: str = "") -> DepartmentSettingsStep:
    file = None
    if text is not None:
        file = path.with_name("agency.toml")
        file.write_text(text, encoding="utf-8")
    return DepartmentSettingsStep(file, target, keys, path)


def test_the_first_settings_are_the_agencys_with_a_place_for_backups(tmp_path: Path) -> None:
    path = tmp_path / "department.toml"
    agency = "# Ours.\n[alarms]\nremind_hours = 12\n\n[backup]\nkeep_days = 30\n"
    text = settings_step(path, agency, keys="/media/safe")._text()
    assert text.startswith("# Ours.\n")
    assert tomllib.loads(text) == {
        "alarms": {"remind_hours": 12},
        "backup": {"keep_days": 30, "target": str(host.BACKUPS), "keys": "/media/safe"},
    }
    path.write_text(text, encoding="utf-8")
    assert load_department_file(tmp_path).backup.target == str(host.BACKUPS)
    again = settings_step(path, agency, keys="/media/safe")
    assert again.pending() == []
    path.write_text(f'{text}\n[database]\nurl = "{postgresql.URL}"\n', encoding="utf-8")
    assert again.pending() == [], "the department itself wrote its database there"
    assert settings_step(path, target="/mnt/b").pending() == [f"write {path}"]


def test_settings_that_differ_from_those_that_are_there_are_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "department.toml"
    path.write_text("[alarms]\nremind_hours = 12\n", encoding="utf-8")
    with pytest.raises(ProvisioningError, match="change it there"):
        settings_step(path, "[alarms]\nremind_hours = 13\n").pending()


@pytest.mark.parametrize("content", [b"[x", b"\xff\xfe"])
def test_settings_that_cannot_be_read_are_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "agency.toml").write_bytes(content)
    with pytest.raises(ProvisioningError, match=r"are no TOML|not UTF-8"):
        DepartmentSettingsStep(tmp_path / "agency.toml", "", "", tmp_path / "department.toml")
    with pytest.raises(ProvisioningError, match="cannot be read"):
        DepartmentSettingsStep(tmp_path / "none.toml", "", "", tmp_path / "department.toml")


@pytest.mark.parametrize("value", ["backups", "/mnt/my backups", '/mnt/"x"', "/mnt/100%", "/a:b"])
def test_a_folder_that_systemd_would_read_otherwise_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--backup-target", value]) == 1
    assert "--backup-target" in capsys.readouterr().err


def test_the_red_checks_of_a_department_are_told_with_what_to_do() -> None:
    reports = [
        {"name": "folder", "grade": "red", "finding": "others may enter it", "todo": "run: chmod 700 /x"},
        {"name": "database", "grade": "red", "finding": "no answer", "todo": ""},
        {"name": "settings", "grade": "red", "finding": "a.b: unknown key", "todo": ""},
        {"name": "settings", "grade": "red", "finding": "c: unknown key", "todo": ""},
        {"name": "clock", "grade": "amber", "finding": "not set", "todo": "chrony"},
    ]
    lines = ["alpr-edge: something else", json.dumps({"grade": "red", "checks": reports})]
    told = {
        "folder": "others may enter it; run: chmod 700 /x",
        "database": "no answer",
        "settings": "a.b: unknown key; c: unknown key",
    }
    assert checks.red_checks(lines) == told
    assert checks.red_checks(["alpr-edge: no department there"]) == {}


class OneStep:
    """A step with one change to make, or none."""

    name = "one"

    def __init__(self, *changes: str) -> None:
        self._changes = list(changes)

    def pending(self) -> list[str]:
        return self._changes

    def apply(self, undo: object) -> None:
        self._changes.clear()


def test_an_address_that_the_certificate_has_in_another_form_is_not_missing(
    tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    certificate = tmp_path / "server.pem"
    names = "subjectAltName=DNS:alpr.example,IP:192.0.2.10,IP:2001:db8::1"
    make = [require_tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    make += ["-subj", "/CN=x", "-addext", names, "-keyout", os.devnull, "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    present = ["ALPR.example", "192.0.2.10", "2001:db8::1", "2001:DB8:0::1"]
    assert DepartmentFolderStep(present, with_postgresql=False, certificate=certificate).pending() == []
    more = DepartmentFolderStep([*present, "2001:db8::2", "b.example"], with_postgresql=False, certificate=certificate)
    lines = [f"add the name {name} to the server's certificate" for name in ("2001:db8::2", "b.example")]
    assert more.pending() == lines


def test_a_check_ends_with_1_as_long_as_something_would_change(capsys: pytest.CaptureFixture[str]) -> None:
    step = OneStep("make it")
    assert report_steps("x", [step], dry_run=True, as_json=True, is_check=True) == 1
    assert report_steps("x", [step], dry_run=True, as_json=True) == 0
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.CHANGED]
    assert report_steps("x", [step], dry_run=True, as_json=True, is_check=True) == 0
    summaries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [StepOutcome(**summary["steps"][0]).state for summary in summaries] == ["would change"] * 2 + ["no change"]


def test_the_command_runs_as_the_departments_user_and_tells_who_typed(tmp_path: Path) -> None:
    setpriv = tmp_path / "setpriv"
    setpriv.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    setpriv.chmod(0o755)
    script = OVERLAY / str(host.COMMAND).lstrip("/")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SUDO_USER": "ana"}
    text = script.read_text(encoding="utf-8").replace("((EUID != 0))", "((1 != 1))")
    text = text.replace("/proc/self/loginuid", "/nowhere")
    command = ["bash", "-c", text, "alpr-edge-department", "status", "--json"]
    words = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert words[0] == f"--reuid={host.USER}"
    assert {"ALPR_EDGE_CALLER=ana", f"ALPR_EDGE_DEPARTMENT={host.FOLDER}"} <= set(words)
    assert words[-4:] == [f"{host.BASE}/current/.venv/bin/alpr-edge", "department", "status", "--json"]
