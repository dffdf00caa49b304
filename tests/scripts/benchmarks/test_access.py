"""The benchmark of access runs, and prints the figures that it says."""

import json
import subprocess
import sys
from pathlib import Path

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


def test_a_part_that_is_none_is_refused() -> None:
    command = [sys.executable, "-m", "scripts.benchmarks", "access", "--only", "everything"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "unknown: everything; there: permission, sign_in, refusals, roster" in done.stderr
