"""``unit retire`` asks before it ends a unit's certificates for good."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.pki.unit_ends import UnitEnd
from tests.department.enrolment import enrol_unit


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(initialise(tmp_path / "department", ["127.0.0.1"]).directory) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: DepartmentServer) -> Path:
    enrol_unit(tmp_path / "department", "car-7", tmp_path / "tls")
    path = tmp_path / "alpr-edge.toml"
    path.write_text(
        f"""
[unit]
id = "car-7"
[uplink]
url = "https://127.0.0.1:{server.port}"
ca_file = "tls/department-ca.pem"
certificate_file = "tls/unit.pem"
key_file = "tls/unit.key"
media_key_file = "tls/department-media.pem"
""",
        encoding="utf-8",
    )
    return path


def state(server: DepartmentServer) -> str:
    return server.units.records()[0].state


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_revoked(server: DepartmentServer, settings: Path, answer: str) -> None:
    outcome = CliRunner().invoke(app, ["unit", "retire", "--settings", str(settings)], input=answer)
    assert outcome.exit_code == 1
    assert "revoke every certificate and code of car-7 at https://127.0.0.1:" in outcome.stderr
    assert "nothing was changed; answer y, or pass --yes" in outcome.stderr
    assert state(server) == "valid"


@pytest.mark.parametrize(("options", "answer"), [([], "y\n"), (["--yes"], "")])
def test_with_a_yes_it_is_revoked(server: DepartmentServer, settings: Path, options: list[str], answer: str) -> None:
    outcome = CliRunner().invoke(app, ["unit", "retire", "--settings", str(settings), "--json", *options], input=answer)
    assert outcome.exit_code == 0, outcome.stderr
    assert json.loads(outcome.stdout.splitlines()[-1]) == {"unit": "car-7", "certificates": 1, "codes": 0}
    assert state(server) == "revoked"
    assert server.units.records()[0].end is UnitEnd.RETIRED
