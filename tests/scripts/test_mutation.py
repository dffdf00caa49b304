"""That the summary of mutants counts what lives, and that a run is told what is no module."""

import subprocess
import sys
from pathlib import Path

from scripts.checks.mutation import summary

ROOT = Path(__file__).parents[2]
RESULTS = """
    alpr_edge.domain.plates.x_canonical__mutmut_1: killed
    alpr_edge.domain.plates.x_canonical__mutmut_2: timeout
    alpr_edge.domain.plates.x_canonical__mutmut_3: survived
    alpr_edge.domain.retry.xǁBackoffǁwait_s__mutmut_1: no tests
    alpr_edge.domain.retry.xǁBackoffǁwait_s__mutmut_2: no tests
    alpr_edge.domain.retry.xǁBackoffǁwait_s__mutmut_3: not checked
"""


def summary_words(*modules: str) -> list[list[str]]:
    return [line.split() for line in summary(RESULTS, set(modules))]


def test_what_lives_is_named_and_counted() -> None:
    assert summary_words()[:-1] == [
        ["alpr_edge.domain.plates.x_canonical__mutmut_3:", "survived"],
        ["alpr_edge.domain.retry.xǁBackoffǁwait_s:", "no", "tests"],
        ["module", "killed", "living", "share", "not", "tried"],
        ["plates", "2", "1", "66.7%", "0"],
        ["retry", "0", "2", "0.0%", "1"],
        ["all", "2", "3", "40.0%", "1"],
    ]


def test_only_the_modules_that_were_named_are_told_of() -> None:
    assert [line[0] for line in summary_words("retry")] == [
        "alpr_edge.domain.retry.xǁBackoffǁwait_s:",
        "module",
        "retry",
        "all",
        "Look",
    ]
    assert summary_words("aiming")[-1] == ["all", "0", "0", "-", "0"]


def test_what_is_no_module_is_wrong_usage() -> None:
    command = [sys.executable, "-m", "scripts.checks.mutation", "recognition.voting", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("nonsense: no module of the domain\n")
