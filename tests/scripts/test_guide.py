"""The technician's guide says what the software does: commands, tables, tones and settings are the product's own."""

import re
import shlex
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.alerting import Tone
from alpr_edge.settings import parse
from scripts.deploy.provision.base import PACKAGES
from tests.cli import tree

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "config" / "technicians-guide.md").read_text(encoding="utf-8")
AIMS = re.findall(r"```\n\$ (alpr-edge unit aim [^\n]*)\n(.*?)\n```", GUIDE, re.DOTALL)
SPANS = sorted({span.removeprefix("sudo ") for span in re.findall(r"`([^`\n]+)`", GUIDE)} | {line for line, _ in AIMS})
COMMANDS_BY_WORDS = tree.commands()
COMMANDS = [span for span in SPANS if span.startswith("alpr-edge ")]
SCRIPTS = [span.removeprefix("/opt/alpr-edge/current/") for span in SPANS if re.match(r"(/opt/\S+/)?scripts/", span)]


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == 0, (words, result.output)
    return result.output


@cache
def help_of(script: str) -> str:
    return subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, check=True, timeout=300).stdout


def options_of(words: list[str]) -> list[str]:
    return [word for word in words if word.startswith("--")]


def missing_arguments(verbs: list[str], words: list[str]) -> list[str]:
    """The required arguments of a command for which the words after it have none; none of a group of commands."""
    params = getattr(COMMANDS_BY_WORDS.get(tuple(verbs)), "params", [])
    options = [each for each in params if each.param_type_name == "option" and not each.is_flag]
    valued = {name for each in options for name in each.opts}
    pairs = zip(["", *words], words, strict=False)
    given = [word for before, word in pairs if not word.startswith("-") and before not in valued]
    wanted = [each.name for each in params if each.param_type_name == "argument" and each.required]
    return wanted[len(given) :]


def test_the_guide_names_commands() -> None:
    assert len(COMMANDS) > 15
    assert {"scripts/provision", "scripts/update", "scripts/decommission", "scripts/bundle"} <= {
        script.split()[0] for script in SCRIPTS
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists_with_its_options(command: str) -> None:
    words = shlex.split(command)[1:]
    verbs = []
    for word in words:
        if not re.fullmatch(r"[a-z]+(-[a-z]+)?", word):
            break
        verbs.append(word)
    help_text = run(*verbs, "--help")
    assert [option for option in options_of(words) if option not in help_text] == []
    for required_option in re.findall(r"(--[a-z-]+) <[^\n]*(?:\n {2,}[^-\n][^\n]*)*?\[required\]", help_text):
        assert required_option in words, required_option
    assert "--help" in words or missing_arguments(verbs, words[len(verbs) :]) == []


def test_an_argument_that_a_command_needs_is_missed() -> None:
    proof = ["audit", "prove"]
    assert missing_arguments(proof, []) == missing_arguments(proof, ["--settings", "FILE"]) == ["sequence"]
    assert missing_arguments(proof, ["17", "--settings", "FILE"]) == []
    assert missing_arguments(proof, ["--settings", "FILE", "17"]) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_exists_with_its_options(script: str) -> None:
    name, *words = shlex.split(script)
    assert [option for option in options_of(words) if option not in help_of(name)] == []


def test_there_are_tables_to_aim_by() -> None:
    assert len(AIMS) >= 4


@pytest.mark.parametrize(("command", "table"), AIMS)
def test_every_aiming_table_is_the_answer_of_its_command(command: str, table: str) -> None:
    result = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert [line.rstrip() for line in result.output.splitlines()] == table.splitlines()


def test_every_tone_is_explained_once() -> None:
    section = GUIDE.split("## What the sounds mean")[1].split("## ")[0]
    assert sorted(re.findall(r"(?m)^\| ([a-z]+) \|", section)[1:]) == sorted(tone.value for tone in Tone)


def test_the_packages_to_fetch_for_cars_without_internet_are_those_that_provisioning_installs() -> None:
    (names,) = re.findall(r"--download-only --no-install-recommends ((?:[a-z0-9 -]|\\\n)+)\n```", GUIDE)
    assert sorted(names.replace("\\\n", " ").split()) == sorted(PACKAGES)


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_every_piece_of_settings_is_valid(block: str) -> None:
    parse(tomllib.loads(block), ROOT)


def test_clauses_are_those_that_bear_on_a_technician() -> None:
    clauses = set(re.findall(r"462\.\d+(?:\([a-z]\))?", GUIDE))
    assert clauses == {"462.3", "462.4(a)", "462.4(d)", "462.4(f)", "462.5", "462.6", "462.8"}
