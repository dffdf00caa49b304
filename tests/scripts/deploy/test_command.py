"""The unit's own command: what reaches the journal, who is said to have typed, and which keys each command gets."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.protocol.service_ports import ENROL_PORT
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import KEY_NAMES
from tests.cli import tree
from tests.units import write_bare_unit

ROOT = Path(__file__).parents[3]
COMMAND = ROOT / "config" / "system" / "usr" / "local" / "bin" / "alpr-edge"
KEPT = "/etc/credstore.encrypted"
PROGRAM = "/opt/alpr-edge/current/.venv/bin/alpr-edge"
TYPED = {"_ALPR_EDGE_COMPLETE": "complete_bash", "COMP_WORDS": "alpr-edge re", "COMP_CWORD": "1"}
"""What a shell says when it asks how a word goes on."""
DAEMONS = {
    "run": "alpr-edge.service",
    "uplink": "alpr-edge-uplink.service",
    "console": "alpr-edge-console.service",
    "unit metrics": "alpr-edge-metrics.service",
}
WORDS = {
    "drive": ["--source", "nowhere", "--out", "nowhere"],
    "read": ["nowhere.jpg"],
    "hotlist import": ["feed.csv", "--source", "bolo", "--format", "generic-csv"],
    "hotlist export": ["--rejected", "--source", "bolo"],
    "hotlist status": ["--entries"],
    "hotlist list": ["bolo"],
    "hotlist rollback": ["bolo"],
    "hotlist drop": ["bolo", "--yes"],
    "hotlist dismiss": ["bolo"],
    "hotlist add": ["--reason", "major_crime", "--case", "1", "--expires", "2100-01-01T00:00:00Z"],
    "hotlist remove": ["none"],
    "outbox offload": ["medium"],
    "outbox receipts": ["medium"],
    "canvass end": ["none"],
    "canvass show": ["none"],
    "canvass result": ["none"],
    "report transparency": ["--month", "2026-11"],
    "report precision": ["--month", "2026-11"],
    "report quality": ["--month", "2026-11"],
    "audit prove": ["0"],
    "audit check": ["nowhere.tlog-proof", "--key", "none"],
    "audit report": ["--from", "2026-11-01", "--to", "2026-11-30"],
    "audit review": ["2026-W48", "--note", "nothing stood out"],
    "evidence verify": ["nowhere"],
    "evidence export": ["26-123456", "--to", "nowhere"],
    "department evidence": ["list", "--directory", "nowhere"],
    "department exchange": ["list", "--directory", "nowhere"],
    "accounts add": ["--badge", "1", "--name", "Ana Ruiz", "--agency", "PD"],
    "accounts change": ["1", "--title", "officer"],
    "accounts suspend": ["1"],
    "accounts import": ["feed.csv"],
    "accounts invite": ["1"],
    "accounts unlock": ["1"],
    "models add": ["nowhere", "nowhere", "--config", "nowhere"],
    "department init": ["department", "--name", "127.0.0.1"],
    "department migrate": ["--directory", "nowhere"],
    "department copy": ["--to", "postgresql:///alpr", "--directory", "nowhere"],
    "department backup": ["target", "--directory", "nowhere"],
    "department restore": ["nowhere", "new"],
    "department drill": ["nowhere", "--directory", "nowhere"],
    "department serve": ["--directory", "nowhere"],
    "department check": ["--directory", "nowhere"],
    "department metrics": ["--figures", "nowhere", "--host", "nowhere"],
    "department import": ["nowhere", "--directory", "nowhere"],
    "department publish": ["nowhere", "--directory", "nowhere", "--source", "bolo"],
    "department status": ["--directory", "nowhere"],
    "department key": ["--directory", "nowhere"],
    "department renew": ["--directory", "nowhere"],
    "department verify": ["--directory", "nowhere"],
    "department lists": ["--directory", "nowhere"],
    "department withdraw": ["bolo", "--directory", "nowhere"],
    "department audience": ["--directory", "nowhere"],
    "department acknowledge": ["unit-1", "--reason", "replaced", "--directory", "nowhere"],
    "department code": ["unit-1", "--directory", "nowhere"],
    "department unit": ["list", "--directory", "nowhere"],
    "department people": ["list", "--directory", "nowhere"],
    "department roster": ["show", "--directory", "nowhere"],
    "department settings": ["list", "--directory", "nowhere"],
    "department holds": ["list", "--directory", "nowhere"],
    "department purge": ["--directory", "nowhere"],
    "department sign-in": ["--directory", "nowhere"],
    "department sign-out": ["--directory", "nowhere"],
    "department password": ["--directory", "nowhere"],
    "department search": ["--directory", "nowhere"],
    "department saved-searches": ["list", "--directory", "nowhere"],
    "department page": ["--directory", "nowhere"],
    "department audit": ["verify", "--directory", "nowhere"],
    "department incident": ["list", "--directory", "nowhere"],
    "department release": ["list", "--directory", "nowhere"],
    "department policy": ["--directory", "nowhere"],
    "department website": ["write", "--directory", "nowhere"],
    "department alarms": ["--directory", "nowhere"],
    "department report": ["--month", "2026-11", "--directory", "nowhere"],
    "department deletions": ["list", "--directory", "nowhere"],
    "department images": ["check", "--directory", "nowhere"],
    "department keys": ["list", "--directory", "nowhere"],
    "unit enroll": ["--code", "X", "--enroll-port", str(ENROL_PORT)],
    "unit retire": ["--yes"],
    "unit init": ["new", "--camera", "simulated", "--hotlist", "feed.csv", "--administrator-later"],
    "unit card": ["card.pdf"],
    "unit support-bundle": [
        "--to",
        "bundle.zip",
        "--skip",
        "camera,card,gps,clock,sound,disk,department,models",
    ],
    "holds place": ["none", "--reason", "subpoena", "--case", "26-123456"],
    "holds release": ["none", "--reason", "case closed"],
    "unit check": ["--json", "--skip", "camera,card,gps,clock,sound,disk,certificates,department,models,versions"],
    "reads picture": ["none", "none.jpg"],
    "settings init": ["new.toml"],
    "settings check": ["alpr-edge.toml"],
    "settings show": ["alpr-edge.toml"],
    "settings apply": ["alpr-edge.toml", "--settings", "alpr-edge.toml", "--yes"],
    "settings migrate": ["alpr-edge.toml"],
}
"""What a command needs besides its settings to get as far as its keys."""
NO_SETTINGS = {"read", "department", "settings", "unit init", "unit card", "unit aim", "audit check", "evidence verify"}


def commands() -> set[str]:
    """The noun and the verb of each command; a noun below a noun counts as a verb."""
    return {" ".join(words[:2]) for words in tree.commands()}


def table() -> dict[str, set[str]]:
    """The keys of each command, as the script has them."""
    lines = re.findall(r'(?m)^    \[([a-z -]+)\]="([a-z ]*)"$', COMMAND.read_text(encoding="utf-8"))
    assert len(dict(lines)) == len(lines)
    return {name: set(keys.split()) for name, keys in lines}


class Station:
    """A computer whose systemd-run shows what it is asked for in place of doing it."""

    def __init__(self, folder: Path) -> None:
        self._programs, self._credentials = folder / "programs", folder / "credstore"
        self._programs.mkdir()
        self._credentials.mkdir()
        for name in KEY_NAMES:
            (self._credentials / f"alpr-edge-{name}").touch()
        self._write_program("systemd-run", 'printf "%s\\n" "$@"')
        self.let_user_enter("yes")

    def run_without_keys(
        self, *arguments: str, program: str, is_root: bool, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command with another program in place of the release's, which tells what reaches it."""
        script = COMMAND.read_text(encoding="utf-8").replace(PROGRAM, program)
        if not is_root:
            script = script.replace("((EUID == 0))", "((0))").replace("((EUID != 0))", "((1))")
        words = ["bash", "-s", "--", *arguments]
        variables = {"PATH": os.environ["PATH"], **environment}
        return subprocess.run(words, input=script, env=variables, capture_output=True, text=True, check=False)

    def _write_program(self, name: str, line: str) -> None:
        program = self._programs / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)

    def let_user_enter(self, word: str) -> None:
        """Say whether the unit's user may enter the present folder: "yes" or "no"."""
        may_enter = '[ "$*" = "--reuid=alpr-edge --regid=alpr-edge --init-groups test -x $PWD" ]'
        self._write_program("setpriv", may_enter if word == "yes" else f"! {may_enter}")

    def run_words(self, *arguments: str, says: str = "", **environment: str) -> list[str]:
        """The words that systemd-run gets."""
        script = (
            COMMAND.read_text(encoding="utf-8").replace(KEPT, str(self._credentials)).replace("((EUID != 0))", "((0))")
        )
        variables = {name: value for name, value in os.environ.items() if name != "SUDO_USER"}
        variables |= {"PATH": f"{self._programs}:{os.environ['PATH']}", **environment}
        run = subprocess.run(
            ["bash", "-s", "--", *arguments], input=script, env=variables, capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stderr) == (0, says)
        return run.stdout.splitlines()

    def keys(self, *arguments: str) -> set[str]:
        """The keys that a command gets."""
        matches = [
            re.fullmatch(r"--property=LoadCredentialEncrypted=alpr-edge-(\w+)", word)
            for word in self.run_words(*arguments)
        ]
        return {match[1] for match in matches if match}


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.mark.review(15)
def test_every_command_is_in_the_table_of_keys_and_gets_what_stands_there(station: Station) -> None:
    keys = table()
    assert keys.keys() == commands()
    assert {name: station.keys(*name.split(), "--json") for name in keys} == keys
    assert all(station.keys("--verbose", *name.split()) == keys[name] for name in ("reads", "hotlist add"))
    for nothing in ((), ("--version",), ("hotlist",), ("hotlist", "--help"), ("unheard", "of")):
        assert station.keys(*nothing) == set()
        # Its folder is there even so: "settings check" would miss the keys' files otherwise.
        assert "--property=SetCredential=alpr-edge-unit:provisioned" in station.run_words(*nothing)


