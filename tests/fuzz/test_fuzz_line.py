"""The line of a parser that was fuzzed: one in the file for each run, and without a number where it fell over."""

import json
from pathlib import Path

from tests.fuzz.fuzz_line import FuzzLine


def test_each_run_adds_a_line(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    FuzzLine("feeds", 600.0, 7, {"inputs": 9000, "refused": 12}).append_to(file)
    FuzzLine("items", 600.0, 8).append_to(file)
    first, second = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert first == {"name": "feeds", "seconds": 600.0, "seed": 7, "inputs": 9000, "refused": 12}
    assert second == {"name": "items", "seconds": 600.0, "seed": 8, "inputs": None}
