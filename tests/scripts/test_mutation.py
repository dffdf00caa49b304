"""That the summary of mutants counts what lives, and that a run is told what is no module."""

import json
import subprocess
import sys
from pathlib import Path

from scripts.checks.mutation import drawn_names, summary

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


def test_a_sample_is_drawn_from_all_that_were_made_and_by_its_seed(tmp_path: Path) -> None:
    modules = ("plates", "retry")
    names = [f"alpr_edge.domain.{module}.x_a__mutmut_{number}" for module in modules for number in range(50)]
    for module in modules:
        made = {name: None for name in names if f".{module}." in name}
        (tmp_path / f"{module}.py.meta").write_text(json.dumps({"exit_code_by_key": made}), encoding="utf-8")
    drawn = drawn_names(tmp_path, ["*"], 20, 1)
    assert (len(set(drawn)), set(drawn) <= set(names), drawn) == (20, True, drawn_names(tmp_path, ["*"], 20, 1))
    assert {name.split(".")[2] for name in drawn} == {"plates", "retry"}
    assert drawn != drawn_names(tmp_path, ["*"], 20, 2)
    only = drawn_names(tmp_path, ["alpr_edge.domain.retry.*"], 1000, 1)
    assert sorted(only) == sorted(name for name in names if ".retry." in name)


def test_what_is_no_module_is_wrong_usage() -> None:
    command = [sys.executable, "-m", "scripts.checks.mutation", "recognition.voting", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("nonsense: no module of the domain\n")
