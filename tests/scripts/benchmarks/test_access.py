"""The benchmark of access runs, and prints the figures that it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benchmarks.access import measure
from scripts.benchmarks.access.car import bench_car

ROOT = Path(__file__).parents[3]


def figures_of(*parts: str) -> dict[str, dict[str, object]]:
    command = [sys.executable, "-m", "scripts.benchmarks", "access", "--only", ",".join(parts)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["figure"]: line for line in lines}


def test_a_permission_is_measured_without_data_of_any_kind() -> None:
    figures = figures_of("permission")
    assert list(figures) == ["access.permission_us"]
    assert figures["access.permission_us"]["unit"] == "us"


def test_sign_ins_beside_a_large_roster_are_said_to_leave_argon2_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bench_car(tmp_path, 1, measure._cheap_passwords()) as car:
        measure._measure_roster(car, 20)
    taken_in, signed_in = map(json.loads, re.findall(r"(?m)^{.*", capsys.readouterr().out))
    assert (taken_in["figure"], taken_in["people"]) == ("access.roster_import_s", 20)
    assert signed_in["figure"] == "access.sign_in_large_roster_without_argon2_ms"


def test_a_part_that_is_none_is_refused() -> None:
    command = [sys.executable, "-m", "scripts.benchmarks", "access", "--only", "everything"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "unknown: everything; there: permission, sign_in, refusals, roster" in done.stderr
