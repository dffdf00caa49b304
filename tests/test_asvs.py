"""The table of the ASVS has every requirement, names files, tests and words that exist, and counts itself right.

The table of the policy names for each clause files of the product and tests that exist.
"""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "config" / "asvs.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d+\.\d+[-.]", line)
]
STATES = {"met", "partly", "gap", "not applicable"}
GROUPS = {"10.3.1-10.3.4": 4, "10.4.1-10.4.11": 11, "10.6.1-10.7.3": 5, "17.1-17.3": 7}
"""Rows for several requirements of levels 1 and 2, none of which is about anything here, and how many they are."""
REQUIREMENTS = 70 + 183
"""Of level 1, and those that level 2 adds."""
BY_READING = {
    *("1.3.7", "1.3.10", "1.3.11", "3.7.1", "5.4.2", "6.2.6", "6.2.7", "6.4.2", "7.2.3", "10.1.1", "11.4.1"),
    *("13.4.2", "14.3.3", "15.3.6"),
}
"""Rows that are met as far as reading tells: no test, document or gate holds them."""
POLICY = (ROOT / "config" / "policy-462.md").read_text(encoding="utf-8")
CLAUSES = [
    [cell.strip() for cell in line.removeprefix("| ").removesuffix("|").split(" |")]
    for line in POLICY.splitlines()
    if line.startswith("| 462")
]
"""Clause, what it asks, what carries it out, what is not carried out, what holds it."""
PROCEDURES = {"462.1, 462.2", "462.9"}
"""Clauses that say nothing that software can keep by itself."""
ASKED = {
    *("462.1", "462.2", "462.3", "462.3.1", "462.4(a)", "462.4(b)", "462.4(c)", "462.4(d)", "462.4(e)", "462.4(f)"),
    *("462.5", "462.6", "462.6(a)", "462.6(b)", "462.6(c)", "462.7", "462.8", "462.9"),
}
"""Every clause of the policy."""


def test_every_row_has_a_number_of_its_own_a_state_and_a_place_or_reason() -> None:
    numbers = [row[0] for row in ROWS]
    assert len(numbers) == len(set(numbers)) > 200
    for number, asks, state, where in ROWS:
        assert re.fullmatch(r"\d+\.\d+\.\d+", number) or number in GROUPS, number
        assert number not in GROUPS or state == "not applicable", number
        assert asks, number
        assert state in STATES, number
        assert where, number
        has_place = re.search(r"`(?:alpr_edge|tests|config|systemd|scripts|requirements|pyproject)[^`]*`", where)
        assert state in {"not applicable", "gap"} or has_place or where.startswith(("none", "`", "see")), number


def test_the_numbers_of_a_section_follow_one_another_in_their_order() -> None:
    keys = [tuple(int(part) for part in row[0].split(".")) for row in ROWS if row[0] not in GROUPS]
    assert keys == sorted(keys)
    assert {key[0] for key in keys} == set(range(1, 17))


def test_no_requirement_is_left_out() -> None:
    assert {row[0] for row in ROWS} >= set(GROUPS)
    assert sum(GROUPS.get(row[0], 1) for row in ROWS) == REQUIREMENTS


def test_every_path_exists_and_every_test_that_is_named_is_a_test() -> None:
    paths = re.findall(r"`((?:alpr_edge|tests|config|systemd|scripts)/[A-Za-z0-9_./-]+)(?:::\w+)?`", TEXT)
    paths += re.findall(r"`([a-z-]+\.(?:toml|lock|md))`", TEXT)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    tests = {path for path in paths if path.startswith("tests/") and path.endswith(".py")}
    assert tests
    for path in tests:
        assert re.search(r"(?m)^def test_", (ROOT / path).read_text(encoding="utf-8")), path


def test_every_test_that_is_named_by_its_function_is_there() -> None:
    named = re.findall(r"`(tests/[A-Za-z0-9_/]+\.py)::(\w+)`", TEXT)
    assert len(named) == TEXT.count("::") > 50
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name.startswith("test_"), (path, name)
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (path, name)


@pytest.mark.review2(17)
def test_a_row_is_met_by_a_test_a_document_or_a_gate_or_is_listed_as_read_alone() -> None:
    held = re.compile(r"`(?:tests/|config/|[A-Za-z_/]*README\.md|pyproject\.toml)")
    unheld = {number for number, _, state, where in ROWS if state == "met" and not held.search(where)}
    assert unheld == BY_READING


@pytest.mark.review2(17)
def test_a_row_that_is_partly_met_tells_what_is_missing_or_leads_to_the_row_that_does() -> None:
    texts = {number: re.sub(r"`[^`]*`", "", where) for number, _, state, where in ROWS if state == "partly"}
    silent = [number for number, text in texts.items() if len(text) < 20 and not re.match(r"see \d", text)]
    assert silent == []


@pytest.mark.review2(17)
def test_every_clause_of_the_policy_has_a_row_and_names_what_carries_it_out_and_a_test_that_holds_it() -> None:
    named = {clause for row in CLAUSES for clause in row[0].split(", ")}
    assert named == ASKED
    for row in CLAUSES:
        assert len(row) == 5, row[0]
        clause, _, carried, _, held = row
        files = [path for path in re.findall(r"`([a-z_]+/[A-Za-z0-9_./]+)`", carried) if not path.startswith("config/")]
        assert [path for path in files if not (ROOT / "alpr_edge" / path).exists()] == [], clause
        tests = re.findall(r"`(tests/[A-Za-z0-9_/]+\.py)(?:::(\w+))?`", held)
        assert clause in PROCEDURES or "a procedure of the department" in carried or (files and tests), clause
        assert [path for path, name in tests if name and name not in functions_of(path)] == [], clause
        assert all(functions_of(path) for path, _ in tests), clause


@cache
def functions_of(path: str) -> frozenset[str]:
    """The tests that a file defines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = (node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


def test_words_of_the_code_stand_in_a_file_of_their_row() -> None:
    found = 0
    for number, _, _, where in ROWS:
        files = [ROOT / path for path in re.findall(r"`([a-z_]+/[A-Za-z0-9_./-]+\.\w+)", where)]
        texts = [file.read_text(encoding="utf-8") for file in files]
        for word in re.findall(r"`([a-z]+(?:_[a-z]+)+)", where):
            if f"`{word}/" not in where:
                assert any(word in text for text in texts), (number, word)
                found += 1
    assert found >= 4


def test_the_counts_above_the_table_are_those_of_its_rows() -> None:
    said = re.search(r"Of (\d+) rows: (\d+) met, (\d+) partly, (\d+) gaps, (\d+) not applicable", TEXT)
    assert said is not None
    states = Counter(row[2] for row in ROWS)
    counted = [len(ROWS), *(states[state] for state in ("met", "partly", "gap", "not applicable"))]
    assert [int(number) for number in said.groups()] == counted
