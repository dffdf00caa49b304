"""The department's guides name every command and every event, and none that there is not."""

import re
from pathlib import Path
from typing import cast

import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.cli.department.app import app as department
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from scripts.deploy.department.plan import PACKAGES
from scripts.deploy.department.postgresql import PACKAGE

ROOT = Path(__file__).parents[2]
GROUPS = {
    *("unit", "people", "roster", "holds", "evidence", "images", "keys", "audit", "exchange", "release", "incident"),
    *("website", "saved-searches", "settings"),
}
"""Commands that have commands beneath them, of which the guide shows options."""
GUIDE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "config").glob("department-*.md")))


def test_every_event_of_the_log_is_explained() -> None:
    paths = [path for folder in ("department", "web") for path in (ROOT / "alpr_edge" / folder).rglob("*.py")]
    sources = "".join(path.read_text(encoding="utf-8") for path in paths)
    events = set(re.findall(r'"(department\.[a-z_]+)"', sources)) - {DATABASE_NAME}
    assert set(re.findall(r"(?m)^\| `(department\.[a-z_]+)` \|", GUIDE)) - {DATABASE_NAME} == events


def test_every_command_is_named_and_takes_the_options_named() -> None:
    names = set(cast("TyperGroup", typer.main.get_command(department)).commands)
    lines = re.findall(r"(?<!alpr-)\bedge ([a-z-]+)((?: [^`\n]*)?)", GUIDE)
    assert {name for name, _ in lines} == names
    for name, words in lines:
        verb = words.split()[:1] if name in GROUPS else []
        text = CliRunner().invoke(app, ["department", name, *verb, "--help"], terminal_width=200).output
        for option in re.findall(r"--[a-z-]+", words):
            assert option in text, (name, option)


def test_a_bundle_for_a_server_without_internet_gets_what_setting_up_installs() -> None:
    (sentence,) = re.findall(r"FOLDER is filled as for cars(.*?)A server that has these", GUIDE, re.DOTALL)
    named = re.findall(r"`([a-z][a-z0-9-]+)`", sentence)
    assert sorted(named) == sorted((*PACKAGES, PACKAGE))


def test_every_file_that_it_names_is_there() -> None:
    for name in ("systemd/department/alpr-edge-department.service", "requirements.lock", "config/technicians-guide.md"):
        assert name.rpartition("/")[2] in GUIDE
        assert (ROOT / name).is_file()
