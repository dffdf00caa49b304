"""``department init``, ``renew`` and ``status``: names, dates and alarms as a person sees them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import TlsFiles
from tests.department.server_certificates import set_days_left


def edge(*arguments: str) -> str:
    outcome = CliRunner().invoke(app, ["department", *arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "department"
    edge("init", "--directory", str(directory), "--name", "127.0.0.1")
    return directory


def status(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(edge("status", "--directory", str(directory), "--json"))
    return content


def test_the_folder_is_an_option_or_a_word(tmp_path: Path) -> None:
    edge("init", str(tmp_path / "one"), "--name", "127.0.0.1")
    content = json.loads(edge("init", "--directory", str(tmp_path / "two"), "--name", "127.0.0.1", "--json"))
    assert (content["directory"], content["names"]) == (str(tmp_path / "two"), ["127.0.0.1"])
    assert (tmp_path / "one" / "department.db").exists()
    assert (tmp_path / "two" / "department.db").exists()


def test_the_folder_can_come_from_the_environment(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPR_EDGE_DEPARTMENT", str(directory))
    assert "server certificate for 127.0.0.1, until " in edge("status")


def test_init_run_again_and_renew_keep_the_names(directory: Path) -> None:
    where = ("--directory", str(directory))
    edge("init", *where, "--name", "other.example")
    assert status(directory)["names"] == ["127.0.0.1", "other.example"]
    text = edge("renew", *where, "--name", "third.example", "--remove-name", "other.example")
    assert text.startswith("server certificate for 127.0.0.1, third.example, until ")
    assert json.loads(edge("renew", *where, "--json"))["names"] == ["127.0.0.1", "third.example"]
    with DepartmentServer(directory):
        assert "uses it for new connections" in edge("renew", *where)


@pytest.mark.parametrize(("days", "words"), [(44, "ends on"), (-1, "ended on")])
def test_status_shows_the_dates_and_warns_of_the_end(directory: Path, days: int, words: str) -> None:
    fresh = status(directory)
    assert fresh["warnings"] == []
    assert fresh["certificate_days_left"] in {395, 396, 397}
    set_days_left(TlsFiles(directory), days)
    ending = status(directory)
    assert ending["certificate_until"].endswith("Z")
    (warning,) = ending["warnings"]
    assert f"the server's certificate {words} " in warning
    text = edge("status", "--directory", str(directory))
    assert f"warning: {warning}" in text
    assert "authority until " in text


def test_status_shows_whether_it_is_served(directory: Path) -> None:
    assert status(directory)["serving"] is None
    with DepartmentServer(directory, enrol_port=0) as server:
        ports = {"port": server.port, "enrol_port": server.enrol_port, "people_port": None}
        assert status(directory)["serving"] == ports
        text = edge("status", "--directory", str(directory))
        assert f"served at port {server.port}, enrollment at port {server.enrol_port}" in text


def test_status_of_a_department_without_a_certificate_says_so(directory: Path) -> None:
    (directory / "server.pem").unlink()
    content = status(directory)
    assert content["certificate_until"] is None
    assert "no usable certificate of this server" in content["warnings"][0]


def test_verify_ends_with_1_when_something_is_damaged(directory: Path) -> None:
    where = ("--directory", str(directory))
    assert edge("verify", *where).startswith("0 bodies and 0 images checked: ")
    assert json.loads(edge("verify", *where, "--json"))["ok"] is True
    content = bytearray((directory / "department.db").read_bytes())
    content[4096:] = b"\xff" * len(content[4096:])
    (directory / "department.db").write_bytes(content)
    for name in ("department.db-wal", "department.db-shm"):
        (directory / name).unlink(missing_ok=True)
    outcome = CliRunner().invoke(app, ["department", "verify", *where])
    assert outcome.exit_code == 1
    assert "the database is damaged" in outcome.stderr
