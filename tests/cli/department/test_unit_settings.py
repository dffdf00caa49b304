"""``department settings``: checked and shown before it is published, on record, and withdrawn again."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.domain.department_settings.exchange import SettingsStatement
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import records_of

UNITS = ("car-1", "car-2")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "department"
    assert CliRunner().invoke(app, ["department", "init", str(directory), "--name", "127.0.0.1"]).exit_code == 0
    for unit_id in UNITS:
        enrol_unit(directory, unit_id, tmp_path / unit_id)
    return directory


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.toml"
    path.write_text("[decision]\ntimeout_ms = 900.0\n", encoding="utf-8")
    return path


def edge(directory: Path, *arguments: str, answer: str | None = None) -> Result:
    words = ["department", "settings", *arguments, "--directory", str(directory)]
    return CliRunner().invoke(app, words, input=answer, env={"COLUMNS": "300"})


def test_settings_are_shown_published_and_withdrawn_on_record(directory: Path, file: Path) -> None:
    assert edge(directory, "list").stdout.startswith("nothing was published; ")
    refused = edge(directory, "publish", str(file), answer="n\n")
    assert (refused.exit_code, "decision.timeout_ms: each car's own, now 900.0" in refused.stdout) == (1, True)
    assert edge(directory, "list").stdout.startswith("nothing was published; ")
    done = edge(directory, "publish", str(file), "--unit", "car-1", "--reason", "slow cameras", answer="y\n")
    assert (done.exit_code, "settings 1 are published" in done.stdout) == (0, True), done.output
    shown = edge(directory, "show", "1")
    assert "by " in shown.stdout
    assert "for car-1: slow cameras" in shown.stdout
    assert "  decision.timeout_ms = 900.0" in shown.stdout
    with closing(Storage(directory)) as storage:
        storage.held_settings.note("car-1", SettingsStatement(1, 0))
    listed = edge(directory, "list").stdout
    assert "car-1: in force from the next start; should have 1, holds 1 since " in listed
    assert "car-2: nothing is meant for it" in listed
    kept = edge(directory, "withdraw", "1", answer="n\n")
    difference = "decision.timeout_ms: 900.0, now each car's own again\n"
    assert (kept.exit_code, kept.stdout.startswith(difference)) == (1, True)
    gone = edge(directory, "withdraw", "1", "--reason", "mended", "--yes")
    told = f"{difference}settings 1 are withdrawn; units learn of it as serial 2\n"
    assert (gone.exit_code, gone.stdout) == (0, told)
    assert "(withdrawn)" in edge(directory, "list").stdout
    with open_office(directory) as office:
        records = records_of(office)
    assert [(each.action, each.objects, each.note) for each in records] == [
        ("publish_settings", ("car-1",), "slow cameras"),
        ("withdraw_settings", ("settings 1",), "mended"),
    ]
    changes = [(each.name, each.before, each.after) for record in records for each in record.changes]
    assert changes == [
        ("settings:decision.timeout_ms", "", "900.0"),
        ("settings:decision.timeout_ms", "900.0", ""),
    ]


def test_json_says_the_same(directory: Path, file: Path) -> None:
    published = json.loads(edge(directory, "publish", str(file), "--yes", "--json").stdout)
    assert (published["serial"], published["units"]) == (1, None)
    assert published["values"] == {"decision": {"timeout_ms": 900.0}}
    assert published["changes"] == [{"key": "decision.timeout_ms", "before": [], "after": "900.0"}]
    lines = [json.loads(line) for line in edge(directory, "list", "--json").stdout.splitlines()]
    assert [(each.get("serial"), each.get("unit"), each.get("state")) for each in lines] == [
        (1, None, None),
        (1, "car-1", "never asked"),
        (1, "car-2", "never asked"),
    ]
    assert json.loads(edge(directory, "show", "1", "--json").stdout)["serial"] == 1
    gone = json.loads(edge(directory, "withdraw", "1", "--yes", "--json").stdout)
    assert (gone["withdraws"], gone["changes"]) == (
        1,
        [{"key": "decision.timeout_ms", "before": ["900.0"], "after": None}],
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[unit]\nid = "car-9"\n', "unit.id: is set in the car alone; a department cannot set it from afar"),
        ("[decision]\ntimeout_ms = -1\n", "decision.timeout_ms: expected"),
        ("[retention]\nacknowledged_days_max = 400\n", "retention.acknowledged_days_max: expected at most 365 where"),
        ("[alerts]\nvolume = 0.0\n", "alerts.volume: expected at least 0.3 where a department sets it from afar"),
        ("[decision", "not valid TOML"),
        ("", "no key is set in it"),
    ],
)
def test_what_a_unit_would_refuse_is_refused_by_its_key(directory: Path, file: Path, text: str, words: str) -> None:
    file.write_text(text, encoding="utf-8")
    refused = edge(directory, "publish", str(file), "--yes")
    assert (refused.exit_code, words in refused.stderr) == (2, True), refused.output
    assert edge(directory, "list").stdout.startswith("nothing was published; ")


def test_what_is_not_there_is_told(directory: Path, file: Path) -> None:
    for arguments, words in (
        (("publish", str(file), "--unit", "car-9", "--yes"), "car-9: there is no such unit"),
        (("show", "7"), "7: was not published"),
        (("withdraw", "7", "--yes"), "7: was not published"),
    ):
        refused = edge(directory, *arguments)
        assert (refused.exit_code, words in refused.stderr) == (1, True), refused.output
