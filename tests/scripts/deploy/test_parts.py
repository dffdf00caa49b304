"""What steps make of settings, locks and the files laid over /."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import pytest

from alpr_edge.domain.protocol import service_ports
from alpr_edge.settings import ConsoleSettings
from scripts.deploy.provision import __main__ as program
from scripts.deploy.provision import firewall
from scripts.deploy.provision.accounts import FOLDERS, UNIT_USER, wrong_folders
from scripts.deploy.provision.department import CHOOSE, EnrolmentStep, Invitation, ModelsStep, red
from scripts.deploy.provision.firewall import page_rule, ports_of
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.plan import ProvisionRequest, _settings, plan
from scripts.deploy.provision.release import BUILDERS, builders_lock, version_of
from scripts.deploy.provision.steps import State, provision
from scripts.deploy.provision.unit_settings import unit_settings, with_value

ROOT = Path(__file__).parents[3]
SYSTEM = ROOT / "config" / "system"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", '\n[unit]\nid = "car-7"\n'),
        ('[unit]\n# The car.\nid = "x"  # old\n[uplink]\n', '[unit]\n# The car.\nid = "car-7"\n[uplink]\n'),
        ('[unit]\n[other]\nid = "x"\n', '[unit]\nid = "car-7"\n[other]\nid = "x"\n'),
        ('[a]\n#id = "no"\n  [unit]\n#id = "x"\n', '[a]\n#id = "no"\n  [unit]\nid = "car-7"\n#id = "x"\n'),
    ],
)
def test_one_value_is_set_and_the_rest_stays(text: str, result: str) -> None:
    assert with_value(text, "unit", "id", "car-7") == result


def test_a_table_written_inline_is_refused() -> None:
    with pytest.raises(ProvisioningError, match="settings"):
        with_value('unit = { id = "x" }\n', "unit", "id", "car-7")


def test_the_example_becomes_a_units_settings() -> None:
    example = (ROOT / "config" / "alpr-edge.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(unit_settings(example, "car-7", "https://alpr.example.org:8443"))
    before = tomllib.loads(example)
    assert (settings["unit"].pop("id"), settings["uplink"].pop("url")) == ("car-7", "https://alpr.example.org:8443")
    del before["unit"]["id"], before["uplink"]["url"]
    assert settings == before


@pytest.mark.parametrize(
    ("unit", "department", "message"),
    [
        ("a b", "", "--unit-id a b: letters"),
        ("x" * 65, "", "at most 64"),
        ("", "http://example.org", "begins with https://"),
        ("", 'https://example.org/"', "begins with https://"),
    ],
)
def test_what_is_no_id_or_address_is_refused(unit: str, department: str, message: str) -> None:
    with pytest.raises(ProvisioningError, match=re.escape(message)):
        unit_settings("", unit, department)


def test_ports_are_those_of_the_settings_alone() -> None:
    settings = {
        "uplink": {"url": "https://alpr.example.org"},
        "hotlist": {"source": [{"url": "https://lists.example.org:9443/svs"}, {"folder": "/srv"}]},
        "camera": [{"url": "rtsp://user:word@192.0.2.10/stream"}, {"kind": "v4l2"}],
    }
    assert sorted(ports_of(settings)) == [443, 554, 9443]
    assert sorted(ports_of({}, "https://alpr.example.org:8443")) == [8443]
    assert list(ports_of({"evidence": {"time_stamp_url": "http://stamps.example.org/tsa"}})) == [80]
    assert list(ports_of({"evidence": {"time_stamp_url": "https://stamps.example.org"}})) == [443]
    assert list(ports_of({"evidence": {"time_stamp_url": "http://stamps.example.org:3161/"}})) == [3161]
    assert list(ports_of({"evidence": {"time_stamp_url": ""}})) == []
    assert list(ports_of({})) == []
    assert firewall.ENROL_PORT == service_ports.ENROL_PORT


def test_a_bad_port_is_named_without_the_password_beside_it() -> None:
    with pytest.raises(ProvisioningError) as error:
        list(ports_of({"camera": [{"url": "rtsp://user:word@192.0.2.10:99999/"}]}))
    assert "word" not in str(error.value)
    assert "192.0.2.10:99999" in str(error.value)


@pytest.mark.parametrize(
    ("console", "rule"),
    [
        ({}, "# "),
        ({"address": "127.0.0.1", "port": 9000}, "# "),
        ({"address": "192.0.2.7"}, "ip daddr 192.0.2.7 fib daddr . iif type local tcp dport 8447 accept"),
        (
            {"address": "2001:db8::7", "port": 443},
            "ip6 daddr 2001:db8::7 fib daddr . iif type local tcp dport 443 accept",
        ),
    ],
)
def test_the_page_is_reached_at_its_own_address_alone(console: dict[str, object], rule: str) -> None:
    assert page_rule(console).startswith(rule)
    assert (ConsoleSettings().address, ConsoleSettings().port) == (firewall.PAGE_ADDRESS, firewall.PAGE_PORT)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "car.example", "192.0.2.7; accept", "fe80::1%eth0 accept #"])
def test_an_address_that_is_none_of_one_interface_opens_nothing(address: str) -> None:
    with pytest.raises(ProvisioningError, match=re.escape(f"console.address {address}: ")):
        page_rule({"address": address})


@pytest.mark.parametrize("port", ["8447 accept\nip saddr 0.0.0.0/0 accept #", 0, 65_536, True, 8447.0])
def test_a_port_that_is_none_opens_nothing(port: object) -> None:
    with pytest.raises(ProvisioningError, match=r"console\.port .*: a number from 1 to 65535"):
        page_rule({"address": "192.0.2.7", "port": port})


def test_builders_are_all_that_hatchling_needs() -> None:
    names_left, seen_names = ["hatchling"], set()
    while names_left:
        name = names_left.pop()
        seen_names.add(name)
        requirements = [line for line in distribution(name).requires or [] if not re.search("extra ==|version <", line)]
        names_left += [re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in requirements]
    assert seen_names == set(BUILDERS)


def test_the_builders_lock_has_their_hashes() -> None:
    lock = builders_lock((ROOT / "requirements-dev.lock").read_text(encoding="ascii"))
    assert sorted(re.findall(r"(?m)^([a-z-]+)==", lock)) == sorted(BUILDERS)
    assert lock.count("--hash=sha256:") >= len(BUILDERS)


def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version_of(ROOT))
    with pytest.raises(ProvisioningError, match="no checkout"):
        version_of(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "../../etc"\n')
    with pytest.raises(ProvisioningError, match="is no version"):
        version_of(tmp_path)


def test_steps_come_in_the_order_that_they_need() -> None:
    names = [step.name for step in plan(ProvisionRequest(ROOT))]
    assert len(names) == len(set(names))
    early = ["packages", "accounts", "release", "keys", "command", "settings"]
    needs = [*early, "firewall", "enrolment", "lists", "services", "check"]
    assert [name for name in names if name in needs] == needs


def test_every_file_for_the_system_is_laid_by_a_step() -> None:
    source = "".join(path.read_text() for path in (ROOT / "scripts" / "deploy" / "provision").glob("*.py"))
    source = source.replace("{user}", UNIT_USER)
    for path in SYSTEM.rglob("*"):
        if path.is_file():
            name = str(path.relative_to(SYSTEM))
            assert name in source or path.name == "nftables.conf", name


def test_settings_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="cannot be read: No such file"):
        plan(ProvisionRequest(ROOT, settings=tmp_path / "missing.toml"))


def test_a_folder_with_another_mode_is_seen(tmp_path: Path) -> None:
    owner, group = tmp_path.owner(), tmp_path.group()
    tmp_path.chmod(0o750)
    assert list(wrong_folders(f"# rules\nd {tmp_path} 0750 {owner} {group}\n")) == []
    assert list(wrong_folders(f"d {tmp_path} 0700 {owner} {group}\n")) == [f"make {tmp_path}: 0700 {owner}:{group}"]
    assert len(list(wrong_folders((SYSTEM / FOLDERS).read_text()))) >= 1


def test_udev_understands_the_rules(require_tool: Callable[[str], str]) -> None:
    rules = SYSTEM / "etc" / "udev" / "rules.d" / "60-alpr-edge.rules"
    command = [require_tool("udevadm"), "verify", "--resolve-names=never", "--no-summary", str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_upgrades_are_of_security_alone(require_tool: Callable[[str], str]) -> None:
    file = SYSTEM / "etc" / "apt" / "apt.conf.d" / "52alpr-edge-upgrades"
    command = [require_tool("apt-config"), "--config-file", str(file), "dump"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    origins = re.findall(r"Unattended-Upgrade::Origins-Pattern:: \"(.*)\"", output)
    assert origins == ["origin=Debian,codename=${distro_codename}-security,label=Debian-Security"]
    assert 'Automatic-Reboot "false"' in output


def test_the_command_of_a_unit_asks_for_root(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        command = [str(SYSTEM / "usr/local/bin/alpr-edge"), "hotlist", "status"]
    else:
        command = ["setpriv", "--reuid=65534", "--clear-groups", "bash", "-s", "hotlist", "status"]
    script = (SYSTEM / "usr/local/bin/alpr-edge").read_text()
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 3
    assert done.stderr.endswith("opened for root alone; run it with sudo in front\n")


def test_what_is_missing_is_asked_for_with_sane_defaults(tmp_path: Path) -> None:
    answers = {
        "settings file": "",
        "id of this unit": "car-7",
        "time zone": "Europe/Lisbon",
        "department": "https://a.example",
        "one-time": "C0DE",
    }
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return next((text for start, text in answers.items() if question.startswith(start)), "")

    request = program.complete_request(
        ProvisionRequest(ROOT, invitation=Invitation(fingerprint="ab12")), answer, tmp_path
    )
    assert (request.settings, request.unit_id) == (ROOT / "config" / "alpr-edge.toml", "car-7")
    assert request.time_zone == "Europe/Lisbon"
    assert (request.invitation, request.department) == (Invitation("C0DE", "ab12"), "https://a.example")
    assert questions[0].endswith(f"[{ROOT / 'config' / 'alpr-edge.toml'}]: ")
    everything = ProvisionRequest(
        ROOT,
        "car-7",
        "https://a.example",
        Invitation("C0DE", "ab12"),
        tmp_path / "fleet.toml",
        time_zone="Europe/Lisbon",
    )
    questions.clear()
    assert program.complete_request(everything, answer, tmp_path) == everything
    (tmp_path / "alpr-edge.toml").touch()
    assert program.complete_request(ProvisionRequest(ROOT), answer, tmp_path) == ProvisionRequest(ROOT)
    assert questions == []


@pytest.fixture
def fleet(tmp_path: Path) -> ProvisionRequest:
    """A request with a fleet's settings file, as it is typed again after a step failed."""
    file = tmp_path / "fleet.toml"
    file.write_text('[unit]\nid = "unit-1"\n\n[uplink]\nurl = ""\n')
    return ProvisionRequest(ROOT, settings=file)