@pytest.mark.review(15)
@pytest.mark.parametrize("name", sorted(set(table()) - DAEMONS.keys()))
def test_a_command_opens_the_keys_of_the_table_and_no_other(name: str, tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    with settings.open("a", encoding="utf-8") as file:
        file.write('[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\nfolder = "drop"\n')
    (tmp_path / "feed.csv").write_text("plate,reason,state\n4XYZ123,Stolen,CA\n", encoding="utf-8")
    (tmp_path / "drop").mkdir()
    Database.open(tmp_path / "data", (tmp_path / "keys" / "outbox.key").read_bytes(), migrate=True).close()
    AccessLog.open(load(settings), migrate=True).close()
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for key in KEY_NAMES:
        key_file = (tmp_path / "keys" / f"{key}.key").rename(credentials / f"alpr-edge-{key}")
        key_file.chmod(0o400)
    opens = table()[name]

    def output_with(keys: set[str]) -> str:
        folder = tmp_path / "passed"
        shutil.rmtree(folder, ignore_errors=True)
        (tmp_path / "bundle.zip").unlink(missing_ok=True)  # what the command before made
        folder.mkdir()
        for made in (tmp_path / "keys").iterdir():
            made.unlink()
        for key in keys:
            shutil.copy2(credentials / f"alpr-edge-{key}", folder)
        words = [*name.split(), *WORDS.get(name, ())]
        if not {name, name.split(maxsplit=1)[0]} & NO_SETTINGS:
            words += ["--settings", str(settings)]
        with contextlib.chdir(tmp_path):
            done = CliRunner().invoke(app, words, input="4XYZ123\n", env={"CREDENTIALS_DIRECTORY": str(folder)})
        assert done.exit_code != 2, done.output
        return done.output

    assert "no such key" not in output_with(opens)
    for key in opens:
        assert f"{key}.key: no such key" in output_with(opens - {key})


@pytest.mark.review(15)
@pytest.mark.parametrize(("name", "unit"), DAEMONS.items())
def test_a_daemon_by_hand_gets_the_keys_of_its_service(name: str, unit: str) -> None:
    text = (ROOT / "systemd" / unit).read_text(encoding="utf-8")
    assert table()[name] == set(re.findall(r"(?m)^LoadCredentialEncrypted=alpr-edge-(\w+)", text))


def test_a_support_bundle_may_read_the_journal_and_no_other_command(station: Station) -> None:
    group = "--property=SupplementaryGroups=systemd-journal"
    assert group in station.run_words("unit", "support-bundle", "--to", "x.zip")
    assert group not in station.run_words("unit", "check")


@pytest.mark.review(15)
def test_the_journal_learns_that_a_command_ran_and_not_which(station: Station) -> None:
    words = station.run_words("hotlist", "remove", "5f3a")
    assert "--description=alpr-edge: a command by hand" in words
    own = words[: words.index(PROGRAM)]
    assert not [word for word in own if "hotlist" in word or "5f3a" in word]


@pytest.mark.review(15)
def test_who_typed_is_passed_on(station: Station) -> None:
    login = Path("/proc/self/loginuid")
    is_seen = login.exists() and int(login.read_text(encoding="ascii")) != 2**32 - 1
    names = {word for word in station.run_words("reads", SUDO_USER="r.alvarez") if word.startswith("--setenv=")}
    (option,) = names
    assert option == "--setenv=ALPR_EDGE_CALLER=r.alvarez" or (
        is_seen and option.startswith("--setenv=ALPR_EDGE_CALLER=")
    )


def test_a_command_starts_where_it_was_typed_or_where_its_user_may_not_go_in_the_root(station: Station) -> None:
    """systemd changes folder as the user of the unit, who may not enter a home folder; the dash bears with that."""
    words = station.run_words("reads", "list")
    assert f"--property=WorkingDirectory=-{Path.cwd()}" in words
    assert "--same-dir" not in words


def test_whoever_types_where_the_units_user_may_not_enter_is_told_to_give_whole_paths(station: Station) -> None:
    station.let_user_enter("no")
    says = "alpr-edge: this folder may not be entered by the unit's user: give whole paths, below /tmp say\n"
    words = station.run_words("unit", "support-bundle", "--to", "x.zip", says=says)
    assert words[-3:] == ["support-bundle", "--to", "x.zip"]
    station.run_words("settings", "apply", "new.toml")  # root's, who may


def test_completion_is_answered_to_whoever_types_and_needs_no_root(station: Station) -> None:
    done = station.run_without_keys(program="/usr/bin/env", is_root=False, **TYPED)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.splitlines()) >= {f"{name}={value}" for name, value in TYPED.items()}
    for option in ("--install-completion", "--show-completion"):
        done = station.run_without_keys("--verbose", option, program="/usr/bin/echo", is_root=False)
        assert (done.returncode, done.stdout) == (0, f"--verbose {option}\n")
    for words in (("reads", "--install-completion"), ("hotlist", "status"), ()):
        done = station.run_without_keys(*words, program="/usr/bin/echo", is_root=False, _ALPR_EDGE_COMPLETE="")
        assert (done.returncode, done.stdout, "with sudo in front" in done.stderr) == (3, "", True)


