"""``department website`` and ``policy``, as a person runs them, and what ``department check`` says of the site."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.department.people.office import Office as PeopleOffice
from tests.department.people.office import make_department
from tests.department.retention.office import Office
from tests.department.website.publisher_office import add_settings, fill

MIDDLE = (datetime.now(UTC).replace(day=1, hour=12) - timedelta(days=16)).replace(day=15)
"""A moment of the month before this one, whose counts can be published whenever this runs."""
MONTH = f"{MIDDLE:%Y-%m}"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = make_department(tmp_path_factory.mktemp("website") / "department")
    office = Office(directory)
    fill(office, MIDDLE)
    office.storage.close()
    return directory


def run(directory: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["department", *words, "--directory", str(directory)], terminal_width=200)


def check(directory: Path) -> list[dict[str, Any]]:
    """What the check says of the site."""
    checks = json.loads(run(directory, "check", "--json").output)["checks"]
    return [each for each in checks if each["name"] == "website"]


def test_from_settings_to_a_site_that_anybody_checks(directory: Path, tmp_path: Path) -> None:
    assert [each["grade"] for each in check(directory)] == ["green"]
    lacks = run(directory, "policy")
    assert (lacks.exit_code, "custodian_title is missing" in lacks.output) == (1, True)
    refused = run(directory, "website", "write", "--to", str(tmp_path / "x"))
    assert (refused.exit_code, "administration.department is missing" in refused.output) == (1, True)
    assert "say where" in run(directory, "website", "write").output

    site = tmp_path / "site"
    add_settings(directory, site)
    assert "no site was written yet" in check(directory)[0]["finding"]
    counted = json.loads(run(directory, "website", "publish", "--month", MONTH, "--dry-run", "--json").output)
    assert (counted["published"], site.exists()) == (False, False)
    other = run(directory, "website", "publish", "--month", MONTH, "--to", str(directory))
    assert (other.exit_code, "holds something else" in other.output) == (1, True)
    published = json.loads(run(directory, "website", "publish", "--month", MONTH, "--json").output)
    assert (published["month"]["tables"], published["folder"]) == (counted["month"]["tables"], str(site))
    again = run(directory, "website", "publish", "--month", MONTH)
    assert (again.exit_code, "published already" in again.output) == (1, True)
    assert [each["grade"] for each in check(directory)] == ["green"]

    checked = CliRunner().invoke(app, ["department", "website", "check", str(site), "--key", str(site / "log-key.txt")])
    assert (checked.exit_code, "1 month, as signed" in checked.output) == (0, True)
    page = (site / MONTH / "index.html").read_bytes()
    (site / MONTH / "index.html").write_bytes(page.replace(b">7<", b">9<"))
    wrong = CliRunner().invoke(app, ["department", "website", "check", str(site), "--json"])
    assert (wrong.exit_code, json.loads(wrong.output)["findings"]) == (1, [f"{MONTH}/index.html: not as it was signed"])
    assert "not as it was signed" in check(directory)[0]["finding"]
    assert run(directory, "website", "write").exit_code == 0
    assert [each["grade"] for each in check(directory)] == ["green"]

    assert "a correction says why" in run(directory, "website", "correct", "--month", MONTH, "--reason", " ").output
    corrected = run(directory, "website", "correct", "--month", MONTH, "--reason", "a car <came> late")
    assert (corrected.exit_code, "published;" in corrected.output) == (0, True)
    assert "a car &lt;came&gt; late" in (site / MONTH / "index.html").read_text(encoding="utf-8")
    assert "does not hold any more" in (site / MONTH / "version-1" / "index.html").read_text(encoding="utf-8")

    change_what_is_in_force(directory, site)


def change_what_is_in_force(directory: Path, site: Path) -> None:
    """A setting and a person change: each makes the posted policy out of step until the site is written again."""
    with (directory / "department.toml").open("a", encoding="utf-8") as file:
        file.write("\n[retention]\nread_days = 400\n")
    assert check(directory)[0]["finding"].endswith("in force: How long data is kept")
    office = PeopleOffice(directory)
    office.now = datetime.now(UTC)
    office.add(title="Patrol officer")
    office.database.close()
    findings = [each["finding"] for each in check(directory)]
    assert any(finding.endswith("Who may use it, How long data is kept") for finding in findings), findings
    assert any("nobody with the role alpr_administrator" in finding for finding in findings)
    written = run(directory, "website", "write")
    assert (written.exit_code, "nobody with the role" in written.output) == (0, True)
    assert "400 days" in (site / "policy.html").read_text(encoding="utf-8")
    assert "Patrol officer: officer" in run(directory, "policy").output
    assert not any("out of step" in each["finding"] for each in check(directory))