def test_a_provisioning_that_is_run_again_keeps_the_cars_id_and_its_department(
    tmp_path: Path, fleet: ProvisionRequest
) -> None:
    answers = {"id of this unit": "car-12", "department": "https://a.example"}
    installed = tmp_path / "alpr-edge.toml"

    def answer(question: str) -> str:
        return next((text for start, text in answers.items() if question.startswith(start)), "")

    first = _settings(program.complete_request(fleet, answer, tmp_path), installed)
    assert tomllib.loads(first) == {"unit": {"id": "car-12"}, "uplink": {"url": "https://a.example"}}
    installed.write_text(first)
    assert _settings(program.complete_request(fleet, answer, tmp_path), installed) == first
    other = _settings(replace(fleet, unit_id="car-13", department="https://b.example"), installed)
    assert tomllib.loads(other) == {"unit": {"id": "car-13"}, "uplink": {"url": "https://b.example"}}


def test_a_fleets_file_with_another_department_is_not_chosen_between(tmp_path: Path, fleet: ProvisionRequest) -> None:
    assert fleet.settings is not None
    fleet.settings.write_text('[uplink]\nurl = "https://b.example"\n')
    installed = tmp_path / "alpr-edge.toml"
    installed.write_text('[unit]\nid = "car-12"\n[uplink]\nurl = "https://a.example"\n')
    with pytest.raises(ProvisioningError, match=r"https://a\.example, the fleet's https://b\.example; .*--department"):
        _settings(fleet, installed)
    installed.write_text('[unit]\nid = "car-12"\n')
    assert tomllib.loads(_settings(fleet, installed)) == {
        "unit": {"id": "car-12"},
        "uplink": {"url": "https://b.example"},
    }


