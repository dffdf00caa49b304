"""``settings show`` and ``settings check`` tell who set what, and why what the department set does not count."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.department_settings.document import UnitSettingsPayload, Values, keep_with_key, sign_settings
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.settings import load
from alpr_edge.settings.layers.department_layer import kept_file
from tests.domain.people.builders import SIGNING_KEY
from tests.units import write_bare_unit

CAMERA = '[[camera]]\nkind = "rtsp"\nurl = "rtsp://admin:hunter2@10.0.0.5/live"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = write_bare_unit(tmp_path)
    path.write_text(f"{path.read_text(encoding='utf-8')}[canvass]\nlasts_h = 9\n{CAMERA}", encoding="utf-8")
    (tmp_path / "data").mkdir(mode=0o700)
    return path


def keep(file: Path, values: Values) -> None:
    payload = UnitSettingsPayload(
        department_id="pd.example", unit_id="unit-1", serial=3, publication=3 if values else 0, values=values
    )
    content = sign_settings(payload, SIGNING_KEY)
    kept_file(load(file)).write_bytes(keep_with_key(content, RosterKey("pd.example", SIGNING_KEY.public_key())))


def edge(*words: str) -> Result:
    return CliRunner().invoke(app, ["settings", *words], env={"COLUMNS": "200"})


def test_who_set_a_key_is_told_and_a_login_is_not(file: Path) -> None:
    keep(file, {"decision": {"timeout_ms": 800.0}})
    lines = [json.loads(line) for line in edge("show", str(file), "--json").stdout.splitlines()]
    origins = {line["key"]: (line["value"], line["origin"]) for line in lines}
    assert origins["decision.timeout_ms"] == ("800.0", "department 3")
    assert origins["canvass.lasts_h"] == ("9.0", "file")
    assert "canvass.before_h" not in origins
    assert origins["camera[front].url"][1] == "file"
    shown = edge("show", str(file), "--all").stdout
    assert ("canvass.before_h" in shown, "hunter2" in shown, "department 3" in shown) == (True, False, True)
    checked = edge("check", str(file))
    assert "the department sets 1 key (its settings 3); see: alpr-edge settings show" in checked.stdout
    assert json.loads(edge("check", str(file), "--json").stdout)["department"] == {"serial": 3, "fault": None}


def test_why_it_does_not_count_is_told_and_is_no_fault_of_the_file(file: Path) -> None:
    keep(file, {"canvass": {"lasts_h": 4.0}})
    kept = kept_file(load(file))
    kept.write_bytes(kept.read_bytes()[:-2])
    shown = edge("show", str(file))
    assert (shown.exit_code, "they were changed after they were signed" in shown.stderr) == (0, True)
    assert "they were changed after they were signed" in edge("check", str(file)).stderr
    keep(file, {})
    assert "the department sets no keys any more (its settings 3)" in edge("check", str(file)).stdout