def test_completion_for_root_runs_as_nobody_with_what_was_typed_alone(
    station: Station, require_system_module: Callable[[str], str]
) -> None:
    require_system_module("import os; assert os.geteuid() == 0, 'only root becomes somebody else'")
    more = {"PYTHONPATH": "/tmp", "ALPR_EDGE_CALLER": "root", "CREDENTIALS_DIRECTORY": "/tmp", "SUDO_USER": "ana"}
    told = station.run_without_keys(program="/usr/bin/env", is_root=True, **TYPED, **more).stdout.splitlines()
    assert sorted(told) == sorted(f"{name}={value}" for name, value in {"PATH": os.environ["PATH"], **TYPED}.items())
    who = station.run_without_keys(program="/usr/bin/id", is_root=True, **TYPED).stdout
    assert re.fullmatch(r"uid=\d+\(nobody\) gid=\d+\(nogroup\) groups=\d+\(nogroup\)\n", who), who
    shown = station.run_without_keys("--show-completion", program="/usr/bin/echo", is_root=True)
    assert (shown.returncode, shown.stdout) == (0, "--show-completion\n")


def test_root_installs_no_completion(station: Station, require_system_module: Callable[[str], str]) -> None:
    require_system_module("import os; assert os.geteuid() == 0, 'the command refuses others before'")
    done = station.run_without_keys("--install-completion", program="/usr/bin/echo", is_root=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "type this without sudo" in done.stderr
