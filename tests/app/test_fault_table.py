"""The table of faults in the document of the configuration says what is so, and each of its tests exists."""

import ast
import re
from pathlib import Path

import pytest

from alpr_edge.app.fault_advice import FAULT_ADVICE
from alpr_edge.app.unit_faults import FAULT_RULES, FaultKind

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([^|]+) \| (\w+) \| ([^|]+) \| ([^|]+) \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)
ROWS = {row[0]: row[1:] for row in ROW.findall((ROOT / "config" / "README.md").read_text(encoding="utf-8"))}


def test_there_is_one_row_for_each_fault_and_none_else() -> None:
    assert list(ROWS) == [kind.value for kind in FAULT_RULES]


@pytest.mark.parametrize("kind", FaultKind)
def test_a_row_says_what_is_heard_seen_and_tested(kind: FaultKind) -> None:
    heard, seen, lost, file, name = ROWS[kind.value]
    rule, advice = FAULT_RULES[kind], FAULT_ADVICE[kind]
    assert heard == ("nothing" if rule.tone is None else rule.tone.value)
    assert seen == f"{advice.part.value}: {advice.words}"
    assert lost
    functions = ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    assert name in {node.name for node in functions if isinstance(node, ast.FunctionDef)}
