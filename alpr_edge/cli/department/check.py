"""``alpr-edge department check``: whether this department can serve, a line for each part."""

from __future__ import annotations

from dataclasses import asdict

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.output import print_object, print_table
from alpr_edge.domain.errors import SettingsError


def check_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Check settings, what they name, keys, certificate, database, people, images, backups, alarms, site, disk, clock.

    Run it before the department serves, and after each change; it may serve meanwhile. Ends with 0 when everything is
    green or amber, with 2 when the settings have faults, else with 1 when anything is red.
    """
    from alpr_edge.department.checks.readiness import SETTINGS, department_checks
    from alpr_edge.domain.diagnostics.checks import Grade, worst

    checks = list(department_checks(require_department(directory)))
    grade = worst(checks)
    if as_json:
        shown = [{name: asdict(check)[name] for name in ("name", "grade", "finding", "todo")} for check in checks]
        print_object({"grade": grade.value, "checks": shown})
    else:
        colours = {Grade.GREEN: None, Grade.AMBER: "yellow", Grade.RED: "red"}
        rows = [(check.name, check.grade.value, check.finding, check.todo) for check in checks]
        print_table(("check", "verdict", "found", "what to do"), rows, [colours[check.grade] for check in checks])
    if grade is Grade.RED:
        has_faulty_settings = any(check.name == SETTINGS and check.grade is Grade.RED for check in checks)
        raise typer.Exit(SettingsError.exit_code if has_faulty_settings else 1)
