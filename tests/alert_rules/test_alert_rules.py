"""Each alert fires and ends when it should, by Prometheus's own tool over figures of a unit and of a department."""

import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

from tests.conftest import ROOT

RULES = ROOT / "config" / "prometheus"
CASES = Path(__file__).parent
FILES = {"unit.yml": "alpr-edge-rules.yml", "department.yml": "alpr-edge-department-rules.yml"}
"""By the file of cases the rules that they try."""


def run(promtool: str, *words: str) -> str:
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_and_the_files_that_name_them_are_read(require_tool: Callable[[str], str]) -> None:
    files = [str(RULES / name.replace("-rules", "")) for name in FILES.values()]
    answer = run(require_tool("promtool"), "check", "config", *files)
    assert answer.count("rules found") == len(FILES)


def test_each_alert_fires_when_it_should(require_tool: Callable[[str], str]) -> None:
    answer = run(require_tool("promtool"), "test", "rules", *(str(CASES / name) for name in FILES))
    assert answer.count("SUCCESS") == len(FILES)


@pytest.mark.parametrize(("file", "rules"), FILES.items())
def test_each_alert_is_tried_before_it_fires_while_it_does_and_after(file: str, rules: str) -> None:
    (group,) = yaml.safe_load((RULES / rules).read_text(encoding="utf-8"))["groups"]
    tried: dict[str, list[list[bool]]] = defaultdict(list)
    for case in yaml.safe_load((CASES / file).read_text(encoding="utf-8"))["tests"]:
        moments = case["alert_rule_test"]
        (name,) = {each["alertname"] for each in moments}
        tried[name].append([bool(each["exp_alerts"]) for each in moments])
    assert tried.keys() == {rule["alert"] for rule in group["rules"]}
    assert all(fires == [False, True, False] for each in tried.values() for fires in each)