@pytest.mark.parametrize("content", [b"[unit\n", b"\xff\xfe\x00"])
def test_the_id_of_settings_that_cannot_be_read_is_not_guessed(
    tmp_path: Path, fleet: ProvisionRequest, content: bytes
) -> None:
    installed = tmp_path / "alpr-edge.toml"
    installed.write_bytes(content)
    with pytest.raises(ProvisioningError, match="move it away, and pass --unit-id"):
        _settings(fleet, installed)


def test_whoever_lacks_a_code_is_told_a_command_that_the_department_has() -> None:
    with pytest.raises(ProvisioningError, match="by: sudo alpr-edge-department code UNIT_ID"), ExitStack() as undo:
        EnrolmentStep("https://a.example", Invitation()).apply(undo)


def test_an_unfit_unit_is_told_by_what_is_red() -> None:
    report = {"checks": [{"name": "gps", "verdict": "red", "said": "no fix"}, {"name": "disk", "verdict": "green"}]}
    assert red(ProvisioningError("x", [json.dumps(report)])).startswith("the unit works and is not fit: gps: no fix;")
    assert red(ProvisioningError("cannot start", ["alpr-edge: no"])) == "cannot start"


UNIT_COMMAND = """#!/bin/sh
echo "$*" >> "$0.calls"
case "$*" in
    "models choose") touch "$0.chosen"; test ! -e "$0.full" ;;
    "models choice") test -e "$0.chosen" ;;
    *) test ! -e "$0.changed" ;;
esac
"""


def test_model_files_are_measured_once_by_the_units_own_command(tmp_path: Path) -> None:
    command = tmp_path / "alpr-edge"
    step = ModelsStep(command)
    assert step.pending() == [CHOOSE]
    command.write_text(UNIT_COMMAND, encoding="utf-8")
    command.chmod(0o755)
    (dry,) = provision([step], dry_run=True)
    assert (dry.state, dry.changes) == (State.WOULD_CHANGE, [CHOOSE])
    assert not (tmp_path / "alpr-edge.chosen").exists()
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.CHANGED]
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.SAME]
    calls = (tmp_path / "alpr-edge.calls").read_text(encoding="utf-8").splitlines()
    assert calls.count("models choose") == 1
    (tmp_path / "alpr-edge.changed").touch()
    (outcome,) = provision([step], dry_run=False)
    assert outcome.state is State.FAILED


def test_a_measurement_that_fails_is_said(tmp_path: Path) -> None:
    command = tmp_path / "alpr-edge"
    command.write_text(UNIT_COMMAND, encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "alpr-edge.full").touch()
    (outcome,) = provision([ModelsStep(command)], dry_run=False)
    assert (outcome.state, "models choose: exit code 1" in outcome.error) == (State.FAILED, True)
