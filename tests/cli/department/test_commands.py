"""The commands, as a person runs them."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.uplink.delivery_client import HttpsDepartment
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for
from tests.uplink.items import hit_item, image_item, read_item

COMMAND = "import sys; from alpr_edge.cli import main; sys.argv[1:1] = ['department']; sys.exit(main())"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "department"
    outcome = CliRunner().invoke(app, ["department", "init", str(folder), "--name", "127.0.0.1", "--name", "localhost"])
    assert outcome.exit_code == 0
    assert "alpr-edge department code UNIT_ID" in outcome.output
    return folder


@pytest.fixture
def unit(directory: Path, tmp_path: Path) -> Path:
    return enrol_unit(directory, "unit-1", tmp_path / "unit-1")


def test_set_up_serve_deliver_and_count(directory: Path, unit: Path) -> None:
    arguments = ["serve", "--directory", str(directory), "--port", "0"]
    server = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        line = server.stderr.readline()
        assert line.startswith("department at https://127.0.0.1:")
        uplink = HttpsDepartment(settings_for(line.split()[2].rstrip(","), unit), "unit-1")
        answers = uplink.deliver([hit_item(), read_item(), image_item()])
        uplink.close()
        assert [answer.outcome for answer in answers] == ["receipt"] * 3
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    finally:
        server.kill()
        server.communicate()
    outcome = CliRunner().invoke(app, ["department", "status", "--directory", str(directory), "--json"])
    counts = json.loads(outcome.output)
    assert counts["items"] == {"hit": 1, "image": 1, "read": 1}
    assert (counts["reads"], counts["hits"], counts["units"]) == (1, 1, {"unit-1": 3})
    text = CliRunner().invoke(app, ["department", "status", "--directory", str(directory)]).output
    assert "from unit-1: 3 items" in text
    assert "served: no" in text
    assert "7ABC123" not in text + outcome.output


def test_an_empty_department_has_a_status(directory: Path) -> None:
    outcome = CliRunner().invoke(app, ["department", "status", "--directory", str(directory)])
    assert outcome.exit_code == 0
    assert "last received never" in outcome.output


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["status", "--directory", "{nowhere}"], "no department there; run: alpr-edge department init"),
        (["serve", "--directory", "{nowhere}"], "no usable server.pem"),
        (["code", "unit-1", "--directory", "{nowhere}"], "no usable certificate of this server"),
        (["unit", "list", "--directory", "{nowhere}"], "no department there"),
        (["unit", "revoke", "unit-1", "--directory", "{nowhere}"], "no department there"),
        (["init", "{nowhere}", "--name", "dépôt"], "xn-- form"),
        (["init", "--name", "127.0.0.1"], "say where: --directory DIR"),
        (["renew", "--directory", "{nowhere}"], "no department there"),
        (["verify", "--directory", "{nowhere}"], "no department there"),
        (["lists", "--directory", "{nowhere}"], "no department there"),
        (["withdraw", "amber", "--directory", "{nowhere}"], "no department there"),
    ],
)
def test_mistakes_end_in_one_line(arguments: list[str], line: str, tmp_path: Path) -> None:
    command = [argument.replace("{nowhere}", str(tmp_path / "nowhere")) for argument in arguments]
    outcome = CliRunner().invoke(app, ["department", *command])
    assert outcome.exit_code == 1
    assert line in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_without_the_extra_serving_says_what_to_install(directory: Path) -> None:
    program = f"import sys; sys.modules['fastapi'] = None; {COMMAND.removeprefix('import sys; ')}"
    arguments = ["serve", "--directory", str(directory)]
    outcome = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines() == [
        "alpr-edge: not installed: fastapi; run: pip install 'alpr-edge[department]'"
    ]


@pytest.mark.review(19)
def test_whom_a_list_is_for_is_set_and_shown(directory: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("Plate Number,Description,State/Province\n")
    where = ["--directory", str(directory)]

    def run(*arguments: str) -> str:
        outcome = CliRunner().invoke(app, ["department", *arguments, *where])
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    for unit_id in ("unit-1", "unit-2"):
        run("code", unit_id)
    run("publish", str(feed), "--source", "amber", "--for", "unit-2", "--for", "unit-1", "--new-source")
    run("publish", str(feed), "--source", "stolen", "--new-source")
    assert run("audience") == "amber: unit-1, unit-2\nstolen: all units\n"
    assert run("audience", "--source", "amber", "--for-all") == "amber: all units\n"
    assert run("audience", "--source", "later", "--for", "unit-1", "--new-source") == "later: unit-1\n"
    assert [json.loads(line) for line in run("audience", "--json").splitlines()] == [
        {"source": "amber", "units": None},
        {"source": "later", "units": ["unit-1"]},
        {"source": "stolen", "units": None},
    ]
    for wrong, line in (
        (["--for", "unit-1"], "say which list with --source"),
        (["--source", "amber", "--for", "unit-1", "--for-all"], "exclude each other"),
    ):
        outcome = CliRunner().invoke(app, ["department", "audience", *wrong, *where])
        assert (outcome.exit_code, line in outcome.stderr) == (1, True)


def test_no_finding_of_a_unit_that_is_not_on_record_is_ended(directory: Path) -> None:
    words = ["department", "acknowledge", "nosuch", "--reason", "replaced", "--directory", str(directory)]
    outcome = CliRunner().invoke(app, words)
    assert (outcome.exit_code, outcome.stdout) == (1, "")
    assert outcome.stderr == "alpr-edge: nosuch: there is no such unit; see: alpr-edge department unit list\n"
